import type { Tensor } from './tensor.ts';

/** A stream of standard normals, equal to the reference's for the same seed and the same sequence of shapes. */
export interface NormalStream {
  /** The next block, float32, filled in row-major order; of a stream that gives shares only, the values of its share [n]. */
  randn(shape: readonly number[]): Tensor;
  /** Moves on as `randn(shape)` would, without computing the block. */
  skip(shape: readonly number[]): void;
}

/** One of `of` stretches that every block is cut into, index from 0: a share is drawn without the others. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/** Blocks uncut. */
export const whole: Share = { index: 0, of: 1 };

/** Where a share of a block begins and ends. Shares begin at multiples of 16, for sixteen normals are made from one another. */
export function boundsOf(size: number, { index, of }: Share): readonly [from: number, to: number] {
  const cut = (i: number) => (i === of ? size : Math.floor((size * i) / of / 16) * 16);
  return [cut(index), cut(index + 1)];
}
