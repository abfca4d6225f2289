import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readRecord, writeWhole } from './cache-file.ts';

/**
 * What is hashed: the whole file; or, as A1111 tells LoRAs apart, what follows the header of a `.safetensors` file, so that editing its
 * metadata changes nothing.
 */
export type HashedPart = 'file' | 'tensors';

/** SHA-256 of people's model files, computed once per version of a file (its size and time) and remembered. */
export interface Hashes {
  /** 64 hex digits. A file of some GB takes seconds the first time. */
  sha256(path: string, part?: HashedPart): Promise<string>;
  /** What is remembered of this version of the file, without computing. */
  known(path: string, part?: HashedPart): Promise<string | null>;
}

interface Remembered {
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Of the whole file. */
  readonly sha256?: string;
  /** Of what follows the header. */
  readonly tensors?: string;
}

type Cache = Map<string, Remembered>;

const readCache = async (file: string): Promise<Cache> => new Map(Object.entries(await readRecord(file, isRemembered)));

function isRemembered(value: unknown): value is Remembered {
  const { bytes, modifiedMs } = (value ?? {}) as Partial<Remembered>;
  return typeof bytes === 'number' && typeof modifiedMs === 'number';
}

/** Keeps the hashes in `cacheDir/hashes.json`; a cache that cannot be written only costs time. */
export async function openHashes(cacheDir: string): Promise<Hashes> {
  const file = join(cacheDir, 'hashes.json');
  const cache = await readCache(file);
  let saving: Promise<void> = Promise.resolve();

  const fresh = async (path: string): Promise<Remembered> => {
    const { size, mtimeMs } = await stat(path);
    const found = cache.get(path);
    return found?.bytes === size && found.modifiedMs === mtimeMs ? found : { bytes: size, modifiedMs: mtimeMs };
  };
  /** Other workers may share the file: what they added stays. */
  const save = async () => {
    for (const [path, entry] of await readCache(file)) if (!cache.has(path)) cache.set(path, entry);
    await writeWhole(file, JSON.stringify(Object.fromEntries(cache)));
  };
  return {
    known: async (path, part = 'file') => (await fresh(path))[keyOf[part]] ?? null,
    async sha256(path, part = 'file') {
      const version = await fresh(path);
      const known = version[keyOf[part]];
      if (known) return known;
      const computed = await hashFrom(path, part === 'file' ? 0 : await endOfHeader(path));
      const { bytes, modifiedMs } = await fresh(path);
      if (bytes !== version.bytes || modifiedMs !== version.modifiedMs) return computed; // it changed while it was read
      cache.set(path, { ...version, ...cache.get(path), bytes, modifiedMs, [keyOf[part]]: computed });
      saving = saving.then(save).catch(() => {});
      await saving;
      return computed;
    },
  };
}

const keyOf = { file: 'sha256', tensors: 'tensors' } as const;

async function hashFrom(path: string, start: number): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { start, highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** Where the tensors of a `.safetensors` file begin. */
async function endOfHeader(path: string): Promise<number> {
  const head = await readPart(path, 0, 8);
  const length = head.length === 8 ? head.readBigUInt64LE() : 0n;
  const { size } = await stat(path);
  return length <= BigInt(size) ? Math.min(size, 8 + Number(length)) : 0;
}

/**
 * The 8 hex digits that A1111 printed for a checkpoint before it hashed whole files: of 64 kB from 1 MiB on.
 * Source: A1111 modules/sd_models.py `model_hash`
 */
export async function oldModelHash(path: string): Promise<string> {
  const part = await readPart(path, 0x100000, 0x10000);
  return createHash('sha256').update(part).digest('hex').slice(0, 8);
}

async function readPart(path: string, start: number, length: number): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
