import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { graphBuilder } from '../../../src/engine/graph/builder.ts';
import { type LoraUse, loraPatch } from '../../../src/engine/nets/lora-patch.ts';
import { openCheckpoint } from '../../../src/engine/pipeline/models.ts';
import { openNetwork } from '../../../src/engine/runtime/network.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';
import { openLora } from '../../../src/engine/weights/lora-file.ts';
import type { LoraTarget } from '../../../src/engine/weights/lora-targets.ts';
import { openWeights } from '../../../src/engine/weights/open-weights.ts';
import { tensorError } from '../../../src/golden/compare.ts';
import { float32, type GivenTensor, safetensorsBytes, temporaryFolder } from '../weights/safetensors-file.ts';

const cpu = { device: 'cpu' } as const;
const targets = new Map<string, LoraTarget>([['lora_unet_layer', { weight: 'layer.weight', part: 'unet' }]]);

type Given = Readonly<Record<string, GivenTensor>>;

/** The weight and bias of one layer after LoRAs, each given as the parts of that layer and its multiplier. */
async function patched(layer: Given, loras: readonly (readonly [Given, number])[]): Promise<Record<string, number[]>> {
  await using folder = await temporaryFolder();
  const named = (parts: Given, start: string) =>
    Object.fromEntries(Object.entries(parts).map(([n, t]) => [start + n, t]));
  const file = await openWeights(await folder.write('model.safetensors', safetensorsBytes(named(layer, 'layer.'))));
  const uses = loras.map(async ([parts, unet], i): Promise<LoraUse> => {
    const path = await folder.write(`lora${i}.safetensors`, safetensorsBytes(named(parts, 'lora_unet_layer.')));
    return { name: `lora${i}`, file: await openLora(path), multipliers: { unet, text: 1 } };
  });
  const g = graphBuilder('test');
  g.patchWith(loraPatch(await Promise.all(uses), targets)(g));
  for (const [name, entry] of file.tensors) g.output(`out ${name}`, g.parameter(entry));
  await using network = await openNetwork(g.finish(), cpu);
  const results = await network.run({});
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name.replace('out layer.', ''), [...data]]),
  );
}

const weight = float32([2, 2], [1, 2, 3, 4]);
const diff = (values: readonly number[]) => ({ diff: float32([2, 2], values) });
const factors = { 'lora_up.weight': float32([2, 1], [1, 2]), 'lora_down.weight': float32([1, 2], [10, 20]) };

test('up · down · α / rank · multiplier is added to the weight', async () => {
  const parts = { ...factors, alpha: float32([], [0.5]) };
  expect((await patched({ weight }, [[parts, 2]])).weight).toEqual([11, 22, 23, 44]);
});

test('several add up, also below zero, and their tensors may be called alike', async () => {
  const twice = [[diff([1, 1, 1, 1]), 2] as const, [diff([10, 0, 0, 0]), -1] as const];
  expect((await patched({ weight }, twice)).weight).toEqual([-7, 4, 5, 6]);
});

test('a later one works on what an earlier one made of the weight', async () => {
  const doubling = { weight: float32([2], [1, 1]), on_input: float32([], [1]) }; // (IA)³: W + W
  expect(
    (
      await patched({ weight }, [
        [diff([1, 0, 0, 0]), 1],
        [doubling, 1],
      ])
    ).weight,
  ).toEqual([4, 4, 6, 8]);
  expect(
    (
      await patched({ weight }, [
        [doubling, 1],
        [diff([1, 0, 0, 0]), 1],
      ])
    ).weight,
  ).toEqual([3, 4, 6, 8]);
});

test('a bias is changed beside its weight', async () => {
  const parts = { ...diff([0, 0, 0, 0]), diff_b: float32([2], [1, 2]) };
  expect((await patched({ weight, bias: float32([2], [5, 5]) }, [[parts, 3]])).bias).toEqual([8, 11]);
});

test('one trained on fewer input channels leaves the others alone', async () => {
  const first = { weight: float32([1, 3, 1, 1], [1, 2, 3]) };
  const parts = { 'lora_up.weight': float32([1, 1, 1, 1], [1]), 'lora_down.weight': float32([1, 2, 1, 1], [10, 20]) };
  expect((await patched(first, [[parts, 1]])).weight).toEqual([11, 22, 3]);
});

test('what does not fit the layer changes nothing', async () => {
  const wide = { 'lora_up.weight': float32([3, 1], [1, 2, 3]), 'lora_down.weight': float32([1, 2], [10, 20]) };
  expect((await patched({ weight }, [[wide, 1]])).weight).toEqual([1, 2, 3, 4]);
});

test('a checkpoint opened with a LoRA paints differently, and with multiplier 0 the same', async () => {
  await using folder = await temporaryFolder();
  const model = fileURLToPath(new URL('../../../models/palimpsest-tiny.safetensors', import.meta.url));
  const base = 'lora_unet_input_blocks_0_0';
  const shape = (await openWeights(model)).tensors.get('model.diffusion_model.input_blocks.0.0.weight')!.shape;
  const down = float32([1, ...shape.slice(1)], Array<number>(36).fill(0.1));
  const up = float32([shape[0]!, 1, 1, 1], Array<number>(shape[0]!).fill(0.1));
  const parts = { [`${base}.lora_up.weight`]: up, [`${base}.lora_down.weight`]: down };
  const file = await openLora(await folder.write('a.safetensors', safetensorsBytes(parts)));
  const paint = async (unet: number | null): Promise<Tensor> => {
    await using checkpoint = await openCheckpoint(model, { device: cpu });
    if (unet !== null)
      checkpoint.use({ loras: [{ name: 'a', file, multipliers: { unet, text: 1 } }], hypernetworks: [] });
    const x = { data: Float32Array.from({ length: 256 }, (_, i) => Math.sin(i)), shape: [1, 4, 8, 8] };
    return await checkpoint.unet(x, [500], { data: new Float32Array(77 * 64).fill(0.1), shape: [1, 77, 64] });
  };
  const plain = await paint(null);
  expect(tensorError(await paint(0), plain)).toBeLessThan(1e-5);
  expect(tensorError(await paint(1), plain)).toBeGreaterThan(1e-3);
});
