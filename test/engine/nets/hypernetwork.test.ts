import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { graphBuilder } from '../../../src/engine/graph/builder.ts';
import { type HypernetworkUse, withHypernetworks } from '../../../src/engine/nets/hypernetwork.ts';
import { type CheckpointOptions, openCheckpoint } from '../../../src/engine/pipeline/models.ts';
import { openNetwork } from '../../../src/engine/runtime/network.ts';
import { openHypernetwork } from '../../../src/engine/weights/hypernetwork-file.ts';
import { openLora } from '../../../src/engine/weights/lora-file.ts';
import { Refusal } from '../../../src/errors.ts';
import { tensorError } from '../../../src/golden/compare.ts';
import { type TorchValue, torchBytes } from '../../support/torch-file.ts';
import { float32, safetensorsBytes, temporaryFolder } from '../weights/safetensors-file.ts';

const golden = (name: string) => fileURLToPath(new URL(`../../golden/models/${name}`, import.meta.url));
const square = (...values: readonly number[]) => ({ shape: [2, 2], values });
const vector = (...values: readonly number[]) => ({ shape: [values.length], values });

type Parts = Readonly<Record<string, TorchValue>>;

/** What the keys of the context (1, −2) are made of with a hypernetwork, its module for keys and its settings given. */
async function keysWith(k: Parts, settings: Parts, multipliers: readonly number[]): Promise<number[]> {
  await using folder = await temporaryFolder();
  const module = new Map(Object.entries(k));
  const content = new Map<string | number, TorchValue>([[2, [module, module]], ...Object.entries(settings)]);
  const file = await openHypernetwork(await folder.write('net.pt', torchBytes(content)));
  const uses = multipliers.map((multiplier): HypernetworkUse => ({ name: 'net', file, multiplier }));
  const g = graphBuilder('test');
  g.output('k', withHypernetworks(g, g.input('x', 'F32', [1, 1, 2]), { width: 2, uses }).k);
  await using network = await openNetwork(g.finish(), { device: 'cpu' });
  return [...(await network.run({ x: { data: Float32Array.of(1, -2), shape: [1, 1, 2] } })).k!.data];
}

test('what a module makes of the context, times the multiplier, is added to it', async () => {
  const twice = { 'linear.0.weight': square(2, 0, 0, 2), 'linear.0.bias': vector(0, 1) };
  expect(await keysWith(twice, {}, [0.5])).toEqual([2, -3.5]);
});

test('several work one after the other, on what the one before it made', async () => {
  expect(await keysWith({ 'linear.0.weight': square(1, 0, 0, 1) }, {}, [1, 1])).toEqual([4, -8]);
});

test('the last layer is followed by the activation unless the file says otherwise', async () => {
  const same = { 'linear.0.weight': square(1, 0, 0, 1) };
  expect(await keysWith(same, { activation_func: 'relu' }, [1])).toEqual([2, -2]);
  expect(await keysWith(same, { activation_func: 'relu', activate_output: false }, [1])).toEqual([2, -4]);
});

test('layers may have the names of 2022, and numbers may be left out where a dropout was', async () => {
  const flip = square(0, 1, 1, 0);
  expect(await keysWith({ 'linear1.weight': flip, 'linear2.weight': flip }, {}, [1])).toEqual([2, -4]);
  expect(await keysWith({ 'linear.0.weight': flip, 'linear.3.weight': flip }, {}, [1])).toEqual([2, -4]);
});

test.each<readonly [string, Parts]>([
  ['nothing in it', {}],
  ['a matrix that does not take the context', { 'linear.0.weight': { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] } }],
  ['a matrix that gives another width', { 'linear.0.weight': { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] } }],
  ['a bias of another length', { 'linear.0.weight': square(1, 0, 0, 1), 'linear.0.bias': vector(1, 2, 3) }],
])('a file is refused as broken that has %s', async (_, module) => {
  const refused = await keysWith(module, {}, [1]).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Refusal);
  expect(refused).toMatchObject({ code: 'weights-broken' });
});

test('a file of another kind is refused as no hypernetwork', async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write('net.pt', torchBytes(new Map([['name', 'lost']])));
  const refused = await openHypernetwork(path).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'weights-unsupported', details: { why: 'it is no hypernetwork' } });
});

const noise = (...shape: number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
  shape,
});

/** The U-Net's answer with what it is given to wear. */
async function answer(outfit: Parameters<Awaited<ReturnType<typeof openCheckpoint>>['use']>[0], adaptersFrom: number) {
  const options: CheckpointOptions = { device: { device: 'cpu' }, adaptersFrom };
  await using checkpoint = await openCheckpoint(golden('concat/unet_9ch_tiny.safetensors'), options);
  checkpoint.use(outfit);
  return await checkpoint.unet(noise(1, 9, 8, 8), [500], noise(1, 77, 24));
}

test('a U-Net is changed by one for the width of its attentions, alike with LoRAs written into it and fed to it', async () => {
  await using folder = await temporaryFolder();
  const base = 'lora_unet_middle_block_1_transformer_blocks_0_attn1_to_k';
  const parts = { up: float32([32, 1], [...noise(32).data]), down: float32([1, 32], [...noise(32).data]) };
  const lora = safetensorsBytes({ [`${base}.lora_up.weight`]: parts.up, [`${base}.lora_down.weight`]: parts.down });
  const path = await folder.write('lora.safetensors', lora);
  const loras = [{ name: 'lora', file: await openLora(path), multipliers: { unet: 1, text: 1 } }];
  const file = await openHypernetwork(golden('hypernet/plain.pt'));
  const hypernetworks = [{ name: 'plain', file, multiplier: 1 }];
  const plain = await answer({ loras: [], hypernetworks: [] }, 0);
  const [alone, written, fed] = [
    await answer({ loras: [], hypernetworks }, 0),
    await answer({ loras, hypernetworks }, Number.POSITIVE_INFINITY),
    await answer({ loras, hypernetworks }, 0),
  ];
  expect(tensorError(alone, plain)).toBeGreaterThan(1e-3);
  expect(tensorError(written, alone)).toBeGreaterThan(1e-3);
  expect(tensorError(fed, written)).toBeLessThan(1e-4);
  const off = await answer({ loras: [], hypernetworks: [{ ...hypernetworks[0]!, multiplier: 0 }] }, 0);
  expect(off.data).toEqual(plain.data);
});
