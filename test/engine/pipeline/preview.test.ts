import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/pipeline/models.ts';
import { cheapPreview } from '../../../src/engine/pipeline/preview.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';
import { builtinModel } from '../../support/tiny-engine.ts';

const SIDE = 64;

/** A flat background with a rectangle of another colour, [1, 3, 64, 64] in [−1, 1]. */
function picture(background: readonly number[], rectangle: readonly number[]): Tensor {
  const data = new Float32Array(3 * SIDE * SIDE);
  for (let i = 0; i < data.length; i++) {
    const [colour, y, x] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
    const isInside = x >= 16 && x < 40 && y >= 24 && y < 56;
    data[i] = (isInside ? rectangle : background)[colour]!;
  }
  return { data, shape: [1, 3, SIDE, SIDE] };
}

/** Mean of every 8 × 8 pixels. */
function eighth({ data }: Tensor): Float32Array {
  const side = SIDE / 8;
  return Float32Array.from({ length: 3 * side * side }, (_, i) => {
    const [colour, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
    let sum = 0;
    for (let dy = 0; dy < 8; dy++)
      for (let dx = 0; dx < 8; dx++) sum += data[(colour * SIDE + y * 8 + dy) * SIDE + x * 8 + dx]!;
    return sum / 64;
  });
}

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (v: Float32Array) => v.reduce((sum, x) => sum + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  const dot = (p: Float32Array, mp: number, q: Float32Array, mq: number) =>
    p.reduce((s, x, i) => s + (x - mp) * (q[i]! - mq), 0);
  return dot(a, ma, b, mb) / Math.sqrt(dot(a, ma, a, ma) * dot(b, mb, b, mb));
}

test.each([
  ['an orange spot on blue', [-0.6, -0.1, 0.6], [0.9, 0.3, -0.7]],
  ['a white spot on green', [-0.5, 0.3, -0.4], [0.9, 0.9, 0.9]],
  ['a dark spot on pink', [0.9, 0.2, 0.4], [-0.7, -0.8, -0.7]],
])('a live preview of the built-in model looks like the picture it will be: %s', async (_, background, spot) => {
  await using checkpoint = await openCheckpoint(builtinModel, { device: { device: 'cpu', threads: 1 } });
  const latent = await checkpoint.encodeImage(picture(background, spot));
  const decoded = eighth(await checkpoint.decodeLatent(latent));
  const preview = cheapPreview(checkpoint.facts.latentSpace, latent);
  expect(preview.shape).toEqual([1, 3, SIDE / 8, SIDE / 8]);
  expect(correlation(preview.data, decoded)).toBeGreaterThan(0.93);
  expect(correlation(cheapPreview('sd', latent).data, decoded)).toBeLessThan(0.5); // what another model's matrix would show
});
