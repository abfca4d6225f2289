import { Refusal } from '../../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { brokenWeights, readTensor, type TensorEntry, type WeightsFile } from './weights-file.ts';

/** Vectors a chunk can hold. */
const mostVectors = 75;

/**
 * The vectors of a textual inversion, [n, width] for each text encoder: of CLIP-L and OpenCLIP-G in a file for SDXL (`clip_l`, `clip_g`),
 * else of the one encoder there is. Files are A1111's `.pt` (`string_to_param`) and single tensors of any name.
 *
 * @throws Refusal 'weights-broken' for a file that is none, or holds more vectors than a chunk can
 * Source: A1111 modules/textual_inversion/textual_inversion.py
 */
export async function readEmbedding({ path, tensors }: WeightsFile): Promise<readonly Tensor[]> {
  const [l, g] = [tensors.get('clip_l'), tensors.get('clip_g')];
  const all = [...tensors.values()];
  const trained = all.filter(({ name }) => /^string_to_param\b/.test(name));
  const [single] = trained.length > 0 ? trained : all;
  const found = l && g ? [l, g] : all.length === 1 || trained.length === 1 ? [single!] : [];
  if (found.length === 0) throw brokenWeights(path, 'it is no textual inversion');
  const vectors = await Promise.all(found.map(async (entry) => asRows(await readTensor(entry))));
  const counts = vectors.map(({ shape }) => shape[0]!);
  if (counts.some((n) => n !== counts[0] || n === 0 || n > mostVectors)) {
    throw brokenWeights(path, `it has ${counts.join(' and ')} vectors, expected 1 to ${mostVectors}`);
  }
  return vectors;
}

/**
 * The textual inversions that come with a LoRA, by name: `bundle_emb.NAME.` before the tensors of each. A broken one is left out.
 * Source: A1111 extensions-builtin/Lora/networks.py `load_network`
 */
export async function readBundled({
  path,
  tensors,
  metadata,
}: WeightsFile): Promise<ReadonlyMap<string, readonly Tensor[]>> {
  const bundles = new Map<string, Map<string, TensorEntry>>();
  for (const entry of tensors.values()) {
    const [, called, rest] = /^bundle_emb\.([^.]+)\.(.+)$/.exec(entry.name) ?? [];
    if (called === undefined || rest === undefined) continue;
    bundles.set(called, (bundles.get(called) ?? new Map()).set(rest, { ...entry, name: rest }));
  }
  const read = [...bundles].map(async ([called, own]) => {
    const vectors = await readEmbedding({ path, tensors: own, metadata }).catch(noneOf);
    return vectors ? [[called, vectors] as const] : [];
  });
  return new Map((await Promise.all(read)).flat());
}

function noneOf(error: unknown): undefined {
  if (!(error instanceof Refusal)) throw error;
}

/** [D] is one vector. */
function asRows({ data, shape }: Tensor): Tensor {
  const width = shape.at(-1) ?? 0;
  return { data, shape: [width === 0 ? 0 : data.length / width, width] };
}
