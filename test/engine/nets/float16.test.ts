import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { graphBuilder } from '../../../src/engine/graph/builder.ts';
import type { Graph, Precision } from '../../../src/engine/graph/core.ts';
import type { LoraUse } from '../../../src/engine/nets/lora-patch.ts';
import { unet } from '../../../src/engine/nets/unet.ts';
import { openCheckpoint } from '../../../src/engine/pipeline/models.ts';
import type { Feed } from '../../../src/engine/runtime/network.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';
import { openLora } from '../../../src/engine/weights/lora-file.ts';
import { openWeights } from '../../../src/engine/weights/open-weights.ts';
import { readTensor } from '../../../src/engine/weights/weights-file.ts';
import { tensorError } from '../../../src/golden/compare.ts';
import { goldenCheckpoint, runOnce, textEncoderOf, textFeeds } from '../../../src/golden/models/checkpoint.ts';
import { flatPng, openTinyEngine, pixelsOf } from '../../support/tiny-engine.ts';
import { float32, safetensorsBytes, temporaryFolder } from '../weights/safetensors-file.ts';

const golden = (name: string) => goldenCheckpoint(resolve('test/golden/models', name));

const noise = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
  shape,
});

type Written = (precision: Precision) => Graph;

/** A U-Net of SD1 with nine channels. */
async function unetOfNine(options: { readonly attentionInFloat32?: boolean } = {}) {
  const { facts, parts } = await golden('concat');
  const feeds = {
    x: noise(1, 9, 7, 9),
    timesteps: { data: Float32Array.of(987.3), shape: [1] },
    context: noise(1, 77, facts.unet.contextDim!),
  };
  const written: Written = (precision) => unet(parts.unet!, { headsAt: facts.headsAt, precision, ...options });
  return [written, feeds, 'out'] as const;
}

const networks: Readonly<Record<string, () => Promise<readonly [Written, Readonly<Record<string, Feed>>, string]>>> = {
  'a U-Net': () => unetOfNine(),
  'a U-Net whose attention stays in float32': () => unetOfNine({ attentionInFloat32: true }),
  'a text encoder': async () => {
    const checkpoint = await golden('sd2');
    const ids = { data: Float32Array.from({ length: 77 }, (_, i) => (i * 7) % 519), shape: [1, 77] };
    return [(precision) => textEncoderOf(checkpoint, 'clip_h', { precision }), textFeeds(ids, 3, 40), 'normed'];
  },
  'attention worked out in pieces': async () => {
    const written = attention(9 * 2 ** 24);
    return [written, { q: noise(2, 61, 40), k: noise(2, 77, 40), v: noise(2, 77, 40) }, 'out'];
  },
};

function attention(products: number): Written {
  return (precision) => {
    const g = graphBuilder('attention', { precision });
    const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, 'F32', ['B', name, 'C']));
    g.output('out', g.attention(q!, k!, v!, { heads: 5, products }));
    return g.finish();
  };
}

describe.each(Object.entries(networks))('%s', (_, given) => {
  test('computes in float16 what it does in float32, as near as that comes; so it does as it is written for WebGPU', async () => {
    const [written, feeds, output] = await given();
    const whole = written('float32');
    const half = written('float16');
    const expected = (await runOnce(whole, feeds))[output]!;
    const got = (await runOnce(half, feeds))[output]!;
    expect(Buffer.compare(half.model, whole.model)).not.toBe(0);
    expect(tensorError(got, expected)).toBeLessThan(2e-2);
    const elsewhere = async (graph: Graph) => (await runOnce({ ...graph, model: graph.webGpuModel() }, feeds))[output]!;
    expect(tensorError(await elsewhere(whole), expected)).toBeLessThan(2e-5);
    expect(tensorError(await elsewhere(half), expected)).toBeLessThan(2e-2);
  });
});

const cpu = (precision: Precision) => ({ device: 'cpu', precision }) as const;

/** Two levels, nine channels, U-Net only: quickly opened. */
const inpainting = await golden('concat');
const x = noise(1, 9, 8, 8);
const context = noise(1, 77, inpainting.facts.unet.contextDim!);

test('LoRAs of every kind change a network of float16 as one of float32', async () => {
  await using folder = await temporaryFolder();
  const base = 'lora_unet_input_blocks_1_0_in_layers_2';
  const [rows = 0, columns = 0] = inpainting.parts.unet!.tensor('input_blocks.1.0.in_layers.2.weight').shape;
  const factors = (name: string, ...shape: number[]) => ({
    [`${base}.${name}`]: float32(shape, [...noise(...shape).data]),
  });
  const files = {
    plain: { ...factors('lora_up.weight', rows, 2, 1, 1), ...factors('lora_down.weight', 2, columns, 3, 3) },
    loha: {
      ...{ ...factors('hada_w1_a', rows, 2), ...factors('hada_w1_b', 2, columns * 9) },
      ...{ ...factors('hada_w2_a', rows, 2), ...factors('hada_w2_b', 2, columns * 9) },
    },
  };
  const loras: LoraUse[] = [];
  for (const [name, tensors] of Object.entries(files)) {
    const file = await openLora(await folder.write(`${name}.safetensors`, safetensorsBytes(tensors)));
    loras.push({ name, file, multipliers: { unet: 0.3, text: 1 } });
  }
  const outs: Tensor[] = [];
  for (const precision of ['float32', 'float16'] as const) {
    await using checkpoint = await openCheckpoint(inpainting.path, { device: cpu(precision), adaptersFrom: 0 });
    const plain = await checkpoint.unet(x, [500], context);
    checkpoint.use({ loras, hypernetworks: [] });
    const dressed = await checkpoint.unet(x, [500], context);
    expect(tensorError(dressed, plain)).toBeGreaterThan(0.05);
    outs.push(dressed);
  }
  expect(tensorError(outs[1]!, outs[0]!)).toBeLessThan(2e-2);
});

/** A checkpoint whose first layer makes numbers that no float16 can hold; the norms after it bring them back. */
async function loudCheckpoint(): Promise<Buffer> {
  const { tensors, metadata } = await openWeights(inpainting.path);
  const louder = Array.from(tensors, async ([name, entry]) => {
    const { data } = await readTensor(entry);
    const times = name.endsWith('input_blocks.0.0.weight') ? 1e6 : 1;
    return [
      name,
      float32(
        entry.shape,
        Array.from(data, (v) => v * times),
      ),
    ] as const;
  });
  return safetensorsBytes(Object.fromEntries(await Promise.all(louder)), Object.fromEntries(metadata));
}

test('what float16 is too narrow for is computed in float32, then and from then on, and that is told once', async () => {
  await using folder = await temporaryFolder();
  const model = await folder.write('loud.safetensors', await loudCheckpoint());
  let told = 0;
  await using narrow = await openCheckpoint(model, { device: cpu('float16'), onFloat32: () => told++ });
  await using wide = await openCheckpoint(model, { device: cpu('float32') });
  expect(await narrow.unet(x, [500], context)).toEqual(await wide.unet(x, [500], context));
  expect(await narrow.unet(x, [20], context)).toEqual(await wide.unet(x, [20], context));
  expect(told).toBe(1);
});

test('an edit in float16 looks like one in float32', async () => {
  const init = await flatPng({}, { left: 20, top: 20, width: 60, height: 40, color: '#ff8800' });
  const pixels: Buffer[] = [];
  for (const precision of ['float32', 'float16'] as const) {
    await using tiny = await openTinyEngine({ precision });
    const { images } = await tiny.run({ init, params: { prompt: 'a (cat:1.2)' } });
    pixels.push((await pixelsOf(images[0]!.image)).data);
  }
  const differences = pixels[0]!.map((v, i) => Math.abs(v - pixels[1]![i]!));
  expect(Math.max(...differences)).toBeGreaterThan(0);
  expect(differences.reduce((sum, d) => sum + d, 0) / differences.length).toBeLessThan(2);
});
