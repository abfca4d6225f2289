import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { graphBuilder } from '../../../src/engine/graph/builder.ts';
import type { LoraUse } from '../../../src/engine/nets/lora-patch.ts';
import { type DressedNetwork, dressedNetwork } from '../../../src/engine/runtime/dressed-network.ts';
import { openLora } from '../../../src/engine/weights/lora-file.ts';
import type { LoraTarget } from '../../../src/engine/weights/lora-targets.ts';
import { openWeights } from '../../../src/engine/weights/open-weights.ts';
import { weightsOf } from '../../../src/engine/weights/weights.ts';
import { float32, type GivenTensor, safetensorsBytes, temporaryFolder } from '../weights/safetensors-file.ts';

const targets = new Map<string, LoraTarget>([['lora_unet_layer', { weight: 'weight', part: 'unet' }]]);
const plain = (up: number) => ({
  'lora_up.weight': float32([2, 1], [up, 0]),
  'lora_down.weight': float32([1, 2], [1, 1]),
});
const diff = (first: number) => ({ diff: float32([2, 2], [first, 0, 0, 0]) });

/** y = x Wᵀ with W = [[1, 2], [3, 4]], LoRAs by name, and how many graphs were written for it so far. */
async function dressed(folder: Awaited<ReturnType<typeof temporaryFolder>>, spareBytes: number) {
  const path = await folder.write('model.safetensors', safetensorsBytes({ weight: float32([2, 2], [1, 2, 3, 4]) }));
  const { tensors } = await openWeights(path);
  const count = { graphs: 0 };
  const network = dressedNetwork({
    ...{ device: { device: 'cpu' }, targets: () => targets, adaptersFrom: 0, onFloat32: () => {} },
    spareBytes: () => spareBytes,
    graph: ({ adapters, patch }) => {
      count.graphs++;
      const g = graphBuilder('linear');
      if (patch) g.patchWith(patch(g));
      g.adaptAt(adapters ? 1 : null);
      g.output('y', g.linear(weightsOf(path, tensors), g.input('x', 'F32', ['N', 2])));
      return g.finish();
    },
  });
  const lora = async (name: string, parts: Readonly<Record<string, GivenTensor>>) => {
    const named = Object.fromEntries(Object.entries(parts).map(([part, t]) => [`lora_unet_layer.${part}`, t]));
    const at = await folder.write(`${name}.safetensors`, safetensorsBytes(named));
    const file = await openLora(at);
    return { path: at, use: (unet: number): LoraUse => ({ name, file, multipliers: { unet, text: 1 } }) };
  };
  return { network, count, lora };
}

/** The first number of y for x = (1, 1): 3, and what LoRAs add to it. */
async function worn(network: DressedNetwork, ...loras: readonly LoraUse[]): Promise<number> {
  network.wear({ loras, hypernetworks: [] });
  return (await network.run({ x: { data: Float32Array.of(1, 1), shape: [1, 2] } })).y!.data[0]!;
}

test('one open network serves plain LoRAs, and the file of one is not read again for another multiplier', async () => {
  await using folder = await temporaryFolder();
  const { network, count, lora } = await dressed(folder, 0);
  await using _ = network;
  const [a, b] = [await lora('a', plain(10)), await lora('b', plain(100))];
  expect(await worn(network)).toBe(3);
  const first = count.graphs;
  expect(await worn(network, a.use(1), b.use(0.5))).toBe(3 + 20 + 100);
  await rename(a.path, `${a.path}.gone`);
  expect(await worn(network, a.use(0.25), b.use(-1))).toBe(3 + 5 - 200);
  expect(await worn(network, a.use(0.25), a.use(0.25), b.use(1)).catch((error: Error) => error.message)).toMatch(
    /ENOENT/,
  );
  await rename(`${a.path}.gone`, a.path);
  expect(await worn(network, b.use(1), a.use(0.25))).toBe(3 + 200 + 5);
  expect(count.graphs).toBe(first);
});

test('what is written into networks stays open while there is room, beside the one without', async () => {
  await using folder = await temporaryFolder();
  const { network, count, lora } = await dressed(folder, 1000);
  await using _ = network;
  const [a, b] = [await lora('a', diff(10)), await lora('b', diff(100))];
  const look = async () => [await worn(network), await worn(network, a.use(1)), await worn(network, b.use(1))];
  expect(await look()).toEqual([3, 13, 103]);
  expect(network.extraBytes()).toBe(2 * 16);
  const written = count.graphs;
  expect(await look()).toEqual([3, 13, 103]);
  expect(count.graphs).toBe(written);
});

test('without room one network is open at a time', async () => {
  await using folder = await temporaryFolder();
  const { network, lora } = await dressed(folder, 15);
  await using _ = network;
  const a = await lora('a', diff(10));
  expect([await worn(network), await worn(network, a.use(1)), await worn(network)]).toEqual([3, 13, 3]);
  expect(network.extraBytes()).toBe(0);
});
