import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { graphBuilder } from '../../../src/engine/graph/builder.ts';
import { openCheckpoint } from '../../../src/engine/pipeline/models.ts';
import { openNetwork } from '../../../src/engine/runtime/network.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';
import { openCheckpointFile } from '../../../src/engine/weights/checkpoint-file.ts';
import { diffusersName } from '../../../src/engine/weights/diffusers-names.ts';
import { weightsOf } from '../../../src/engine/weights/weights.ts';
import { float32, safetensorsBytes, temporaryFolder, withHeader } from './safetensors-file.ts';

const builtinModel = resolve('models/palimpsest-tiny.safetensors');
const cpu = { device: { device: 'cpu', threads: 1 } } as const;

/** What diffusers would call a tensor of the built-in model, whose U-Net has one residual block a level. */
function inDiffusersLayout(name: string): string {
  const [, unet] = /^model\.diffusion_model\.(.+)$/.exec(name) ?? [];
  if (unet) {
    const [, layer = '', end] = /^(.*)\.(\w+)$/.exec(unet) ?? [];
    return `unet.${diffusersName(layer, 1)}.${end}`;
  }
  if (name.startsWith('cond_stage_model.transformer.'))
    return name.replace('cond_stage_model.transformer', 'text_encoder');
  return name
    .replace('first_stage_model.', 'vae.')
    .replace('.mid.block_1.', '.mid_block.resnets.0.')
    .replace('.mid.block_2.', '.mid_block.resnets.1.')
    .replace('.mid.attn_1.norm.', '.mid_block.attentions.0.group_norm.')
    .replace('.mid.attn_1.proj_out.', '.mid_block.attentions.0.to_out.0.')
    .replace(/\.mid\.attn_1\.([qkv])\./, '.mid_block.attentions.0.to_$1.')
    .replace(/encoder\.down\.(\d)\.block\.(\d)\./, 'encoder.down_blocks.$1.resnets.$2.')
    .replace(/encoder\.down\.(\d)\.downsample\./, 'encoder.down_blocks.$1.downsamplers.0.')
    .replace(/decoder\.up\.(\d)\.block\.(\d)\./, (_, b, i) => `decoder.up_blocks.${3 - Number(b)}.resnets.${i}.`)
    .replace(/decoder\.up\.(\d)\.upsample\./, (_, b) => `decoder.up_blocks.${3 - Number(b)}.upsamplers.0.`)
    .replace('.nin_shortcut.', '.conv_shortcut.')
    .replace('.norm_out.', '.conv_norm_out.');
}

/** The same file with other names: its header says them. */
async function renamed(rename: (name: string) => string): Promise<Buffer> {
  const bytes = await readFile(builtinModel);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>;
  const entries = Object.entries(header).map(([name, entry]) => [name === '__metadata__' ? name : rename(name), entry]);
  return withHeader(JSON.stringify(Object.fromEntries(entries)), bytes.subarray(8 + length));
}

const noise = (shape: readonly number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898) * 0.8),
  shape,
});

test("a file in diffusers' layout computes what the same numbers in A1111's do", async () => {
  await using folder = await temporaryFolder();
  const bytes = await renamed(inDiffusersLayout);
  expect(bytes.includes('"vae.decoder.up_blocks.0.resnets.0.norm1.weight"')).toBe(true);
  await using theirs = await openCheckpoint(await folder.write('a.safetensors', bytes), cpu);
  await using ours = await openCheckpoint(builtinModel, cpu);
  const [x, context, pixels] = [noise([1, 4, 8, 8]), noise([1, 77, 64]), noise([1, 3, 32, 32])];
  expect(await theirs.unet(x, [500], context)).toEqual(await ours.unet(x, [500], context));
  expect(await theirs.encodeImage(pixels)).toEqual(await ours.encodeImage(pixels));
  expect(await theirs.decodeLatent(x)).toEqual(await ours.decodeLatent(x));
  const tokens = [[49406, 320, 2368, ...new Array(74).fill(49407)]];
  expect(await theirs.encodeText(tokens, 1, [])).toEqual(await ours.encodeText(tokens, 1, []));
});

test("a VAE file by itself is read in diffusers' names, older ones included", async () => {
  await using folder = await temporaryFolder();
  const old = (name: string) =>
    inDiffusersLayout(name)
      .replace(/^vae\./, '')
      .replace('.to_q.', '.query.')
      .replace('.to_k.', '.key.')
      .replace('.to_v.', '.value.')
      .replace('.to_out.0.', '.proj_attn.');
  const vae = await folder.write('old.vae.safetensors', await renamed(old));
  await using theirs = await openCheckpoint(builtinModel, cpu);
  const bytes = theirs.bytes();
  await theirs.useVae({ path: vae });
  expect(theirs.bytes()).toBe(2 * bytes); // it holds as much as the model, whose tensors are in it too
  await using ours = await openCheckpoint(builtinModel, cpu);
  const x = noise([1, 4, 4, 4]);
  expect(await theirs.decodeLatent(x)).toEqual(await ours.decodeLatent(x));
});

test('a VAE whose pictures are four times as large as its latents is refused', async () => {
  await using folder = await temporaryFolder();
  const vae = await folder.write(
    'x4.vae.safetensors',
    await renamed((name) => name.replace(/decoder\.up\.3\./, 'decoder.left.out.')),
  );
  await using checkpoint = await openCheckpoint(builtinModel, cpu);
  await expect(checkpoint.useVae({ path: vae })).rejects.toMatchObject({
    details: { why: 'it is a VAE whose pictures are 4 times as large as its latents, not 8 times' },
  });
});

test('weights of eight bits are multiplied by the scale beside them, where the file says that it is scaled', async () => {
  await using folder = await temporaryFolder();
  const weight = { dtype: 'F8_E4M3', shape: [2, 2], bytes: Uint8Array.of(0x38, 0x40, 0xb8, 0x30) }; // 1, 2, −1, 0.5
  const given = { 'fc.weight': weight, 'fc.bias': float32([2], [10, 20]), 'fc.scale_weight': float32([], [4]) };
  const marker = { scaled_fp8: { dtype: 'F8_E4M3', shape: [0], bytes: new Uint8Array(0) } };
  const result = async (path: string) => {
    const file = await openCheckpointFile(path);
    const g = graphBuilder('linear');
    g.output('y', g.linear(weightsOf(path, file.tensors).at('fc'), g.input('x', 'F32', ['N', 2])));
    await using network = await openNetwork(g.finish(), cpu.device);
    return [...(await network.run({ x: { data: Float32Array.of(1, 1), shape: [1, 2] } })).y!.data];
  };
  expect(await result(await folder.write('plain.safetensors', safetensorsBytes(given)))).toEqual([13, 19.5]);
  expect(await result(await folder.write('scaled.safetensors', safetensorsBytes({ ...given, ...marker })))).toEqual([
    22, 18,
  ]);
});
