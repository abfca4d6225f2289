import type { RandnSource } from '../../edit/choices.ts';
import type { NormalStream } from './normal-stream.ts';
import { philoxGenerator } from './philox.ts';
import { torchGenerator } from './torch-generator.ts';

/** A fresh generator. 'GPU' gives the numbers of CUDA's Philox, as 'NV' does. Source: A1111 modules/rng.py */
export function generatorFor(source: RandnSource, seed: number): NormalStream {
  return source === 'CPU' ? torchGenerator(seed) : philoxGenerator(seed);
}
