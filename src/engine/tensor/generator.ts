import type { RandnSource } from '../../edit/choices.ts';
import { philoxGenerator } from './philox.ts';
import type { Tensor } from './tensor.ts';
import { torchGenerator } from './torch-generator.ts';

/** A stream of standard normals, equal to the reference's for the same seed and the same sequence of shapes. */
export interface Generator {
  /** The next block, float32, filled in row-major order. */
  randn(shape: readonly number[]): Tensor;
  /** Moves on as `randn(shape)` would, without computing the block. */
  skip(shape: readonly number[]): void;
}

/** A fresh generator. 'GPU' gives the numbers of CUDA's Philox, as 'NV' does. Source: A1111 modules/rng.py */
export function generatorFor(source: RandnSource, seed: number): Generator {
  return source === 'CPU' ? torchGenerator(seed) : philoxGenerator(seed);
}
