import type { NoiseSource } from '../../engine/sampling/sampler.ts';
import { row } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';

/** Noise of the reference, played back block by block; counts what was taken. @throws RangeError past the last block */
export function recordedNoise(blocks: readonly Tensor[]): NoiseSource & { draws(): number } {
  let drawn = 0;
  const next = () => {
    const block = blocks[drawn++];
    if (!block) throw new RangeError(`only ${blocks.length} blocks of noise were recorded`);
    return block;
  };
  const skip = () => {
    drawn++;
  };
  return { next, skip, draws: () => drawn };
}

/** A tensor [k, …] as k blocks. */
export function blocksOf(x: Tensor): Tensor[] {
  return Array.from({ length: x.shape[0]! }, (_, i) => row(x, i));
}
