import type { RandnSource } from '../../edit/choices.ts';
import { type NormalStream, type Share, whole } from './normal-stream.ts';
import { philoxGenerator } from './philox.ts';
import { torchGenerator } from './torch-generator.ts';

/** A fresh generator. 'GPU' gives the numbers of CUDA's Philox, as 'NV' does. Source: A1111 modules/rng.py */
export function generatorFor(source: RandnSource, seed: number, share: Share = whole): NormalStream {
  return source === 'CPU' ? torchGenerator(seed, share) : philoxGenerator(seed, share);
}
