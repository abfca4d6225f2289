import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { type Catalog, type ModelEntry, modelKinds } from '../../edit/catalog.ts';
import { closest } from '../../edit/names.ts';
import { Refusal, refusalData } from '../../errors.ts';
import { isFault } from '../weights/weights-file.ts';
import { examineFile, type FoundCheckpoint, named } from './checkpoints.ts';
import { type FactsMemory, openFactsMemory } from './facts-memory.ts';
import { type Hashes, openHashes } from './hashes.ts';
import { type ModelFile, modelFiles, versionOf } from './model-files.ts';
import { ownerNotes } from './network-facts.ts';
import { chooseVae, firstVaeFor } from './vae-choice.ts';

/** Where models are. */
export interface LibraryOptions {
  /** People's models, in the folders of A1111 (`Stable-diffusion`, …). */
  readonly modelsDir: string;
  /** The checkpoint that ships with the product; listed last. */
  readonly builtinModel: string;
  /** A folder of our own for hashes. */
  readonly cacheDir: string;
}

/** People's model files. Every question looks at the folders again; of files that did not change nothing is read twice. */
export interface Library {
  readonly hashes: Hashes;
  /** What LoRAs and textual inversions tell about themselves. */
  readonly facts: FactsMemory;
  catalog(): Promise<Catalog>;
  /** @throws Refusal 'unknown-name', or what is wrong with the file */
  checkpoint(name: string): Promise<FoundCheckpoint>;
  /** The VAE file for a checkpoint, as `chooseVae`; undefined for its own. One that has none gets the first for its family. */
  vaeFor(checkpoint: FoundCheckpoint, wanted: string): Promise<ModelFile | undefined>;
  /** Files of text encoders for a checkpoint that lacks its own, those named like it first; none for one that has them. */
  textFilesFor(checkpoint: FoundCheckpoint): Promise<readonly string[]>;
}

/** Opens nothing but the list of hashes. */
export async function openLibrary({ modelsDir, builtinModel, cacheDir }: LibraryOptions): Promise<Library> {
  const hashes = await openHashes(cacheDir);
  const examined = rememberingVersions(examineFile, ({ refusal }) => !isFault(refusal?.cause));
  const facts = await openFactsMemory(cacheDir);

  const checkpoints = async (): Promise<readonly FoundCheckpoint[]> => {
    const files = [...(await modelFiles(modelsDir, 'checkpoint')), await builtinFile(builtinModel)];
    const taken = new Set<string>();
    const found: FoundCheckpoint[] = [];
    for (const file of files) {
      const one = await named(await examined(file), file, { isTaken: (name) => taken.has(name), hashes });
      taken.add(one.name);
      found.push(one);
    }
    return found;
  };
  const entryOf = async (file: ModelFile): Promise<ModelEntry> => {
    const { kind, name } = file as ModelFile & { kind: ModelEntry['kind'] };
    const notes = await ownerNotes(file.path);
    const { alias, family, words, modelHash } = await facts.of(file);
    const isLora = kind === 'lora';
    const known = modelHash ?? (await hashes.known(file.path, isLora ? 'tensors' : 'file').catch(() => null));
    const called = notes.words.length > 0 ? notes.words : words;
    return {
      ...{ kind, name, bytes: file.bytes, hash: known?.slice(0, isLora ? 12 : 10) ?? null },
      ...(alias && alias !== name && { alias }),
      ...(family && { family }),
      ...(called.length > 0 && { words: called }),
      ...(notes.weight !== undefined && { weight: notes.weight }),
    };
  };
  return {
    ...{ hashes, facts },
    async catalog() {
      const models: ModelEntry[] = [];
      for (const kind of modelKinds.filter((k) => k !== 'checkpoint')) {
        const files = await modelFiles(modelsDir, kind);
        for (const file of files) if (file.fault === null) models.push(await entryOf(file));
      }
      await facts.save();
      return catalogOf(await checkpoints(), models);
    },
    async checkpoint(name) {
      const found = await checkpoints();
      const one = found.find((c) => c.name === name);
      if (one?.refusal) throw one.refusal;
      if (one) return one;
      const names = found.map((c) => c.name);
      throw new Refusal('unknown-name', { kind: 'model', given: name, nearest: closest(name, names) });
    },
    async vaeFor(checkpoint, wanted) {
      const [vaes, { vae: noted }] = await Promise.all([modelFiles(modelsDir, 'vae'), ownerNotes(checkpoint.path)]);
      const chosen = chooseVae(wanted, vaes, { path: checkpoint.path, noted });
      return chosen ?? (checkpoint.lacks.vae ? firstVaeFor(checkpoint, vaes) : undefined);
    },
    async textFilesFor({ path, lacks }) {
      if (!lacks.text) return [];
      const files = await modelFiles(modelsDir, 'text-encoder');
      const stem = basename(path, extname(path));
      const isLike = (file: ModelFile) => Number(basename(file.path).startsWith(stem));
      return files
        .filter(({ fault }) => fault === null)
        .sort((a, b) => isLike(b) - isLike(a))
        .map((file) => file.path);
    },
  };
}

/** Usable checkpoints, the other models, and what cannot be used. */
function catalogOf(found: readonly FoundCheckpoint[], models: readonly ModelEntry[]): Catalog {
  const checkpoints = found.flatMap(({ entry }) => entry ?? []);
  const unusable = found.flatMap(({ name, refusal }) => (refusal ? [{ name, why: refusalData(refusal) }] : []));
  return { checkpoints, ...(unusable.length > 0 && { unusable }), ...(models.length > 0 && { models }) };
}

async function builtinFile(path: string): Promise<ModelFile> {
  const place = { kind: 'checkpoint', name: basename(path, extname(path)), path, relative: basename(path) } as const;
  const found = await stat(path).catch(() => null); // a missing one is told of when it is opened
  return { ...place, bytes: found?.size ?? 0, version: found ? versionOf(found) : '', fault: null };
}

/**
 * Asks once for each version of a file, and forgets none: a collection has thousands of files, not millions.
 * @param isLasting  whether an answer holds as long as the file is as it is; by default it does
 */
function rememberingVersions<T>(
  ask: (file: ModelFile) => Promise<T>,
  isLasting: (answer: T) => boolean = () => true,
): (file: ModelFile) => Promise<T> {
  const known = new Map<string, { readonly version: string; readonly answer: T }>();
  return async (file) => {
    const last = known.get(file.path);
    if (last?.version === file.version) return last.answer;
    const answer = await ask(file);
    if (isLasting(answer)) known.set(file.path, { version: file.version, answer });
    return answer;
  };
}
