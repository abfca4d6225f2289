import { basename, extname, resolve, sep } from 'node:path';
import { type FamilyName, type ModelKind, modelKinds } from '../../edit/catalog.ts';
import { Refusal, type RefusalData, refusalData } from '../../errors.ts';
import { type CheckpointFacts, examineCheckpoint, predictionBeside } from '../weights/checkpoint-facts.ts';
import { openCheckpointFile } from '../weights/checkpoint-file.ts';
import { checkpointParts } from '../weights/checkpoint-parts.ts';
import { encoderNames, missingEncoders } from '../weights/completion.ts';
import type { DType } from '../weights/dtypes.ts';
import { readEmbedding } from '../weights/embedding-file.ts';
import { openHypernetwork } from '../weights/hypernetwork-file.ts';
import { loraFileOf } from '../weights/lora-file.ts';
import { asRefusal, brokenWeights, type TensorEntry, type WeightsFile } from '../weights/weights-file.ts';
import { type HashedPart, type Hashes, oldModelHash } from './hashes.ts';
import { modelFiles, shelves } from './model-files.ts';
import { type NetworkFacts, networkFacts, ownerNotes } from './network-facts.ts';

/** What one dtype takes up of a file. */
export interface DTypeShare {
  readonly dtype: DType;
  readonly tensors: number;
  readonly bytes: number;
}

/** A model file described, as plain data. */
export interface Inspection {
  readonly path: string;
  readonly name: string;
  /** What its folder or its tensors say it is; null when neither does. */
  readonly kind: ModelKind | null;
  readonly format: 'safetensors' | 'torch';
  readonly tensors: number;
  /** Numbers in all of them. */
  readonly parameters: number;
  readonly dtypes: readonly DTypeShare[];
  readonly family: FamilyName | null;
  /** Of a checkpoint: what its shapes tell, and which parts it has; null for one that cannot be used. */
  readonly checkpoint: CheckpointInspection | null;
  /** Why it cannot be used as what it is; null when it can. */
  readonly refusal: RefusalData | null;
  readonly alias: string | null;
  readonly words: readonly string[];
  /** As A1111 prints them; whole-file hashes are null unless they are known. */
  readonly hashes: { readonly sha256: string | null; readonly short: string | null; readonly old: string | null };
}

/** A checkpoint's facts for people. */
export interface CheckpointInspection {
  readonly variant: CheckpointFacts['variant'];
  readonly prediction: CheckpointFacts['prediction'];
  readonly zeroTerminalSnr: boolean;
  readonly nativeSize: number;
  readonly parts: readonly string[];
  readonly missing: readonly string[];
}

/**
 * Reads a file's header and describes it.
 * @param hash  whether the whole file may be read for its SHA-256; otherwise only what is remembered is told
 * @throws Refusal 'weights-broken'
 */
export async function inspectModel(
  path: string,
  { modelsDir, ...hashing }: { readonly modelsDir: string } & Hashing,
): Promise<Inspection> {
  const file = await openCheckpointFile(path);
  const kind = kindByFolder(path, modelsDir) ?? (await kindByContent(file));
  const facts = networkFacts(file);
  const refusal = await refusalOf(file, kind);
  const checkpoint = kind === 'checkpoint' && refusal === null ? await inspectCheckpoint(file) : null;
  const notes = await ownerNotes(path);
  return {
    ...{ path, name: basename(path, extname(path)), kind, ...countsOf(await entriesOf(file, kind)) },
    format: file.metadata.size > 0 || extname(path).toLowerCase() === '.safetensors' ? 'safetensors' : 'torch',
    family: checkpoint?.family ?? facts.family ?? null,
    ...{ checkpoint: checkpoint?.facts ?? null, refusal: refusal && refusalData(refusal) },
    ...{ alias: facts.alias ?? null, words: notes.words.length > 0 ? notes.words : facts.words },
    hashes: await hashesOf(path, kind, { ...hashing, ...facts }),
  };
}

interface Hashing {
  readonly hashes: Hashes;
  readonly hash: boolean;
}

async function hashesOf(
  path: string,
  kind: ModelKind | null,
  { hashes, hash, modelHash }: Hashing & NetworkFacts,
): Promise<Inspection['hashes']> {
  const of = (what: HashedPart) => (hash ? hashes.sha256(path, what) : hashes.known(path, what));
  const isLora = kind === 'lora';
  const part = isLora && extname(path).toLowerCase() === '.safetensors' ? 'tensors' : 'file';
  const short = (isLora ? modelHash : undefined) ?? (await of(part));
  return {
    sha256: await of('file'),
    short: short?.slice(0, isLora ? 12 : 10) ?? null,
    old: kind === 'checkpoint' ? await oldModelHash(path) : null,
  };
}

function kindByFolder(path: string, modelsDir: string): ModelKind | null {
  const inside = (folder: string) => resolve(path).startsWith(resolve(modelsDir, folder) + sep);
  const isOn = (kind: ModelKind) => {
    const { folders, means = () => true } = shelves[kind];
    return folders.some((folder) => inside(folder) && means(basename(path), folder));
  };
  return modelKinds.find(isOn) ?? null;
}

/** Names of tensors that only one kind of file has. */
const signs: readonly (readonly [ModelKind, RegExp])[] = [
  [
    'lora',
    /^((lora|lycoris|oft)_|.*(lora_(up|down|A|B)|[._]lora\.(up|down)|lora_linear_layer|hada_w1_a|lokr_w[12]|oft_blocks))/,
  ],
  ['embedding', /^(emb_params|clip_[gl]$|string_to_param)/],
  ['sam', /^image_encoder\.patch_embed/],
  ['grounding-dino', /^transformer\.level_embed/],
  ['text-encoder', /^(text_encoder(_2)?\.)?(text_model\.)?(encoder\.layers\.0\.self_attn|transformer\.resblocks\.0)/],
  ['vae', /^(first_stage_model\.)?decoder\.(conv_in|up_blocks)/],
  ['upscaler', /^(model\.0\.weight|conv_first\.weight|before_RG)/],
];

async function kindByContent(file: WeightsFile): Promise<ModelKind | null> {
  if (checkpointParts(file).unet) return 'checkpoint';
  const names = [...file.tensors.keys()];
  if (names.length === 0 && (await refusalOf(file, 'hypernetwork')) === null) return 'hypernetwork';
  return signs.find(([, sign]) => names.some((name) => sign.test(name)))?.[0] ?? null;
}

/** A file's tensors; those of a hypernetwork stand in lists, one for each width. */
async function entriesOf({ path, tensors }: WeightsFile, kind: ModelKind | null): Promise<readonly TensorEntry[]> {
  if (kind !== 'hypernetwork') return [...tensors.values()];
  const { modules } = await openHypernetwork(path);
  const layers = [...modules.values()].flatMap(({ k, v }) => [...k, ...v]);
  return layers.flatMap(({ weight, bias }) => (bias ? [weight, bias] : [weight]));
}

function countsOf(tensors: readonly TensorEntry[]): Pick<Inspection, 'tensors' | 'parameters' | 'dtypes'> {
  const shares = new Map<DType, DTypeShare>();
  let parameters = 0;
  for (const { dtype, shape, length } of tensors) {
    const share = shares.get(dtype) ?? { dtype, tensors: 0, bytes: 0 };
    shares.set(dtype, { dtype, tensors: share.tensors + 1, bytes: share.bytes + length });
    parameters += shape.reduce((product, n) => product * n, 1);
  }
  const dtypes = [...shares.values()].sort((a, b) => b.bytes - a.bytes);
  return { tensors: tensors.length, parameters, dtypes };
}

async function inspectCheckpoint(
  file: WeightsFile,
): Promise<{ readonly family: FamilyName; readonly facts: CheckpointInspection }> {
  const { facts, parts } = await examineCheckpoint(file, { prediction: await predictionBeside(file.path) });
  const { family, variant, prediction, zeroTerminalSnr, nativeSize } = facts;
  const { vae, text } = parts;
  const held = ['U-Net', ...(vae ? ['VAE'] : []), ...text.map(({ name }) => encoderNames[name])];
  const missing = [...(vae ? [] : ['VAE']), ...missingEncoders(facts, text).map((name) => encoderNames[name])];
  return { family, facts: { variant, prediction, zeroTerminalSnr, nativeSize, parts: held, missing } };
}

/** Reads a file as what it is said to be. @throws Refusal when it cannot be used so */
const trials: Readonly<Partial<Record<ModelKind, (file: WeightsFile) => unknown>>> = {
  checkpoint: (file) => examineCheckpoint(file),
  lora: loraFileOf,
  embedding: readEmbedding,
  hypernetwork: ({ path }) => openHypernetwork(path),
};

async function refusalOf(file: WeightsFile, kind: ModelKind | null): Promise<Refusal | null> {
  try {
    if (kind) await trials[kind]?.(file);
    if ((await entriesOf(file, kind)).length === 0) throw brokenWeights(file.path, 'it holds no tensors');
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** One file's verdict. */
export interface Verdict {
  readonly path: string;
  readonly kind: ModelKind;
  readonly bytes: number;
  /** null when it is sound. */
  readonly refusal: RefusalData | null;
  /** Whether there was a hash to compare with. */
  readonly compared: boolean;
}

/**
 * Checks every file of the models folder: header, bounds, that it can be used, and its hash where one is known.
 * @param expected  the SHA-256 a file should have, by its file name
 */
export async function* verifyModels(
  modelsDir: string,
  hashes: Hashes,
  expected: (fileName: string) => string | undefined,
): AsyncIterable<Verdict> {
  for (const kind of modelKinds) {
    for (const { path, bytes, fault } of await modelFiles(modelsDir, kind)) {
      try {
        if (fault !== null) throw brokenWeights(path, fault);
        const file = await openCheckpointFile(path);
        const refusal = await refusalOf(file, kind);
        if (refusal) throw refusal;
        const compared = await compareHashes(file, hashes, expected(basename(path)));
        yield { path, kind, bytes, refusal: null, compared };
      } catch (error) {
        yield { path, kind, bytes, refusal: refusalData(asRefusal(path, error)), compared: false };
      }
    }
  }
}

/** @returns whether there was anything to compare. @throws Refusal 'weights-broken' */
async function compareHashes(
  { path, metadata }: WeightsFile,
  hashes: Hashes,
  expected: string | undefined,
): Promise<boolean> {
  const ofTensors = metadata.get('modelspec.hash_sha256') ?? metadata.get('sshs_model_hash');
  const known = [['file', expected] as const, ['tensors', ofTensors?.toLowerCase().replace(/^0x/, '')] as const];
  const given = known.filter(([, hash]) => hash !== undefined && /^[0-9a-f]{64}$/.test(hash));
  for (const [part, hash] of given) {
    const found = await hashes.sha256(path, part);
    const begins = `its SHA-256 begins ${found.slice(0, 10)}, expected ${hash!.slice(0, 10)}`;
    if (found !== hash) throw brokenWeights(path, begins);
  }
  return given.length > 0;
}
