import { openClipTokens } from '../prompt/chunks.ts';
import { startToken, vocabularySize } from '../prompt/vocabulary.ts';
import type { Network } from '../runtime/network.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { CheckpointFacts } from '../weights/checkpoint-facts.ts';
import type { TextPart } from '../weights/checkpoint-parts.ts';
import type { TensorEntry } from '../weights/weights-file.ts';
import type { EncodeText, RowFix, TextStates } from './conditioning.ts';

/** Which state of an encoder with `layers` layers the U-Net is given, and whether the final layer norm comes after. */
interface Reading {
  readonly layer: number;
  readonly output: 'hidden' | 'normed';
}

/** Layers of ViT-H as diffusers keeps it: the last one, which nobody reads, is left out. */
const shortenedH = 23;

/**
 * CLIP-L: the state `clipSkip` from the end; normed in SD1, in SDXL as it is. Others: always the last but one; normed in SD2, in SDXL as it is.
 * Source: A1111 modules/sd_hijack_clip.py, modules/sd_hijack_open_clip.py
 */
function readingFor(family: CheckpointFacts['family'], part: TextPart, clipSkip: number): Reading {
  const layers = layersOf(part);
  const output = family === 'sdxl' ? 'hidden' : 'normed';
  if (part.name === 'clip_l') return { layer: Math.max(0, layers + 1 - clipSkip), output };
  return { layer: family === 'sd2' && layers === shortenedH ? layers : layers - 1, output };
}

/** The clip skip that a checkpoint of a family is encoded with: SDXL is trained on the last layer but one, and has another only if it is meant for it. */
export function clipSkipFor(
  family: CheckpointFacts['family'],
  { clipSkip, sdxlClipLSkip }: { readonly clipSkip: number; readonly sdxlClipLSkip: boolean },
): number {
  return family === 'sdxl' && !sdxlClipLSkip ? 2 : clipSkip;
}

/** `EncodeText` of however many encoders. */
export type EncodeStates = (...args: Parameters<EncodeText>) => Promise<TextStates>;

/** A checkpoint's text encoders as one function. `open` gives the network of each part. */
export function encodeTextWith(
  { family }: CheckpointFacts,
  parts: readonly TextPart[],
  open: (part: number) => Promise<Network>,
): EncodeStates {
  return async (tokenRows, clipSkip, fixes) => {
    const states: Tensor[] = [];
    let pooled: Tensor | undefined;
    for (const [i, part] of parts.entries()) {
      const network = await open(i);
      const { layer, output } = readingFor(family, part, clipSkip);
      const rows = part.name === 'clip_l' ? tokenRows : tokenRows.map(openClipTokens);
      const result = await network.run({
        ...tokenFeeds(rows, tableOf(part).shape[0]!),
        ...fixFeeds(part, fixes, i),
        layer: int64([layer], [1]),
      });
      states.push(result[output]!);
      pooled ??= result.pooled;
    }
    return family === 'sdxl' && pooled ? { states, pooled } : { states };
  };
}

function layersOf({ layout, weights }: TextPart): number {
  return weights.count(layout === 'openClip' ? 'transformer.resblocks' : 'encoder.layers');
}

/** Start and end are the last two tokens of a vocabulary, however small it is. */
function tokenFeeds(rows: readonly (readonly number[])[], vocabulary: number) {
  const missing = Math.max(0, vocabularySize - vocabulary);
  const ids = Int32Array.from(rows.flat(), (id) => (id >= startToken ? id - missing : id));
  return { tokens: { data: ids, shape: [rows.length, 77] } };
}

function tableOf({ layout, weights }: TextPart): TensorEntry {
  return weights.tensor(layout === 'openClip' ? 'token_embedding.weight' : 'embeddings.token_embedding.weight');
}

/** Of the vectors an encoder turns tokens into. */
export function textWidth(part: TextPart): number {
  return tableOf(part).shape[1]!;
}

/** Tokens that all of these encoders know. */
export function commonVocabulary(parts: readonly TextPart[]): number {
  return Math.min(vocabularySize, ...parts.map((part) => tableOf(part).shape[0]!));
}

/** Where textual inversions go, and their vectors for the encoder `index`, as far as there is room in a row. */
function fixFeeds(part: TextPart, fixes: readonly RowFix[], index: number) {
  const width = textWidth(part);
  const [places, vectors]: [number[], number[]] = [[], []];
  for (const { row, offset, embedding } of fixes) {
    const given = embedding.vectors[index];
    if (given?.shape[1] !== width) throw new RangeError(`${embedding.name} has no vectors ${width} wide`);
    const room = Math.min(given.shape[0]!, 77 - offset - 1);
    for (let i = 0; i < room; i++) {
      places.push(row, offset + 1 + i);
      vectors.push(...given.data.subarray(i * width, (i + 1) * width));
    }
  }
  const count = places.length / 2;
  return { places: int64(places, [count, 2]), vectors: { data: Float32Array.from(vectors), shape: [count, width] } };
}

function int64(values: readonly number[], shape: readonly number[]) {
  return { data: BigInt64Array.from(values, BigInt), shape };
}
