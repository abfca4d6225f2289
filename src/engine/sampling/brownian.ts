import type { RandnSource } from '../../edit/choices.ts';
import { addScaled, lincomb, scale, sub } from '../tensor/arithmetic.ts';
import { generatorFor } from '../tensor/generator.ts';
import type { Share } from '../tensor/normal-stream.ts';
import { stack } from '../tensor/rows.ts';
import { seedSequence } from '../tensor/seed-sequence.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { IntervalNoise } from './sampler.ts';
import type { Sigmas } from './schedulers.ts';

/** What a Brownian path is grown from. */
export interface BrownianOptions {
  readonly source: RandnSource;
  /** Of one picture's latent: [C, h, w]. */
  readonly shape: readonly number[];
  /** One path per picture. */
  readonly seeds: readonly number[];
  /** Walks the path for a share of the latent only: [n] in place of [C, h, w]. */
  readonly share?: Share;
}

/**
 * Noise for the SDE samplers: increments of a Brownian path in σ, scaled to unit variance. The same seed and levels give the same
 * noise for an interval, whatever was asked before and whatever else is in the batch.
 * Source: k-diffusion sampling.py `BrownianTreeNoiseSampler`; torchsde `BrownianInterval`
 *
 * @param sigmas  the whole schedule, not only what img2img leaves of it
 */
export function brownianNoise(sigmas: Sigmas, { seeds, ...options }: BrownianOptions): IntervalNoise {
  const [low, high] = [Math.min(...sigmas.filter((sigma) => sigma > 0)), Math.max(...sigmas)];
  const paths = seeds.map((seed) => brownianPath([low, high], seed, options));
  return (sigma, next) => {
    const length = Math.fround(Math.sqrt(Math.abs(Math.fround(next - sigma))));
    const sign = sigma < next ? 1 : -1;
    const [from, to] = [Math.min(sigma, next), Math.max(sigma, next)];
    return stack(paths.map((increment) => scale(sign / length, increment(from, to))));
  };
}

/** A stretch of the path: its ends, its increment, and its place in the binary tree. */
interface Node {
  readonly start: number;
  readonly end: number;
  readonly increment: Tensor;
  readonly key: number;
  readonly depth: number;
}

type Halves = readonly [left: Node, right: Node];

/** More splits than two neighbouring queries have in common; older ones are cheap to make again. */
const KEPT_SPLITS = 64;

/** Times have six digits, as in the reference. */
const round6 = (time: number): number => Number(time.toFixed(6));

/**
 * A Brownian path over [t0, t1]: a function that gives its increment between two times. Every stretch splits at its middle; what
 * a split adds is drawn from a generator of its own, seeded by its place in the tree.
 */
export function brownianPath(
  [t0, t1]: readonly [t0: number, t1: number],
  seed: number,
  { source, shape, share }: Omit<BrownianOptions, 'seeds'>,
): (from: number, to: number) => Tensor {
  const randn = (spawnKey: readonly number[]) => {
    const [word] = seedSequence(seed, 1, { spawnKey, poolSize: 24 });
    return generatorFor(source, word!, share).randn(shape);
  };
  const root: Node = {
    start: round6(t0),
    end: round6(t1),
    increment: scale(Math.sqrt(t1 - t0), randn([])),
    key: 0,
    depth: 0,
  };
  const splits = new Map<string, Halves>(); // least recently used first

  const halvesOf = (node: Node): Halves => {
    const id = `${node.depth}/${node.key}`;
    const halves = splits.get(id) ?? split(node, randn([node.key, node.depth]));
    splits.delete(id);
    splits.set(id, halves);
    if (splits.size > KEPT_SPLITS) splits.delete(splits.keys().next().value!);
    return halves;
  };

  /** Stretches that make up [from, to], left to right. */
  const cover = (node: Node, from: number, to: number): Tensor[] => {
    if (from === node.start && to === node.end) return [node.increment];
    const [left, right] = halvesOf(node);
    if (to <= left.end) return cover(left, from, to);
    if (from >= left.end) return cover(right, from, to);
    return [...cover(left, from, left.end), ...cover(right, left.end, to)];
  };

  const clamp = (time: number) => Math.min(Math.max(time, root.start), root.end);
  return (from, to) => {
    const [a, b] = [clamp(from), clamp(to)];
    if (a === b) return scale(0, root.increment);
    return cover(root, round6(a), round6(b)).reduce((sum, part) => addScaled(sum, 1, part));
  };
}

/** Brownian bridge: the increments of a stretch's halves, given that of the whole. */
function split({ start, end, increment, key, depth }: Node, noise: Tensor): Halves {
  const middle = round6(0.5 * (end + start));
  const [before, after, whole] = [middle - start, end - middle, end - start];
  const left = lincomb(before / whole, increment, Math.sqrt((before * after) / whole), noise);
  return [
    { start, end: middle, increment: left, key: 2 * key, depth: depth + 1 },
    { start: middle, end, increment: sub(increment, left), key: 2 * key + 1, depth: depth + 1 },
  ];
}
