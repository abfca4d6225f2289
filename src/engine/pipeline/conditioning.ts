import type { Emphasis } from '../../edit/choices.ts';
import { Refusal } from '../../errors.ts';
import { type Chunk, type ChunkOptions, chunkText, emptyChunk } from '../prompt/chunks.ts';
import { embeddingFinder } from '../prompt/embeddings.ts';
import { schedulePrompt } from '../prompt/prompt.ts';
import { promptSchedule, type ScheduledText } from '../prompt/schedule.ts';
import type { Tokenize } from '../prompt/tokenizer.ts';
import type { Conditioning, ScheduledCond } from '../sampling/conditioning.ts';
import { scale } from '../tensor/arithmetic.ts';
import { concatRows, row, stack } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { applyEmphasis } from './emphasis.ts';

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

/** What the text encoders say: hidden states [N, 77, width] of each, and the pooled text [N, width] where there is one. */
export interface TextStates {
  readonly states: readonly Tensor[];
  readonly pooled?: Tensor;
}

/**
 * Runs the text encoder, or all of them, on N rows of 77 token ids padded with CLIP-L's end token (`openClipTokens` repads them).
 */
export type EncodeText = (
  tokenRows: readonly (readonly number[])[],
  clipSkip: number,
  fixes: readonly RowFix[],
) => Promise<TextStates>;

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
  /** Told the name of every textual inversion that was found, once. */
  readonly onEmbedding?: (name: string) => void;
}

/** A1111's settings as installed. Source: A1111 modules/shared_options.py */
export const promptDefaults = {
  embeddings: [],
  zeroEmptyNegative: false,
  emphasis: 'Original',
  commaPaddingBacktrack: 20,
  useOldScheduling: false,
} as const satisfies Partial<PromptOptions>;

/** Characters of a prompt: brackets within brackets take time that grows with the square of it. */
const longestPrompt = 20_000;
/** Characters of all different texts that prompt editing makes of a pair of prompts. */
const longestTexts = 40_000;
/** Rows of tokens per run of the text encoder; more only take more memory. */
const rowsPerRun = 8;

/**
 * Prompts → what the guidance feeds the U-Net. All texts over time of one part make one batch, as in A1111; token rows that are
 * the same run through the text encoder once, and stretches with the same text share their context.
 *
 * @throws Refusal 'prompt-too-long', 'bad-weight'
 * Source: A1111 modules/sd_hijack_clip.py, modules/prompt_parser.py
 */
export async function encodePrompts(
  tokenize: Tokenize,
  encodeText: EncodeText,
  options: PromptOptions,
): Promise<Conditioning> {
  refuseLonger(longestPrompt, [options.prompt]);
  refuseLonger(longestPrompt, [options.negativePrompt]);
  const parts = schedulePrompt(options.prompt, options);
  const negative = promptSchedule(options.negativePrompt, options);
  const schedules = [...parts.map(({ schedule }) => schedule), negative];
  refuseLonger(longestTexts, new Set(schedules.flat().map(({ text }) => text)));
  const batches = chunkSchedules(schedules, tokenize, options);
  for (const name of embeddingsIn(batches.flat())) options.onEmbedding?.(name);
  const encoded = await encodeRows(encodeText, batches.flat(), options);
  const contexts = batches.map((batch) => contextsOf(batch, encoded, options.emphasis));
  const negativeContexts = contexts.pop()!;
  return {
    parts: parts.map(({ weight, schedule }, i) => ({ weight, schedule: overTime(schedule, contexts[i]!) })),
    uncond: overTime(negative, options.zeroEmptyNegative ? zeroIfEmpty(negativeContexts) : negativeContexts),
  };
}

function refuseLonger(limit: number, texts: Iterable<string>): void {
  const length = [...texts].reduce((sum, text) => sum + text.length, 0);
  if (length > limit) throw new Refusal('prompt-too-long', { length, limit });
}

/** One text of a batch. */
interface BatchedText {
  readonly text: string;
  /** How often the batch has it. */
  readonly repeats: number;
  /** As many as every other text of the batch has. */
  readonly chunks: readonly Chunk[];
}

function embeddingsIn(texts: readonly BatchedText[]): ReadonlySet<string> {
  return new Set(texts.flatMap(({ chunks }) => chunks.flatMap(({ fixes }) => fixes.map(({ name }) => name))));
}

function chunkSchedules(
  schedules: readonly (readonly ScheduledText[])[],
  tokenize: Tokenize,
  { embeddings, emphasis, commaPaddingBacktrack }: PromptOptions,
): BatchedText[][] {
  const named = embeddings.map(({ name, vectors }) => ({ name, vectors: vectors[0]?.shape[0] ?? 0 }));
  const findEmbedding = embeddingFinder(named, tokenize);
  const options: ChunkOptions = { tokenize, findEmbedding, emphasis, commaPaddingBacktrack };
  return schedules.map((schedule) => {
    const repeats = new Map<string, number>();
    for (const { text } of schedule) repeats.set(text, (repeats.get(text) ?? 0) + 1);
    const chunked = [...repeats.keys()].map((text) => ({ text, ...chunkText(text, options) }));
    const most = Math.max(...chunked.map(({ chunks }) => chunks.length));
    return chunked.map(({ text, chunks }) => ({
      text,
      repeats: repeats.get(text)!,
      chunks: Array.from({ length: most }, (_, k) => chunks[k] ?? emptyChunk),
    }));
  });
}

/** What the text encoders make of a chunk: [77, width] each, and the pooled text [width]. */
type EncodedChunk = TextStates;

/** Runs every distinct row of tokens once. @returns a look-up for the chunks given */
async function encodeRows(
  encodeText: EncodeText,
  texts: readonly BatchedText[],
  options: PromptOptions,
): Promise<(chunk: Chunk) => EncodedChunk> {
  const chunks = texts.flatMap((text) => text.chunks);
  const distinct = [...new Map(chunks.map((chunk) => [rowKey(chunk), chunk]))];
  const byName = new Map(options.embeddings.map((embedding) => [embedding.name, embedding]));
  const encoded = new Map<string, EncodedChunk>();
  for (let start = 0; start < distinct.length; start += rowsPerRun) {
    const run = distinct.slice(start, start + rowsPerRun);
    const fixes = run.flatMap(([, chunk], i) =>
      chunk.fixes.map(({ offset, name }): RowFix => ({ row: i, offset, embedding: byName.get(name)! })),
    );
    const tokenRows = run.map(([, { tokens }]) => tokens);
    const { states, pooled } = await encodeText(tokenRows, options.clipSkip, fixes);
    for (const [i, [key]] of run.entries()) {
      encoded.set(key, { states: states.map((state) => row(state, i)), ...(pooled && { pooled: row(pooled, i) }) });
    }
  }
  return (chunk) => encoded.get(rowKey(chunk))!;
}

function rowKey({ tokens, fixes }: Chunk): string {
  return JSON.stringify([tokens, fixes.map(({ offset, name }) => [offset, name])]);
}

/** A text as the U-Net takes it. */
type Context = Omit<ScheduledCond, 'endAt'>;

/** The contexts [77·chunks, width] of a batch, by text. */
function contextsOf(
  batch: readonly BatchedText[],
  encodedOf: (chunk: Chunk) => EncodedChunk,
  emphasis: Emphasis,
): Map<string, Context> {
  const repeats = batch.map((text) => text.repeats);
  const columns = batch[0]!.chunks.map((_, k) => {
    const chunks = batch.map((text) => text.chunks[k]!);
    return weightedStates(chunks, encodedOf, (states, multipliers) =>
      applyEmphasis(states, multipliers, emphasis, repeats),
    );
  });
  return new Map(
    batch.map(({ text, chunks }, i) => {
      const { pooled } = encodedOf(chunks[0]!);
      return [text, { cond: concatRows(columns.map((column) => column[i]!)), ...(pooled && { pooled }) }];
    }),
  );
}

/** The same chunk of every text → [77, sum of widths] each; `weigh` sees all of them at once, one text encoder after the other. */
function weightedStates(
  chunks: readonly Chunk[],
  encodedOf: (chunk: Chunk) => EncodedChunk,
  weigh: (states: Tensor, multipliers: readonly (readonly number[])[]) => Tensor,
): Tensor[] {
  const encoded = chunks.map(encodedOf);
  const multipliers = chunks.map((chunk) => chunk.multipliers);
  const byEncoder = encoded[0]!.states.map((_, e) =>
    weigh(stack(encoded.map(({ states }) => states[e]!)), multipliers),
  );
  return chunks.map((_, i) => joinWidths(byEncoder.map((states) => row(states, i))));
}

/** [T, a], [T, b], … → [T, a + b + …]. */
function joinWidths(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  if (!first) throw new RangeError('a text encoder that returned no states');
  if (parts.length === 1) return first;
  return stack(Array.from({ length: first.shape[0]! }, (_, t) => concatRows(parts.map((part) => row(part, t)))));
}

function zeroIfEmpty(contexts: ReadonlyMap<string, Context>): ReadonlyMap<string, Context> {
  const empty = contexts.get('');
  if (!empty || contexts.size > 1) return contexts;
  const { cond, pooled } = empty;
  return new Map([['', { cond: scale(0, cond), ...(pooled && { pooled: scale(0, pooled) }) }]]);
}

function overTime(schedule: readonly ScheduledText[], contexts: ReadonlyMap<string, Context>): ScheduledCond[] {
  return schedule.map(({ endAt, text }) => ({ endAt, ...contexts.get(text)! }));
}
