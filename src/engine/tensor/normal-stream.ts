import type { Tensor } from './tensor.ts';

/** A stream of standard normals, equal to the reference's for the same seed and the same sequence of shapes. */
export interface NormalStream {
  /** The next block, float32, filled in row-major order. */
  randn(shape: readonly number[]): Tensor;
  /** Moves on as `randn(shape)` would, without computing the block. */
  skip(shape: readonly number[]): void;
}
