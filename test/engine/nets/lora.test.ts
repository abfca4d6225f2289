import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { graphBuilder } from '../../../src/engine/graph/builder.ts';
import { type LoraUse, loraPatch, misfitsOf } from '../../../src/engine/nets/lora-patch.ts';
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

describe('what was trained on latents of 4 channels leaves the further inputs of a first layer alone:', () => {
  const first = { weight: float32([1, 9, 1, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9]) };
  const four = [10, 20, 30, 40];
  test.each<readonly [string, Given]>([
    ['a plain LoRA', { 'lora_up.weight': float32([1, 1, 1, 1], [1]), 'lora_down.weight': float32([1, 4, 1, 1], four) }],
    ['a difference', { diff: float32([1, 4, 1, 1], four) }],
    [
      'LoHa',
      {
        hada_w1_a: float32([1, 1], [1]),
        hada_w1_b: float32([1, 4], four),
        hada_w2_a: float32([1, 1], [1]),
        hada_w2_b: float32([1, 4], [1, 1, 1, 1]),
      },
    ],
    ['LoKr', { lokr_w1: float32([1, 1], [1]), lokr_w2: float32([1, 4, 1, 1], four) }],
  ])('%s', async (_, parts) => {
    expect((await patched(first, [[parts, 1]])).weight).toEqual([11, 22, 33, 44, 5, 6, 7, 8, 9]);
  });
});

/** One of each kind for a weight [2, 2] that does not fit it. */
const misfits: readonly (readonly [string, Given])[] = [
  ['a plain LoRA', { 'lora_up.weight': float32([3, 1], [1, 2, 3]), 'lora_down.weight': float32([1, 2], [10, 20]) }],
  ['a plain LoRA of two ranks', { 'lora_up.weight': float32([2, 1], [1, 2]), 'lora_down.weight': ofSize(2, 2) }],
  [
    'LoCon with another core',
    { 'lora_up.weight': ofSize(2, 1), 'lora_mid.weight': ofSize(2, 2, 1, 1), 'lora_down.weight': ofSize(1, 2) },
  ],
  [
    'LoHa of another width',
    { hada_w1_a: ofSize(2, 1), hada_w1_b: ofSize(1, 3), hada_w2_a: ofSize(2, 1), hada_w2_b: ofSize(1, 3) },
  ],
  [
    'LoHa with another core',
    {
      ...{ hada_w1_a: ofSize(1, 2), hada_w1_b: ofSize(1, 2), hada_t1: ofSize(1, 1, 3, 3) },
      ...{ hada_w2_a: ofSize(1, 2), hada_w2_b: ofSize(1, 2), hada_t2: ofSize(1, 1, 3, 3) },
    },
  ],
  ['LoKr', { lokr_w1: ofSize(1, 1), lokr_w2_a: ofSize(2, 1), lokr_w2_b: ofSize(2, 2) }],
  ['(IA)³', { weight: ofSize(3), on_input: float32([], [1]) }],
  ['a difference', { diff: ofSize(2, 3) }],
  [
    'GLoRA',
    { 'a1.weight': ofSize(1, 3), 'a2.weight': ofSize(2, 1), 'b1.weight': ofSize(1, 2), 'b2.weight': ofSize(2, 1) },
  ],
  ['OFT', { oft_blocks: ofSize(1, 3, 3) }],
  ['OFT of another rescale', { oft_blocks: ofSize(1, 2, 2), rescale: ofSize(3) }],
  ['BOFT of too many rounds', { oft_blocks: ofSize(2, 1, 2, 2) }],
  ['DoRA', { ...factors, dora_scale: ofSize(1, 3) }],
  ['another weight', { set_weight: ofSize(3, 3) }],
];

function ofSize(...shape: number[]): GivenTensor {
  return float32(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
  );
}

describe('what does not fit the layer changes nothing, and is counted:', () => {
  test.each(misfits)('%s', async (_, parts) => {
    expect((await patched({ weight }, [[parts, 1]])).weight).toEqual([1, 2, 3, 4]);
    expect(await misfitsAmong(parts)).toBe(1);
  });

  test('a bias', async () => {
    const parts = { ...diff([0, 0, 0, 0]), diff_b: ofSize(3) };
    expect((await patched({ weight, bias: float32([2], [5, 5]) }, [[parts, 3]])).bias).toEqual([5, 5]);
    expect(await misfitsAmong(parts)).toBe(1);
  });
});

async function misfitsAmong(parts: Given): Promise<number> {
  await using folder = await temporaryFolder();
  const named = Object.fromEntries(Object.entries(parts).map(([name, t]) => [`lora_unet_layer.${name}`, t]));
  const file = await openLora(await folder.write('a.safetensors', safetensorsBytes(named)));
  const shapes = new Map([
    ['layer.weight', { shape: [2, 2] }],
    ['layer.bias', { shape: [2] }],
  ]);
  return misfitsOf({ name: 'a', file }, targets, shapes);
}

test('what fits is not counted, and parts of no known kind are refused by their names', async () => {
  for (const parts of [factors, diff([1, 2, 3, 4]), { diff_b: ofSize(2) }, { set_weight: ofSize(2, 2) }])
    expect(await misfitsAmong(parts)).toBe(0);
  await expect(misfitsAmong({ novel_a: ofSize(2), novel_b: ofSize(2) })).rejects.toMatchObject({
    code: 'weights-unsupported',
    details: { file: 'a', why: expect.stringContaining('lora_unet_layer has the parts novel_a, novel_b') },
  });
});

test('another weight takes the place of what was there, whatever it is multiplied by', async () => {
  const instead = { set_weight: ofSize(2, 2) };
  expect(
    (
      await patched({ weight }, [
        [diff([9, 9, 9, 9]), 1],
        [instead, 0.5],
      ])
    ).weight,
  ).toEqual([1, 2, 3, 4]);
  expect((await patched({ weight }, [[{ set_weight: ofSize(4, 1) }, 0]])).weight).toEqual([1, 2, 3, 4]);
});

test('a list of norms, as PEFT writes them, is one for each row', async () => {
  const learnt = { ...factors, dora_scale: float32([2], [11, 22]) };
  const rows = { ...factors, dora_scale: float32([2, 1], [11, 22]) };
  const one = (await patched({ weight }, [[learnt, 1]])).weight!;
  expect(one).toEqual((await patched({ weight }, [[rows, 1]])).weight);
  expect(Math.hypot(one[0]!, one[1]!)).toBeCloseTo(11, 4);
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
