import type { RandnSource } from '../../edit/choices.ts';
import { generatorFor } from './generator.ts';
import { type Share, whole } from './normal-stream.ts';
import { stack } from './rows.ts';
import { slerp } from './slerp.ts';
import type { Tensor } from './tensor.ts';

/** Whose noise: what all random numbers of a batch come from. */
export interface NoiseSeeds {
  readonly source: RandnSource;
  /** Of one picture's latent: [C, h, w]. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** One per picture of the batch. */
  readonly seeds: readonly number[];
}

/** Which draws follow the start noise. */
export interface LaterNoiseOptions extends NoiseSeeds {
  /** ENSD: added to the seeds of all draws but the first. */
  readonly etaNoiseSeedDelta?: number;
}

/** Which noise every picture of a batch gets. */
export interface ImageRngOptions extends LaterNoiseOptions {
  /** Mixed into the first draw; missing subseeds count as 0. */
  readonly variation?: { readonly subseeds: readonly number[]; readonly strength: number };
  /** Size in pixels whose noise should be kept when it is painted at another size; both above 0, else without effect. */
  readonly seedResizeFrom?: { readonly width: number; readonly height: number };
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
  let later: ImageRng | undefined;
  return {
    next() {
      if (later) return later.next();
      later = laterNoise(options);
      return startNoise(options);
    },
    skip() {
      if (later) later.skip();
      else later = laterNoise(options);
    },
  };
}

/** The first draw [B, C, h, w]: varied towards the subseeds, and taken from another size if asked. */
export function startNoise(options: ImageRngOptions): Tensor {
  return stack(options.seeds.map((_, i) => startNoiseOf(options, i)));
}

/** All draws but the first; of a share, its values alone [B, n]. */
export function laterNoise(options: LaterNoiseOptions, share: Share = whole): ImageRng {
  const { seeds, shape, source, etaNoiseSeedDelta = 0 } = options;
  const generators = seeds.map((seed) => generatorFor(source, seed + etaNoiseSeedDelta, share));
  const skip = () => {
    for (const generator of generators) generator.skip(shape);
  };
  if (etaNoiseSeedDelta === 0) skip(); // the start noise; seeds of their own begin anew
  return { next: () => stack(generators.map((generator) => generator.randn(shape))), skip };
}

/** Start noise [C, h, w] of picture i. */
function startNoiseOf(options: ImageRngOptions, i: number): Tensor {
  const { source, shape, seeds, variation, seedResizeFrom: from } = options;
  const isResized = from !== undefined && from.width > 0 && from.height > 0;
  const size = isResized ? [shape[0], Math.floor(from.height / 8), Math.floor(from.width / 8)] : shape;
  const isSameSize = size.join() === shape.join();

  const subnoise = variation?.strength ? generatorFor(source, variation.subseeds[i] ?? 0).randn(size) : undefined;
  const own = generatorFor(source, seeds[i]!).randn(size);
  const noise = subnoise ? slerp(variation!.strength, own, subnoise) : own;
  return isSameSize ? noise : pasteCentred(noise, generatorFor(source, seeds[i]!).randn(shape));
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
