import type { RandnSource } from '../../edit/choices.ts';
import { generatorFor } from './generator.ts';
import type { NormalStream } from './normal-stream.ts';
import { stack } from './rows.ts';
import { slerp } from './slerp.ts';
import type { Tensor } from './tensor.ts';

/** Which noise every picture of a batch gets. */
export interface ImageRngOptions {
  readonly source: RandnSource;
  /** Of one picture's latent: [C, h, w]. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** One per picture of the batch. */
  readonly seeds: readonly number[];
  /** Mixed into the first draw; missing subseeds count as 0. */
  readonly variation?: { readonly subseeds: readonly number[]; readonly strength: number };
  /** Size in pixels whose noise should be kept when it is painted at another size; both above 0, else without effect. */
  readonly seedResizeFrom?: { readonly width: number; readonly height: number };
  /** ENSD: added to the seeds of all draws but the first. */
  readonly etaNoiseSeedDelta?: number;
}

/** Noise for a batch, drawn block by block; each picture has a stream of its own, so that batches do not change it. */
export interface ImageRng {
  /** The next block [B, C, h, w]. */
  next(): Tensor;
  /** Moves on as `next` would, for a sampler that draws and does not look. */
  skip(): void;
}

/** Streams equal to A1111's `ImageRNG`. Source: A1111 modules/rng.py */
export function imageRng(options: ImageRngOptions): ImageRng {
  const { seeds, shape, source, etaNoiseSeedDelta = 0 } = options;
  let generators = seeds.map((seed) => generatorFor(source, seed));
  let isFirst = true;

  const first = () => {
    isFirst = false;
    const noise = generators.map((generator, i) => firstNoise(options, generator, i));
    if (etaNoiseSeedDelta !== 0) generators = seeds.map((seed) => generatorFor(source, seed + etaNoiseSeedDelta));
    return stack(noise);
  };
  return {
    next: () => (isFirst ? first() : stack(generators.map((generator) => generator.randn(shape)))),
    skip: () => {
      if (isFirst) first();
      else for (const generator of generators) generator.skip(shape);
    },
  };
}

/** Start noise [C, h, w] of picture i: varied towards its subseed, and taken from another size if asked. */
function firstNoise(options: ImageRngOptions, generator: NormalStream, i: number): Tensor {
  const { source, shape, seeds, variation, seedResizeFrom: from } = options;
  const [channels, height, width] = shape;
  const isResized = from !== undefined && from.width > 0 && from.height > 0;
  const size = isResized ? [channels, Math.floor(from.height / 8), Math.floor(from.width / 8)] : shape;
  const isSameSize = size.join() === shape.join();

  const subnoise = variation?.strength ? generatorFor(source, variation.subseeds[i] ?? 0).randn(size) : undefined;
  const own = isSameSize ? generator.randn(size) : generatorFor(source, seeds[i]!).randn(size);
  const noise = subnoise ? slerp(variation!.strength, own, subnoise) : own;
  return isSameSize ? noise : pasteCentred(noise, generator.randn([channels, height, width]));
}

/** Lays the middle of `noise` over the middle of `background`, both [C, h, w]; either may be the larger one on either axis. */
function pasteCentred(noise: Tensor, background: Tensor): Tensor {
  const [channels = 0, height = 0, width = 0] = background.shape;
  const [, noiseHeight = 0, noiseWidth = 0] = noise.shape;
  const [xs, ys] = [overlap(width, noiseWidth), overlap(height, noiseHeight)];
  const out = background.data.slice();
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < ys.length; y++) {
      const from = (c * noiseHeight + ys.source + y) * noiseWidth + xs.source;
      out.set(noise.data.subarray(from, from + xs.length), (c * height + ys.target + y) * width + xs.target);
    }
  }
  return { data: out, shape: background.shape };
}

/** Where an axis of `inner` lies over an axis of `outer` when both are centred. */
function overlap(outer: number, inner: number): { target: number; source: number; length: number } {
  const d = Math.floor((outer - inner) / 2);
  return { target: Math.max(d, 0), source: Math.max(-d, 0), length: d >= 0 ? inner : inner + 2 * d };
}
