import { Refusal } from '../../errors.ts';
import { type Chunk, type ChunkOptions, chunkText, type Emphasis, emptyChunk } from '../prompt/chunks.ts';
import { embeddingFinder } from '../prompt/embeddings.ts';
import { schedulePrompt } from '../prompt/prompt.ts';
import { promptSchedule, type ScheduledText } from '../prompt/schedule.ts';
import type { Tokenize } from '../prompt/tokenizer.ts';
import type { Conditioning, ScheduledCond } from '../sampling/conditioning.ts';
import { concatRows, row, stack } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { applyEmphasis, padTo } from './emphasis.ts';

/** A textual inversion: vectors that stand in for its name, [n, width] for each text encoder. */
export interface Embedding {
  readonly name: string;
  readonly vectors: readonly Tensor[];
}

/** Where a textual inversion goes: over the token embeddings of row `row` from token `offset` + 1 on, as far as there is room. */
export interface RowFix {
  readonly row: number;
  readonly offset: number;
  readonly embedding: Embedding;
}

/** What several text encoders say: hidden states [N, 77, width] of each, and the pooled text [N, width] where there is one. */
export interface TextStates {
  readonly states: readonly Tensor[];
  readonly pooled?: Tensor;
}

/**
 * Runs the text encoder, or all of them, on N rows of 77 token ids padded with CLIP-L's end token (`openClipTokens` repads them).
 * A single encoder may return its states [N, 77, width] as they are.
 */
export type EncodeText = (
  tokenRows: readonly (readonly number[])[],
  clipSkip: number,
  fixes: readonly RowFix[],
) => Promise<Tensor | TextStates>;

/** A pair of prompts and how it is to be read. Extra networks and comments have been cut out (`readPrompts`). */
export interface PromptOptions {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** Model calls the schedules are laid out over: steps, twice as many for samplers of second order. */
  readonly steps: number;
  readonly clipSkip: number;
  readonly embeddings: readonly Embedding[];
  /** SDXL: a negative prompt that is empty throughout is all zeros. */
  readonly zeroEmptyNegative: boolean;
  readonly emphasis: Emphasis;
  readonly commaPaddingBacktrack: number;
  readonly useOldScheduling: boolean;
}

/** A1111's settings as installed. Source: A1111 modules/shared_options.py */
export const promptDefaults = {
  embeddings: [],
  zeroEmptyNegative: false,
  emphasis: 'Original',
  commaPaddingBacktrack: 20,
  useOldScheduling: false,
} as const satisfies Partial<PromptOptions>;

/** Characters in all different texts of a job together, which bounds the work that editing a prompt can cause. */
const characterLimit = 50_000;
/** Rows of tokens per run of the text encoder; more only take more memory. */
const rowsPerRun = 8;

/**
 * Prompts → what the guidance feeds the U-Net. All texts over time of one part are encoded as one batch, as in A1111; rows that
 * are the same run through the text encoder once.
 *
 * @throws Refusal 'prompt-too-long', 'bad-weight'
 * Source: A1111 modules/sd_hijack_clip.py, modules/prompt_parser.py
 */
export async function encodePrompts(
  tokenize: Tokenize,
  encodeText: EncodeText,
  options: PromptOptions,
): Promise<Conditioning> {
  const parts = schedulePrompt(options.prompt, options);
  const negative = promptSchedule(options.negativePrompt, options);
  const schedules = [...parts.map(({ schedule }) => schedule), negative];
  refuseTooLong(schedules.flat());
  const batches = chunkSchedules(schedules, tokenize, options);
  const encoded = await encodeRows(encodeText, batches.flat(2), options);
  const contexts = batches.map((batch) => contextsOf(batch, encoded, options.emphasis));
  const conds = schedules.map((schedule, i) => schedule.map(({ endAt }, k) => ({ endAt, ...contexts[i]![k]! })));
  const uncond = conds.pop()!;
  const isEmpty = negative.every(({ text }) => text === '');
  return {
    parts: equallyLong(conds).map((schedule, i) => ({ weight: parts[i]!.weight, schedule })),
    uncond: options.zeroEmptyNegative && isEmpty ? uncond.map(zeroCond) : uncond,
  };
}

function refuseTooLong(texts: readonly ScheduledText[]): void {
  const length = [...new Set(texts.map(({ text }) => text))].reduce((sum, text) => sum + text.length, 0);
  if (length > characterLimit) throw new Refusal('prompt-too-long', { length, limit: characterLimit });
}

/** The chunks of every text, equally many for all texts of a schedule. */
function chunkSchedules(
  schedules: readonly (readonly ScheduledText[])[],
  tokenize: Tokenize,
  { embeddings, emphasis, commaPaddingBacktrack }: PromptOptions,
): Chunk[][][] {
  const named = embeddings.map(({ name, vectors }) => ({ name, vectors: vectors[0]?.shape[0] ?? 0 }));
  const options: ChunkOptions = {
    tokenize,
    findEmbedding: embeddingFinder(named, tokenize),
    emphasis,
    commaPaddingBacktrack,
  };
  const known = new Map<string, readonly Chunk[]>();
  const chunksOf = (text: string) => {
    const chunks = known.get(text) ?? chunkText(text, options).chunks;
    known.set(text, chunks);
    return chunks;
  };
  return schedules.map((schedule) => {
    const chunked = schedule.map(({ text }) => chunksOf(text));
    const most = Math.max(...chunked.map((chunks) => chunks.length));
    return chunked.map((chunks) => Array.from({ length: most }, (_, k) => chunks[k] ?? emptyChunk));
  });
}

/** What the text encoders make of a chunk: [77, width] each, and the pooled text [width]. */
interface EncodedChunk {
  readonly states: readonly Tensor[];
  readonly pooled?: Tensor;
}

/** Finds the encoded row of a chunk. */
type EncodedRows = (chunk: Chunk) => EncodedChunk;

function keyOf({ tokens, fixes }: Chunk): string {
  return JSON.stringify([tokens, fixes.map(({ offset, name }) => [offset, name])]);
}

async function encodeRows(
  encodeText: EncodeText,
  chunks: readonly Chunk[],
  options: PromptOptions,
): Promise<EncodedRows> {
  const distinct = [...new Map(chunks.map((chunk) => [keyOf(chunk), chunk]))];
  const byName = new Map(options.embeddings.map((embedding) => [embedding.name, embedding]));
  const encoded = new Map<string, EncodedChunk>();
  for (let start = 0; start < distinct.length; start += rowsPerRun) {
    const run = distinct.slice(start, start + rowsPerRun);
    const fixes = run.flatMap(([, chunk], i) =>
      chunk.fixes.map(({ offset, name }): RowFix => ({ row: i, offset, embedding: byName.get(name)! })),
    );
    const tokenRows = run.map(([, { tokens }]) => tokens);
    const result = await encodeText(tokenRows, options.clipSkip, fixes);
    const { states, pooled }: TextStates = 'data' in result ? { states: [result] } : result;
    for (const [i, [key]] of run.entries()) {
      encoded.set(key, { states: states.map((state) => row(state, i)), ...(pooled && { pooled: row(pooled, i) }) });
    }
  }
  return (chunk) => encoded.get(keyOf(chunk))!;
}

/** @param batch  the chunks of each text, equally many */
function contextsOf(
  batch: readonly (readonly Chunk[])[],
  encodedOf: EncodedRows,
  emphasis: Emphasis,
): Omit<ScheduledCond, 'endAt'>[] {
  const columns = batch[0]!.map((_, k) =>
    encodeColumn(
      batch.map((chunks) => chunks[k]!),
      encodedOf,
      emphasis,
    ),
  );
  return batch.map((chunks, i) => {
    const { pooled } = encodedOf(chunks[0]!);
    return { cond: concatRows(columns.map((contexts) => contexts[i]!)), ...(pooled && { pooled }) };
  });
}

/** The same chunk of every text of a batch → contexts [77, sum of widths]; emphasis acts on each encoder's batch by itself. */
function encodeColumn(chunks: readonly Chunk[], encodedOf: EncodedRows, emphasis: Emphasis): Tensor[] {
  const multipliers = chunks.map((chunk) => chunk.multipliers);
  const encoded = chunks.map(encodedOf);
  const weighted = encoded[0]!.states.map((_, e) =>
    applyEmphasis(stack(encoded.map(({ states }) => states[e]!)), multipliers, emphasis),
  );
  return chunks.map((_, i) => joinWidths(weighted.map((states) => row(states, i))));
}

/** [T, a] and [T, b] → [T, a + b]. */
function joinWidths(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  if (first && parts.length === 1) return first;
  const tokens = first!.shape[0]!;
  const rows = Array.from({ length: tokens }, (_, t) => concatRows(parts.map((part) => row(part, t))));
  return stack(rows);
}

/** AND: every part as long as the longest. */
function equallyLong(schedules: readonly ScheduledCond[][]): ScheduledCond[][] {
  const longest = Math.max(...schedules.flat().map(({ cond }) => cond.shape[0]!));
  return schedules.map((schedule) => schedule.map((stretch) => ({ ...stretch, cond: padTo(stretch.cond, longest) })));
}

function zeroCond(stretch: ScheduledCond): ScheduledCond {
  const { cond, pooled } = stretch;
  return { ...stretch, cond: zerosLike(cond), ...(pooled && { pooled: zerosLike(pooled) }) };
}

function zerosLike({ data, shape }: Tensor): Tensor {
  return { data: new Float32Array(data.length), shape };
}
