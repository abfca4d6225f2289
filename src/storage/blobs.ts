import { randomBytes, webcrypto } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BlobRef, type BlobStore, toBlobRef } from '../edit/blob.ts';
import { Refusal } from '../errors.ts';

/** `sha256-abcdef…` lies at `ab/cdef…`, so that no folder grows large. */
function pathOf(dir: string, ref: BlobRef): string {
  const hex = ref.slice('sha256-'.length);
  return join(dir, hex.slice(0, 2), hex.slice(2));
}

/** Off this thread: a large picture takes tens of milliseconds. */
async function refOf(bytes: Uint8Array): Promise<BlobRef> {
  const digest = await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return toBlobRef(`sha256-${Buffer.from(digest).toString('hex')}`);
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);
const isMissing = (error: unknown) => codeOf(error) === 'ENOENT';
const isFull = (error: unknown) => ['ENOSPC', 'EDQUOT', 'EFBIG'].some((code) => code === codeOf(error));

/**
 * Makes a blob that is already there young again, for `sweepBlobs` spares the young.
 * False when there is none of this size: a shorter one is what a power cut left, and is written anew.
 */
async function touch(path: string, size: number): Promise<boolean> {
  try {
    if ((await stat(path)).size !== size) return false;
    const now = new Date();
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** Under a name of its own, down to the disk, then in place at once: nobody ever reads half a blob. */
async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    {
      await using file = await open(temporary, 'wx');
      await file.writeFile(bytes);
      await file.sync();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function put(dir: string, bytes: Uint8Array): Promise<BlobRef> {
  const ref = await refOf(bytes);
  const path = pathOf(dir, ref);
  try {
    if (!(await touch(path, bytes.length))) await write(path, bytes);
  } catch (error) {
    if (isFull(error)) throw new Refusal('storage-full', {}, { cause: error });
    throw error;
  }
  return ref;
}

/** Bytes that are not what their name says are put aside, so that the next `put` of the right ones heals the blob. */
async function get(dir: string, ref: BlobRef): Promise<Uint8Array> {
  const path = pathOf(dir, ref);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (isMissing(error)) throw new Refusal('gone', {}, { cause: error });
    throw error;
  }
  const found = await refOf(bytes);
  if (found === ref) return bytes;
  await rename(path, `${path}.broken`);
  throw new Refusal('gone', {}, { cause: new Error(`${path}: ${bytes.length} bytes of ${found}, expected ${ref}`) });
}

async function has(dir: string, ref: BlobRef): Promise<boolean> {
  try {
    return (await stat(pathOf(dir, ref))).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/**
 * Blobs as files below `dir`, which is made when the first is put. Several processes and machines may share it: all they ever do
 * is write whole files under the names of their contents.
 */
export function openBlobDirectory(dir: string): BlobStore {
  return {
    put: (bytes) => put(dir, bytes),
    get: (ref) => get(dir, ref),
    has: (ref) => has(dir, ref),
  };
}

/** Deletes blobs at once, however young; those that are not there count as deleted. @returns how many there were */
export async function removeBlobs(dir: string, refs: Iterable<BlobRef>): Promise<number> {
  let removed = 0;
  for (const ref of refs) {
    try {
      await rm(pathOf(dir, ref));
      removed++;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return removed;
}

const isOld = async (path: string, before: Date) => (await stat(path)).mtime < before;

/**
 * Deletes one file if it is older than `before`. It is moved out of the way first and looked at again: whoever puts the same bytes
 * in between has either made it young, and it returns, or finds it gone and writes it anew.
 */
async function sweepFile(path: string, before: Date): Promise<boolean> {
  try {
    if (!(await isOld(path, before))) return false;
    const aside = `${path}.swept`;
    await rename(path, aside);
    if (await isOld(aside, before)) {
      await rm(aside);
      return true;
    }
    await rename(aside, path);
    return false;
  } catch (error) {
    if (isMissing(error)) return false; // somebody else swept it
    throw error;
  }
}

async function entries(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * Deletes the blobs below `dir` that are not `referenced` and were last put before `before`, and what interrupted writes of that
 * age left behind. `before` must lie further back than a blob ever waits for the row that refers to it.
 * @returns how many blobs were deleted
 */
export async function sweepBlobs(dir: string, referenced: ReadonlySet<BlobRef>, before: Date): Promise<number> {
  let deleted = 0;
  for (const folder of await entries(dir)) {
    if (!folder.isDirectory() || !/^[0-9a-f]{2}$/.test(folder.name)) continue;
    for (const { name } of await entries(join(dir, folder.name))) {
      const isBlob = /^[0-9a-f]{62}$/.test(name);
      if (isBlob && referenced.has(toBlobRef(`sha256-${folder.name}${name}`))) continue;
      const isGone = await sweepFile(join(dir, folder.name, name), before);
      if (isGone && isBlob) deleted++;
    }
  }
  return deleted;
}
