import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { findCheckpoint } from '../../../src/edit/index.ts';
import { oldModelHash, openHashes } from '../../../src/engine/library/hashes.ts';
import { openLibrary } from '../../../src/engine/library/library.ts';
import { watchModels } from '../../../src/engine/library/watch-models.ts';
import { openWeights } from '../../../src/engine/weights/open-weights.ts';
import { float32, safetensorsBytes, temporaryFolder } from '../weights/safetensors-file.ts';

const builtinModel = resolve('models/palimpsest-tiny.safetensors');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const zeros = (shape: readonly number[]) => float32(shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(0));

/** A models folder with these files in it, and a library over it. */
async function libraryWith(files: Readonly<Record<string, Uint8Array | 'checkpoint'>>) {
  const folder = await temporaryFolder();
  const modelsDir = join(folder.path, 'models');
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(modelsDir, name);
    await mkdir(join(path, '..'), { recursive: true });
    if (bytes === 'checkpoint') await copyFile(builtinModel, path);
    else await writeFile(path, bytes);
  }
  const library = await openLibrary({ modelsDir, builtinModel, cacheDir: join(folder.path, 'cache') });
  return { ...folder, modelsDir, library };
}

test('checkpoints are listed as A1111 lists them, the built-in one last; what is broken is named with the reason', async () => {
  await using at = await libraryWith({
    'Stable-diffusion/b.safetensors': 'checkpoint',
    'Stable-diffusion/a10.SAFETENSORS': 'checkpoint',
    'Stable-diffusion/a9.safetensors': 'checkpoint',
    'Stable-diffusion/broken.ckpt': Buffer.from('no model'),
    'Stable-diffusion/notes.txt': Buffer.from('not looked at'),
  });
  const { checkpoints, unusable } = await at.library.catalog();
  expect(checkpoints.map(({ name }) => name)).toEqual(['a9', 'a10', 'b', 'palimpsest-tiny']);
  expect(unusable?.map(({ name, why }) => [name, why.code])).toEqual([['broken', 'weights-broken']]);
});

test('what is no file, though it is called like one, is refused and never waited for', async () => {
  await using at = await libraryWith({ 'Stable-diffusion/a.safetensors': 'checkpoint' });
  const shelf = join(at.modelsDir, 'Stable-diffusion');
  await promisify(execFile)('mkfifo', [join(shelf, 'pipe.safetensors')]);
  await promisify(execFile)('mkfifo', [join(shelf, 'a.json')]); // where notes about a model would be
  await symlink('/dev/zero', join(shelf, 'zero.ckpt'));
  const { checkpoints, unusable } = await at.library.catalog();
  expect(checkpoints.map(({ name }) => name)).toEqual(['a', 'palimpsest-tiny']);
  expect(unusable?.map(({ why }) => why.details)).toEqual([
    { file: 'pipe.safetensors', why: 'it is no ordinary file' },
    { file: 'zero.ckpt', why: 'it is no ordinary file' },
  ]);
  await expect(at.library.vaeFor(await at.library.checkpoint('a'), 'Automatic')).resolves.toBeUndefined();
  await expect(openWeights(join(shelf, 'pipe.safetensors'))).rejects.toThrow('it is no ordinary file');
});

test('of two checkpoints of one name the second goes by its path, and both can be opened', async () => {
  await using at = await libraryWith({
    'Stable-diffusion/cat.safetensors': 'checkpoint',
    'Stable-diffusion/old/cat.safetensors': 'checkpoint',
  });
  const { checkpoints } = await at.library.catalog();
  expect(checkpoints.map(({ name }) => name)).toEqual(['cat', 'old/cat', 'palimpsest-tiny']);
  expect((await at.library.checkpoint('old/cat')).path).toBe(
    join(at.modelsDir, 'Stable-diffusion/old/cat.safetensors'),
  );
});

test('a checkpoint is found by every way A1111 writes it down', async () => {
  await using at = await libraryWith({ 'Stable-diffusion/people/Cat v1.safetensors': 'checkpoint' });
  const { path } = await at.library.checkpoint('Cat v1');
  const whole = await at.library.hashes.sha256(path);
  const catalog = await at.library.catalog();
  const [entry] = catalog.checkpoints;
  expect(whole).toBe(sha256(await readFile(builtinModel)));
  expect(entry?.hash).toBe(whole.slice(0, 10));
  const oldHash = sha256((await readFile(builtinModel)).subarray(0x100000, 0x110000)).slice(0, 8);
  expect(entry?.oldHash).toBe(oldHash);
  const ways = ['cat V1', 'Cat v1.safetensors', `people/Cat v1.safetensors [${entry?.hash}]`, `Cat v1 [${oldHash}]`];
  for (const way of [...ways, entry!.hash!, oldHash, whole, `renamed since [${entry?.hash}]`]) {
    expect(findCheckpoint(catalog, way).name, way).toBe('Cat v1');
  }
  expect(() => findCheckpoint(catalog, 'somebody else [0123456789]')).toThrow('unknown-name');
});

test('LoRAs are announced with alias, family, hash and the words that call them', async () => {
  const toKey = 'lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_down.weight';
  const tags = { '10_hat': { 'red hat': 7, smile: 9 }, '1_more': { 'red hat': 5 } };
  const metadata = { ss_output_name: 'hat', ss_tag_frequency: JSON.stringify(tags), sshs_model_hash: 'ab'.repeat(32) };
  await using at = await libraryWith({
    'Lora/hat-v3.safetensors': safetensorsBytes({ [toKey]: zeros([4, 2048]) }, metadata),
    'Lora/noted.safetensors': safetensorsBytes({ x: zeros([1]) }, { ss_v2: 'True', ss_tag_frequency: '{"a":{"b":1}}' }),
    'Lora/noted.json': Buffer.from('{"activation text": "glow, neon ", "preferred weight": 0.7}'),
    'VAE/soft.vae.pt': Buffer.from('x'),
    'ESRGAN/4x-UltraSharp.pth': Buffer.from('x'),
  });
  const { models } = await at.library.catalog();
  expect(models?.every(({ bytes }) => bytes !== undefined)).toBe(true);
  expect(models?.map(({ bytes: _, ...model }) => model)).toEqual([
    { kind: 'vae', name: 'soft.vae', hash: null },
    { kind: 'lora', name: 'hat-v3', alias: 'hat', family: 'sdxl', hash: 'abababababab', words: ['red hat', 'smile'] },
    { kind: 'lora', name: 'noted', family: 'sd2', hash: null, words: ['glow', 'neon'], weight: 0.7 },
    { kind: 'upscaler', name: '4x-UltraSharp', hash: null },
  ]);
});

test('what a LoRA tells is remembered from one start to the next, until it is another file', async () => {
  const told = (alias: string) => safetensorsBytes({ x: zeros([1]) }, { ss_output_name: alias });
  await using at = await libraryWith({ 'Lora/a.safetensors': told('hat'), 'Lora/b.safetensors': told('cat') });
  const cacheDir = join(at.path, 'cache');
  const aliases = async () => {
    const options = { modelsDir: at.modelsDir, builtinModel, cacheDir };
    return (await (await openLibrary(options)).catalog()).models?.map(({ alias }) => alias);
  };
  expect(await aliases()).toEqual(['hat', 'cat']);
  const memory = await readFile(join(cacheDir, 'models.json'), 'utf8');
  await writeFile(join(cacheDir, 'models.json'), memory.replace('"hat"', '"remembered"'));
  expect(await aliases()).toEqual(['remembered', 'cat']);
  await writeFile(join(at.modelsDir, 'Lora/a.safetensors'), told('new'));
  expect(await aliases()).toEqual(['new', 'cat']);
  for (const damaged of [
    '{"half',
    '[1]',
    JSON.stringify({ [join(at.modelsDir, 'Lora/a.safetensors')]: { facts: 7 } }),
  ]) {
    await writeFile(join(cacheDir, 'models.json'), damaged);
    expect(await aliases()).toEqual(['new', 'cat']);
  }
});

test("a LoRA's hash is of its tensors, so that it survives an edit of its metadata", async () => {
  await using folder = await temporaryFolder();
  const hashes = await openHashes(folder.path);
  const tensors = { weight: float32([2], [1, 2]) };
  const plain = await folder.write('a.safetensors', safetensorsBytes(tensors));
  const renamed = await folder.write('b.safetensors', safetensorsBytes(tensors, { ss_output_name: 'other' }));
  expect(await hashes.sha256(plain, 'tensors')).toBe(sha256(tensors.weight.bytes));
  expect(await hashes.sha256(renamed, 'tensors')).toBe(await hashes.sha256(plain, 'tensors'));
  expect(await hashes.sha256(renamed)).not.toBe(await hashes.sha256(plain));
});

test('hashes are remembered by size and time of the file, by other processes too, and a damaged memory is begun anew', async () => {
  await using folder = await temporaryFolder();
  const cacheDir = join(folder.path, 'cache');
  const path = await folder.write('a.bin', Buffer.from('one'));
  const hashes = await openHashes(cacheDir);
  const other = await openHashes(cacheDir); // opened before there is anything to read
  expect(await hashes.known(path)).toBeNull();
  await hashes.sha256(path);
  await other.sha256(await folder.write('b.bin', Buffer.from('b')));
  const later = await openHashes(cacheDir);
  expect(await later.known(path)).toBe(sha256(Buffer.from('one')));
  expect(await later.known(join(folder.path, 'b.bin'))).toBe(sha256(Buffer.from('b')));
  await folder.write('a.bin', Buffer.from('two'));
  await utimes(path, 1, 1);
  expect(await later.known(path)).toBeNull();
  expect(await later.sha256(path)).toBe(sha256(Buffer.from('two')));
  await writeFile(join(cacheDir, 'hashes.json'), '{"half');
  expect(await (await openHashes(cacheDir)).known(path)).toBeNull();
});

test('a memory that cannot be written only costs time', async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write('a.bin', Buffer.from('one'));
  const hashes = await openHashes(join(path, 'not-a-folder'));
  expect(await hashes.sha256(path)).toBe(sha256(Buffer.from('one')));
});

test("A1111's old hash is of 64 kB from the first megabyte on, or what is there of them", async () => {
  await using folder = await temporaryFolder();
  const bytes = Buffer.alloc(0x100000 + 10, 7);
  expect(await oldModelHash(await folder.write('a.ckpt', bytes))).toBe(sha256(bytes.subarray(0x100000)).slice(0, 8));
  expect(await oldModelHash(await folder.write('b.ckpt', Buffer.from('short')))).toBe('e3b0c442');
});

test('what arrives in a folder is told of once, after the last change; a folder that is missing is no trouble', async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'models/Lora'), { recursive: true });
  let changes = 0;
  {
    using _none = watchModels(join(folder.path, 'nowhere'), () => changes++, 50);
    using _watching = watchModels(join(folder.path, 'models'), () => changes++, 200);
    await pause(100); // until the watch stands
    for (let i = 0; i < 5; i++) {
      await folder.write('models/Lora/a.safetensors', Buffer.alloc(1000 * (i + 1)));
      await pause(20);
    }
    expect(changes).toBe(0);
    await expect.poll(() => changes, { timeout: 5000 }).toBe(1);
    await rm(join(folder.path, 'models/Lora/a.safetensors'));
    await expect.poll(() => changes, { timeout: 5000 }).toBe(2);
  }
  await folder.write('models/Lora/b.safetensors', Buffer.alloc(10));
  await pause(400);
  expect(changes).toBe(2);
});
