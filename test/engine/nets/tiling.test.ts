import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/pipeline/models.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';
import { openLora } from '../../../src/engine/weights/lora-file.ts';
import { openWeights } from '../../../src/engine/weights/open-weights.ts';
import { tensorError } from '../../../src/golden/compare.ts';
import { builtinModel } from '../../support/tiny-engine.ts';
import { float32, safetensorsBytes, temporaryFolder } from '../weights/safetensors-file.ts';

const noise = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
  shape,
});

/** What leaves a picture [1, C, H, W] below or on the right comes in again at the opposite edge. */
function rolled({ data, shape }: Tensor, down: number, right: number): Tensor {
  const [, , height = 0, width = 0] = shape;
  const from = (i: number) => {
    const [plane, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    return (plane * height + ((y - down + height) % height)) * width + ((x - right + width) % width);
  };
  return { data: data.map((_, i) => data[from(i)]!), shape };
}

test('with tiling nothing tells where a picture ends: moved on, it is painted and decoded moved on, with LoRAs too', async () => {
  await using folder = await temporaryFolder();
  const base = 'lora_unet_input_blocks_0_0';
  const first = (await openWeights(builtinModel)).tensors.get('model.diffusion_model.input_blocks.0.0.weight')!;
  const rows = first.shape[0]!;
  const parts = {
    [`${base}.lora_up.weight`]: float32([rows, 2, 1, 1], [...noise(rows, 2).data]),
    [`${base}.lora_down.weight`]: float32([2, 4, 3, 3], [...noise(2, 36).data]),
  };
  const file = await openLora(await folder.write('a.safetensors', safetensorsBytes(parts)));
  const loras = [{ name: 'a', file, multipliers: { unet: 1, text: 1 } }];
  await using checkpoint = await openCheckpoint(builtinModel, { device: { device: 'cpu' }, adaptersFrom: 0 });
  const [x, context] = [noise(1, 4, 16, 24), noise(1, 77, 64)];
  const offBy = async (tiling: boolean) => {
    checkpoint.use({ loras, hypernetworks: [], tiling });
    const painted = await checkpoint.unet(x, [500], context);
    const moved = await checkpoint.unet(rolled(x, 8, 16), [500], context);
    const decoded = await checkpoint.decodeLatent(x);
    const movedToo = await checkpoint.decodeLatent(rolled(x, 3, 5));
    return [tensorError(moved, rolled(painted, 8, 16)), tensorError(movedToo, rolled(decoded, 24, 40))] as const;
  };
  for (const error of await offBy(true)) expect(error).toBeLessThan(1e-3);
  for (const error of await offBy(false)) expect(error).toBeGreaterThan(1e-2);
  for (const error of await offBy(true)) expect(error).toBeLessThan(1e-3);
});
