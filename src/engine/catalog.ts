import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Catalog, CheckpointEntry } from '../edit/catalog.ts';
import { Refusal, refusalData } from '../errors.ts';
import type { Hashes } from './hashes.ts';
import { examineCheckpoint } from './weights/checkpoint-facts.ts';
import { openWeights } from './weights/open-weights.ts';

/** What A1111 takes for checkpoints. */
const checkpointEndings = new Set(['.safetensors', '.ckpt']);

/** A checkpoint file that was found, and either what it is or why it cannot be used. */
export interface FoundCheckpoint {
  readonly path: string;
  readonly name: string;
  readonly entry: CheckpointEntry | null;
  readonly refusal: Refusal | null;
}

/** Files below a folder, sub-folders included, in alphabetical order; none when there is no such folder. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter((e) => e.isFile() || e.isSymbolicLink())
      .map((e) => join(e.parentPath, e.name))
      .sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}

async function examine(path: string, hashes: Hashes): Promise<FoundCheckpoint> {
  const name = basename(path, extname(path));
  try {
    const { facts } = await examineCheckpoint(await openWeights(path));
    const sha256 = await hashes.known(path);
    const { family, nativeSize } = facts;
    return { path, name, entry: { name, hash: sha256?.slice(0, 10) ?? null, family, nativeSize }, refusal: null };
  } catch (error) {
    const refusal = error instanceof Refusal ? error : unreadable(path, error);
    return { path, name, entry: null, refusal };
  }
}

/** A link to nowhere, a file without permission, one that is just being deleted. @throws whatever is not of that kind */
function unreadable(path: string, error: unknown): Refusal {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
  return new Refusal('weights-broken', { file: basename(path), why: message.split(',')[0]! }, { cause: error });
}

/**
 * Every checkpoint below `modelsDir/Stable-diffusion`, then the built-in one. Only headers are read. A file that cannot be used is
 * listed with the reason and harms no other.
 */
export async function findCheckpoints(
  { modelsDir, builtinModel }: { readonly modelsDir: string; readonly builtinModel: string },
  hashes: Hashes,
): Promise<readonly FoundCheckpoint[]> {
  const files = await filesBelow(join(modelsDir, 'Stable-diffusion'));
  const paths = [...files.filter((file) => checkpointEndings.has(extname(file))), builtinModel];
  return await Promise.all(paths.map((path) => examine(path, hashes)));
}

/** What can be asked for: usable checkpoints, the first of a name; and what cannot. */
export function catalogOf(found: readonly FoundCheckpoint[]): Catalog {
  const entries = found.flatMap(({ entry }) => entry ?? []);
  const checkpoints = entries.filter((e, i) => entries.findIndex((other) => other.name === e.name) === i);
  const unusable = found.flatMap(({ name, refusal }) => (refusal ? [{ name, why: refusalData(refusal) }] : []));
  return unusable.length > 0 ? { checkpoints, unusable } : { checkpoints };
}
