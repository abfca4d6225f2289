import { expect, test } from 'vitest';
import { adaptiveMask, type PixelMaskSettings } from '../../../src/engine/image/soft-inpainting-pixels.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';

const side = 8;
const filled = (value: number, channels: number): Tensor => ({
  data: new Float32Array(channels * side * side).fill(value),
  shape: channels === 1 ? [side, side] : [channels, side, side],
});
const usual: PixelMaskSettings = {
  ...{ preservationStrength: 0.5, maskInfluence: 0, differenceThreshold: 0.5, differenceContrast: 2 },
};

/** The level of the mask where all latents changed alike. */
function levelOf(change: number, settings: Partial<PixelMaskSettings>, mask = 1): number {
  const all = { init: filled(0, 4), samples: filled(change / 2, 4), nmask: filled(mask, 1) };
  const { data } = adaptiveMask(all, { ...usual, ...settings }, { width: 8 * side, height: 8 * side });
  expect(new Set(data).size).toBe(1);
  return data[0]!;
}

test('the more a latent changed, the more of the result is taken', () => {
  const levels = [0, 0.25, 0.5, 1, 8].map((change) => levelOf(change, {}));
  expect(levels).toEqual(levels.toSorted((a, b) => a - b));
  expect([levels[0], levels[4]]).toEqual([0, 254]);
});

test('a threshold of 0 takes whatever changed, and leaves what did not', () => {
  expect(levelOf(0.01, { differenceThreshold: 0 })).toBe(255);
  expect(levelOf(0, { differenceThreshold: 0 })).toBe(0);
});

test('without contrast all is half taken, also where the mask leaves no threshold', () => {
  for (const change of [0, 0.3, 5]) {
    expect(levelOf(change, { differenceContrast: 0 })).toBe(127);
    expect(levelOf(change, { differenceContrast: 0, differenceThreshold: 0 })).toBe(127);
    expect(levelOf(change, { differenceContrast: 0, maskInfluence: 1 })).toBe(127);
  }
});
