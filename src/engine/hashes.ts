import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** SHA-256 of people's model files, computed once per version of a file and remembered. */
export interface Hashes {
  /** 64 hex digits. A file of some GB takes seconds the first time. */
  sha256(path: string): Promise<string>;
  /** What is remembered of this version of the file, without computing. */
  known(path: string): Promise<string | null>;
}

interface Remembered {
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly sha256: string;
}

async function readCache(file: string): Promise<Map<string, Remembered>> {
  try {
    return new Map(Object.entries(JSON.parse(await readFile(file, 'utf8')) as Record<string, Remembered>));
  } catch {
    return new Map(); // none yet, or damaged: hashes can always be computed again
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** Keeps the hashes in `cacheDir/hashes.json`; a cache that cannot be written only costs time. */
export async function openHashes(cacheDir: string): Promise<Hashes> {
  const file = join(cacheDir, 'hashes.json');
  const cache = await readCache(file);

  const fresh = async (path: string) => {
    const { size, mtimeMs } = await stat(path);
    const found = cache.get(path);
    const isFresh = found?.bytes === size && found.modifiedMs === mtimeMs;
    return { bytes: size, modifiedMs: mtimeMs, sha256: isFresh ? found.sha256 : null };
  };
  const save = async () => {
    const temporary = `${file}.${process.pid}`;
    await mkdir(cacheDir, { recursive: true });
    await writeFile(temporary, JSON.stringify(Object.fromEntries(cache)));
    await rename(temporary, file);
  };
  return {
    known: async (path) => (await fresh(path)).sha256,
    async sha256(path) {
      const { sha256, ...version } = await fresh(path);
      if (sha256) return sha256;
      const computed = await hashFile(path);
      cache.set(path, { ...version, sha256: computed });
      await save().catch(() => {});
      return computed;
    },
  };
}
