import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { modelsCommand } from '../../../src/shell/models/command.ts';
import { pullLine } from '../../../src/shell/models/pull-bar.ts';
import { float32, safetensorsBytes, temporaryFolder } from '../../engine/weights/safetensors-file.ts';
import { fileServer, sendRange } from './file-server.ts';

const builtinModel = resolve('models/palimpsest-tiny.safetensors');
const lora = safetensorsBytes(
  { 'lora_unet_x_attn2_to_k.lora_down.weight': float32([1, 768], new Array(768).fill(0)) },
  { ss_output_name: 'hat', 'modelspec.trigger_phrase': 'red hat, smile' },
);

async function shell() {
  const folder = await temporaryFolder();
  const modelsDir = join(folder.path, 'models');
  await mkdir(join(modelsDir, 'Lora'), { recursive: true });
  await mkdir(join(modelsDir, 'Stable-diffusion'));
  await writeFile(join(modelsDir, 'Lora/hat-v1.safetensors'), lora);
  await copyFile(builtinModel, join(modelsDir, 'Stable-diffusion/cat.safetensors'));
  const said: string[] = [];
  const screen = { isTTY: false, write: () => true };
  const tools = { modelsDir, builtinModel, cacheDir: folder.path, say: (text: string) => void said.push(text), screen };
  const run = async (...words: string[]) => {
    said.length = 0;
    const isWell = await modelsCommand(words, tools);
    return { isWell, text: said.join('\n') };
  };
  return { modelsDir, run, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('list shows a table for each kind, and the same as JSON', async () => {
  await using at = await shell();
  const { text } = await at.run('list');
  expect(text).toMatch(/^checkpoint +family +trained at +size +hash\ncat +sd1 +256×256/);
  expect(text).toMatch(/LoRA +for +size +hash +also called, words\nhat-v1 +sd1 +[\d.]+ kB +– +hat · red hat, smile$/);
  expect(JSON.parse((await at.run('list', '--json')).text)).toMatchObject({
    models: [{ kind: 'lora', name: 'hat-v1' }],
  });
});

test('a file that cannot be used is told of with the reason, and columns stand below one another in Chinese too', async () => {
  await using at = await shell();
  const none = safetensorsBytes({ 'a\x1b[2J': float32([1], [1]) }, { ss_output_name: 'red\x1b[2J' });
  await writeFile(join(at.modelsDir, 'Lora/水墨画.safetensors'), none);
  await copyFile('test/golden/models/pth/ckpt_style.ckpt', join(at.modelsDir, 'Stable-diffusion/odd.ckpt'));
  await writeFile(join(at.modelsDir, 'Stable-diffusion/half.ckpt'), lora.subarray(0, 20));
  expect((await at.run('info', 'odd')).text).toMatch(/^unusable +it holds no U-Net$/m);
  expect((await at.run('info', '水墨画')).text).toMatch(/^unusable +it is no LoRA$/m);
  await expect(at.run('info', 'half')).rejects.toThrow(/^half.ckpt cannot be used: header of \d+ bytes/);
  expect((await at.run('verify')).text).toMatch(/BROKEN +LoRA +Lora\/水墨画\.safetensors: it is no LoRA/);
  const { text } = await at.run('list');
  expect(text).toMatch(/^hat-v1 {2}sd1 .*\n水墨画 {2}sd1 .* red \[2J$/m);
  await writeFile(join(at.modelsDir, 'Stable-diffusion/cat.yaml'), 'model:\n  params:\n    parameterization: "v"\n');
  expect((await at.run('info', 'cat')).text).toMatch(/^predicts +v$/m);
});

test('info tells what a file is, by its name or its path', async () => {
  await using at = await shell();
  const { text } = await at.run('info', 'cat');
  for (const line of [
    /^kind +checkpoint$/m,
    /^predicts +epsilon$/m,
    /^holds +U-Net, VAE, CLIP-L$/m,
    /^dtypes +F16 21 MB/m,
  ]) {
    expect(text).toMatch(line);
  }
  for (const path of [join(at.modelsDir, 'Lora/hat-v1.safetensors'), 'Lora/hat-v1.safetensors']) {
    const told = JSON.parse((await at.run('info', '--json', path)).text);
    expect(told).toMatchObject({ kind: 'lora', family: 'sd1', alias: 'hat', words: ['red hat', 'smile'] });
  }
  await expect(at.run('info', 'dog')).rejects.toThrow('unknown-name');
});

test('a hypernetwork, a file of lists, is told of and verified as one', async () => {
  await using at = await shell();
  await mkdir(join(at.modelsDir, 'hypernetworks'));
  await copyFile('test/golden/models/hypernet/plain.pt', join(at.modelsDir, 'hypernetworks/plain.pt'));
  const told = JSON.parse((await at.run('info', '--json', 'plain')).text);
  expect(told).toMatchObject({ kind: 'hypernetwork', tensors: 16, parameters: 10_528 });
  const elsewhere = await at.run('info', '--json', 'test/golden/models/hypernet/plain.pt');
  expect(JSON.parse(elsewhere.text)).toMatchObject({ kind: 'hypernetwork', refusal: null });
  expect(await at.run('verify')).toMatchObject({ isWell: true, text: expect.stringContaining('3 files, 0 broken') });
});

test('verify names what is broken, compares hashes that are known, and says so in its exit', async () => {
  await using at = await shell();
  expect(await at.run('verify')).toMatchObject({ isWell: true, text: expect.stringContaining('2 files, 0 broken') });
  const wrong = safetensorsBytes({ 'lora_unet_x.alpha': float32([1], [1]) }, { sshs_model_hash: 'ab'.repeat(32) });
  await writeFile(join(at.modelsDir, 'Lora/edited.safetensors'), wrong);
  await writeFile(join(at.modelsDir, 'Lora/half.safetensors'), lora.subarray(0, lora.length - 5));
  const { isWell, text } = await at.run('verify');
  expect(isWell).toBe(false);
  expect(text).toMatch(/BROKEN +LoRA +Lora\/edited\.safetensors: its SHA-256 begins [0-9a-f]{10}, expected ababababab/);
  expect(text).toMatch(/BROKEN +LoRA +Lora\/half\.safetensors: .*lies at 0…3072 of 3067 bytes/);
  expect(text).toContain('4 files, 2 broken');
});

test('pull lists what it knows, and puts a file of an address on its shelf', async () => {
  await using at = await shell();
  await using server = await fileServer((response, asked) => sendRange(response, asked, lora));
  expect((await at.run('pull')).text).toContain('4x-UltraSharp');
  const { text } = await at.run('pull', `${server.url}/models/my%20hat.safetensors?download=1`, '--kind', 'lora');
  const path = join(at.modelsDir, 'Lora/my hat.safetensors');
  expect(text).toBe(`→ ${path}`);
  expect(await readFile(path)).toEqual(lora);
  const taken = await at.run('pull', `${server.url}/hat.safetensors`, '--kind', 'checkpoint');
  expect(taken.text).toMatch(/hat\.safetensors\nhat\.safetensors cannot be used: it holds no U-Net$/);
});

test('pull asks for what an address does not tell, and keeps to its folder', async () => {
  await using at = await shell();
  await using server = await fileServer((response, asked) => sendRange(response, asked, lora));
  await expect(at.run('pull', `${server.url}/x.safetensors`)).rejects.toThrow('Add --kind checkpoint');
  await expect(at.run('pull', `${server.url}/api/123`, '--kind', 'lora')).rejects.toThrow('Add --name FILE');
  await expect(at.run('pull', 'UltraSharp')).rejects.toThrow(/unknown-name.*4x-UltraSharp/);
  const { text } = await at.run('pull', server.url, '--kind', 'vae', '--name', '../../out.safetensors');
  expect(text).toBe(`→ ${join(at.modelsDir, 'VAE/_.._out.safetensors')}`);
});

test('a file that is no model is thrown away', async () => {
  await using at = await shell();
  await using server = await fileServer((response, asked) =>
    sendRange(response, asked, Buffer.from('not a model at all')),
  );
  await expect(at.run('pull', `${server.url}/x.safetensors`, '--kind', 'lora')).rejects.toThrow('was thrown away');
});

test('the bar tells how far it is and how long it will take', () => {
  expect(pullLine(3e9, 6e9, 1e7)).toBe('▰▰▰▰▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱  50 % · 3.0 GB of 6.0 GB · 10 MB/s · 5 min left');
  expect(pullLine(12_345, null, 0)).toBe('12 kB');
});
