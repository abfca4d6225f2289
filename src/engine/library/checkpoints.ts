import { extname } from 'node:path';
import type { CheckpointEntry } from '../../edit/catalog.ts';
import type { Refusal } from '../../errors.ts';
import { examineCheckpoint } from '../weights/checkpoint-facts.ts';
import { openCheckpointFile } from '../weights/checkpoint-file.ts';
import { missingEncoders } from '../weights/completion.ts';
import { asRefusal, brokenWeights } from '../weights/weights-file.ts';
import { type Hashes, oldModelHash } from './hashes.ts';
import type { ModelFile } from './model-files.ts';

/** A checkpoint file that was found, and either what it is or why it cannot be used. */
export interface FoundCheckpoint {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** As `ModelFile`'s. */
  readonly version: string;
  readonly entry: CheckpointEntry | null;
  /** What a complete checkpoint has and this one has not. */
  readonly lacks: { readonly vae: boolean; readonly text: boolean };
  readonly refusal: Refusal | null;
}

/** What a checkpoint's header tells. One that cannot be used harms no other. */
export async function examineFile(file: ModelFile): Promise<FoundCheckpoint> {
  const { path, name, bytes, version } = file;
  try {
    if (file.fault !== null) throw brokenWeights(path, file.fault);
    const { facts, parts } = await examineCheckpoint(await openCheckpointFile(path));
    const { family, nativeSize } = facts;
    const lacks = { vae: parts.vae === undefined, text: missingEncoders(facts, parts.text).length > 0 };
    const oldHash = bytes > 0x100000 ? await oldModelHash(path) : null;
    const entry = { name, hash: null, bytes, ...(oldHash && { oldHash }), family, nativeSize };
    return { path, name, bytes, version, entry, lacks, refusal: null };
  } catch (error) {
    const lacks = { vae: false, text: false };
    return { path, name, bytes, version, entry: null, lacks, refusal: asRefusal(path, error) };
  }
}

/** Its hash, as far as it is known; and for the second file of a name its path in place of it. */
export async function named(
  found: FoundCheckpoint,
  { relative }: Pick<ModelFile, 'relative'>,
  { isTaken, hashes }: { readonly isTaken: (name: string) => boolean; readonly hashes: Hashes },
): Promise<FoundCheckpoint> {
  const name = isTaken(found.name) ? relative.slice(0, relative.length - extname(relative).length) : found.name;
  if (!found.entry) return { ...found, name };
  const sha256 = await hashes.known(found.path).catch(() => null); // gone meanwhile
  return { ...found, name, entry: { ...found.entry, name, hash: sha256?.slice(0, 10) ?? null } };
}
