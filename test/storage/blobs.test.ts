import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { BlobRef, BlobStore } from '../../src/edit/blob.ts';
import { openBlobDirectory, sweepBlobs } from '../../src/storage/blobs.ts';
import { someRef } from './fixtures.ts';
import { temporaryFolder } from './stand.ts';

const hello = new TextEncoder().encode('hello');
const helloRef = 'sha256-2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' as BlobRef; // sha256sum
const helloFile = '2c/f24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const gone = expect.objectContaining({ name: 'Refusal', code: 'gone' });
const lastWeek = new Date(Date.now() - 7 * 86_400_000);
const yesterday = new Date(Date.now() - 86_400_000);

let dir: string;
let blobs: BlobStore;
beforeEach(async () => {
  const folder = await temporaryFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  dir = join(folder.path, 'blobs');
  blobs = openBlobDirectory(dir);
});

const filesBelow = async (folder: string) =>
  (await readdir(folder, { recursive: true })).filter((name) => name.length > 2);

test('a blob lies under the sha256 of its bytes', async () => {
  expect(await blobs.put(hello)).toBe(helloRef);
  expect(await readFile(join(dir, helloFile))).toEqual(Buffer.from(hello));
  expect(new Uint8Array(await blobs.get(helloRef))).toEqual(hello);
  expect(await blobs.has(helloRef)).toBe(true);
});

test('a part of a larger buffer is stored as that part', async () => {
  expect(await blobs.put(Buffer.from('say hello again').subarray(4, 9))).toBe(helloRef);
});

test('putting the same bytes twice, or many times at once, is one blob', async () => {
  const refs = await Promise.all(Array.from({ length: 8 }, () => blobs.put(hello)));
  await blobs.put(hello);
  expect(new Set(refs)).toEqual(new Set([helloRef]));
  expect(await filesBelow(dir)).toEqual([helloFile]);
});

test('what was never put is gone', async () => {
  expect(await blobs.has(someRef())).toBe(false);
  await expect(blobs.get(someRef())).rejects.toEqual(gone);
});

test('bytes that were cut off are not given out, and putting them again heals the blob', async () => {
  await blobs.put(hello);
  await truncate(join(dir, helloFile), 3);
  await expect(blobs.get(helloRef)).rejects.toEqual(gone);
  await blobs.put(hello);
  expect(new Uint8Array(await blobs.get(helloRef))).toEqual(hello);
});

test('a cut off blob that nobody has read yet is healed too', async () => {
  await blobs.put(hello);
  await truncate(join(dir, helloFile), 3);
  await blobs.put(hello);
  expect(new Uint8Array(await blobs.get(helloRef))).toEqual(hello);
});

test('bytes that were changed are not given out', async () => {
  await blobs.put(hello);
  await writeFile(join(dir, helloFile), 'jello');
  await expect(blobs.get(helloRef)).rejects.toEqual(gone);
});

test('a full disk is a refusal, and nothing half-written stays', async () => {
  const child = fileURLToPath(new URL('put-child.ts', import.meta.url));
  // No file may grow beyond 16 blocks: the write of 64 KiB stops half-way, as on a full disk.
  const command = `ulimit -f 16; TSX_DISABLE_CACHE=1 exec "$0" --import tsx "$1" "$2"`;
  const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, child, dir]);
  expect(JSON.parse(stdout)).toEqual({ small: helloRef, large: 'storage-full' });
  expect(await filesBelow(dir)).toEqual([helloFile]);
});

test('sweeping deletes what is old and unreferenced, and remains of interrupted writes', async () => {
  const old = await blobs.put(Buffer.from('old'));
  const kept = await blobs.put(Buffer.from('kept'));
  const young = await blobs.put(Buffer.from('young'));
  const left = join(dir, helloFile.slice(0, 2), 'half.tmp');
  await mkdir(join(left, '..'), { recursive: true });
  await writeFile(left, 'hel');
  const fileOf = (ref: BlobRef) => join(dir, ref.slice(7, 9), ref.slice(9));
  for (const file of [fileOf(old), fileOf(kept), left]) await utimes(file, lastWeek, lastWeek);
  expect(await sweepBlobs(dir, new Set([kept]), yesterday)).toBe(1);
  expect(await Promise.all([old, kept, young].map((ref) => blobs.has(ref)))).toEqual([false, true, true]);
  await expect(readFile(left)).rejects.toThrow('ENOENT');
});

test('an old blob that is put again is young again', async () => {
  await blobs.put(hello);
  await utimes(join(dir, helloFile), lastWeek, lastWeek);
  await blobs.put(hello);
  expect(await sweepBlobs(dir, new Set(), yesterday)).toBe(0);
  expect(await blobs.has(helloRef)).toBe(true);
});

test('whoever puts a blob while it is swept has it afterwards', async () => {
  for (let round = 0; round < 30; round++) {
    await blobs.put(hello);
    await utimes(join(dir, helloFile), lastWeek, lastWeek);
    await Promise.all([sweepBlobs(dir, new Set(), yesterday), sweepBlobs(dir, new Set(), yesterday), blobs.put(hello)]);
    expect(await blobs.has(helloRef)).toBe(true);
  }
});

test('there is nothing to sweep before the first blob', async () => {
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  expect(await sweepBlobs(dir, new Set(), yesterday)).toBe(0);
});
