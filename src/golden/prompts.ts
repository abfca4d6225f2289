import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emphasis } from '../edit/choices.ts';
import { applyEmphasis } from '../engine/pipeline/emphasis.ts';
import { parseAttention } from '../engine/prompt/attention.ts';
import { type Chunk, chunkLength, chunkText } from '../engine/prompt/chunks.ts';
import { cleanText } from '../engine/prompt/clean-text.ts';
import { removeComments } from '../engine/prompt/comments.ts';
import { splitComposition } from '../engine/prompt/composition.ts';
import { embeddingFinder, type NamedEmbedding } from '../engine/prompt/embeddings.ts';
import { extractExtraNetworks, hypernetsOf, lorasOf } from '../engine/prompt/extra-networks.ts';
import { schedulePrompt } from '../engine/prompt/prompt.ts';
import { promptSchedule } from '../engine/prompt/schedule.ts';
import { applyStyles, removeStyle } from '../engine/prompt/styles.ts';
import { openTokenizer, type Tokenize } from '../engine/prompt/tokenizer.ts';
import { stretchAt } from '../engine/sampling/conditioning.ts';
import { promptsAt } from '../engine/sampling/prompt-step.ts';
import type { Tensor } from '../engine/tensor/tensor.ts';
import { Refusal } from '../errors.ts';
import { judge, maxDifference, readJson } from './img2img/case.ts';
import type { GoldenOutcome } from './outcome.ts';
import { type GoldenTensors, readGoldenTensors } from './tensors.ts';

/** Numbers may differ by this much of themselves, the rest not at all. */
const relativeTolerance = 1e-12;

/** Text → clean text and token ids (`tokenizer/`). */
export async function* tokenizerCases(dir: string): AsyncIterable<GoldenOutcome> {
  interface Case {
    readonly text: string;
    readonly cleaned: string;
    readonly ids: readonly number[];
  }
  const tokenize = await openTokenizer();
  for (const { text, cleaned, ids } of await readJson<Case[]>(dir, 'tokenizer.json')) {
    const facts = { area: 'models/tokenizer', name: JSON.stringify(text), tolerance: 0 };
    yield await judge(facts, () => difference([cleanText(text), tokenize(text)], [cleaned, ids]));
  }
}

/** Everything that happens to a prompt before and after the text encoder (`prompts/`). */
export async function* promptCases(dir: string): AsyncIterable<GoldenOutcome> {
  const area = 'models/prompts';
  const tokenize = await openTokenizer();
  for (const file of (await readdir(dir)).sort()) {
    const path = join(dir, file);
    if (file.endsWith('.safetensors')) yield* emphasisCases(area, file, await readGoldenTensors(path));
    else if (file === 'chunks.json') yield* chunkCases({ area, file }, await readJson(dir, file), tokenize);
    else if (file.endsWith('.json')) yield* textCases({ area, file }, await readJson(dir, file));
  }
}

/** The chunks of whole prompts for a checkpoint with textual inversions (`sd15/a1111_cond*.json`). */
export async function* conditioningChunkCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const file of (await readdir(dir)).filter((name) => /^a1111_cond.*\.json$/.test(name)).sort()) {
    const { tensors } = await readGoldenTensors(join(dir, file.replace('.json', '.safetensors')));
    const embeddings = [...tensors]
      .filter(([name]) => name.startsWith('embedding.'))
      .map(([name, { shape }]) => ({ name: name.slice('embedding.'.length), vectors: shape[0]! }));
    const cases = await readJson<ChunkCase[]>(dir, file);
    yield* chunkCases({ area: 'models/sd15', file }, cases, await openTokenizer(), embeddings);
  }
}

/** Where a case comes from. */
interface Origin {
  readonly area: string;
  readonly file: string;
}

interface ChunkCase {
  readonly prompt: string;
  readonly emphasis: Emphasis;
  readonly comma_padding_backtrack?: number;
  readonly token_count?: number;
  readonly target_token_count?: number;
  readonly chunks: readonly {
    readonly tokens: readonly number[];
    readonly multipliers: readonly number[];
    readonly fixes: readonly (readonly [offset: number, name: string, vectors?: number])[];
  }[];
}

async function* chunkCases(
  { area, file }: Origin,
  cases: readonly ChunkCase[],
  tokenize: Tokenize,
  embeddings = embeddingsIn(cases),
): AsyncIterable<GoldenOutcome> {
  const findEmbedding = embeddingFinder(embeddings, tokenize);
  for (const [i, given] of cases.entries()) {
    const name = `${file} ${i}: ${given.emphasis}, ${JSON.stringify(given.prompt.slice(0, 60))}`;
    yield await judge({ area, name, tolerance: relativeTolerance }, () => {
      const { emphasis, comma_padding_backtrack: commaPaddingBacktrack = 20 } = given;
      const found = chunkText(given.prompt, { tokenize, findEmbedding, emphasis, commaPaddingBacktrack });
      const { token_count: count = found.tokenCount, target_token_count: target = shownLimit(count) } = given;
      const expected = given.chunks.map((chunk) => ({ ...chunk, fixes: chunk.fixes.map((fix) => fix.slice(0, 2)) }));
      const counts = [found.tokenCount, shownLimit(found.tokenCount)];
      return difference([found.chunks.map(writtenChunk), ...counts], [expected, count, target]);
    });
  }
}

/** The token limit shown beside a count. */
function shownLimit(count: number): number {
  return Math.ceil(Math.max(count, 1) / chunkLength) * chunkLength;
}

function writtenChunk({ tokens, multipliers, fixes }: Chunk): unknown {
  return { tokens, multipliers, fixes: fixes.map(({ offset, name }) => [offset, name]) };
}

/** The textual inversions that the reference knew, as far as any prompt mentions them. */
function embeddingsIn(cases: readonly ChunkCase[]): NamedEmbedding[] {
  const fixes = cases.flatMap(({ chunks }) => chunks.flatMap((chunk) => chunk.fixes));
  return [...new Map(fixes.map(([, name, vectors = 1]) => [name, vectors]))].map(([name, vectors]) => ({
    name,
    vectors,
  }));
}

async function* emphasisCases(area: string, file: string, golden: GoldenTensors): AsyncIterable<GoldenOutcome> {
  const multipliers = rowsOf(golden.get('multipliers'));
  const modes = [...golden.tensors.keys()].filter((name) => name.startsWith('out.'));
  for (const name of modes) {
    const emphasis = name.slice('out.'.length).replace('_', ' ') as Emphasis;
    yield await judge({ area, name: `${file} ${name}`, tolerance: 1e-5 }, () => {
      const found = applyEmphasis(golden.get('z'), multipliers, emphasis);
      return maxDifference(found.data, golden.get(name).data);
    });
  }
  yield await judge({ area, name: `${file} stack.out`, tolerance: 1e-5 }, () => {
    const inputs = [...golden.tensors.keys()].filter((name) => name.startsWith('stack.in')).sort();
    const parts = inputs.map((input) => ({ weight: 1, schedule: [{ endAt: 1, cond: golden.get(input) }] }));
    const [together] = promptsAt([{ parts, uncond: parts[0]!.schedule }], 0);
    const padded = together!.parts.flatMap(({ context }) => [...context.data]);
    return maxDifference(padded, golden.get('stack.out').data);
  });
}

function rowsOf({ data, shape: [rows = 0, width = 0] }: Tensor): number[][] {
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);
}

/** One entry of a file whose cases are texts, and what each file asks of it; the forms are those of the golden README. */
interface TextCase {
  readonly text: string;
  readonly prompt: string;
  readonly result: unknown;
  readonly error?: string;
  readonly steps: number;
  readonly hires_steps: number | null;
  readonly use_old_scheduling: boolean;
  readonly schedule: unknown;
  readonly parts: unknown;
  readonly unique_texts: unknown;
  readonly text_after: string;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly lora_activation?: { readonly error?: string };
  readonly hypernet_activation?: { readonly error?: string };
  readonly styles?: readonly string[];
  readonly style: string;
  readonly extract: unknown;
  readonly schedule_steps: number;
  readonly calls: number;
  readonly segments: unknown;
  readonly segment_index_and_weight_per_call: unknown;
}

/** What is computed for a case, and what the reference says. */
type Comparison = (given: TextCase) => readonly [actual: unknown, expected: unknown];

const comparisons: Readonly<Record<string, Comparison>> = {
  'attention.json': (given) => [attentionOf(given.text), given.error ? 'refused' : given.result],
  'comments.json': (given) => [removeComments(given.text), given.result],
  'extra_networks.json': compareNetworks,
  'multicond.json': (given) => {
    const parts = splitComposition(given.prompt);
    const texts = [...new Set(parts.map(({ text }) => text))];
    return [
      [parts.map(({ text, weight }) => [text, weight]), texts],
      [given.parts, given.unique_texts],
    ];
  },
  'reconstruct.json': compareReconstruction,
  'schedule.json': (given) => {
    const { steps, hires_steps: hiresSteps, use_old_scheduling: useOldScheduling } = given;
    const schedule = promptSchedule(given.prompt, {
      steps,
      useOldScheduling,
      ...(hiresSteps !== null && { hiresSteps }),
    });
    return [schedule.map(({ endAt, text }) => [endAt, text]), given.schedule];
  },
  'styles.json': (given) => {
    if (given.styles) return [applyStyles(given.prompt, given.styles), given.result];
    const without = removeStyle(given.prompt, given.style);
    return [[without !== undefined, without ?? given.prompt], given.extract];
  },
};

async function* textCases({ area, file }: Origin, cases: readonly TextCase[]): AsyncIterable<GoldenOutcome> {
  const compare = comparisons[file];
  if (!compare) {
    yield { area, name: file, status: 'not covered', reason: 'a kind of case this version does not know' };
    return;
  }
  for (const [i, given] of cases.entries()) {
    const name = `${file} ${i}: ${JSON.stringify(given.text ?? given.prompt)}`;
    yield await judge({ area, name, tolerance: relativeTolerance }, () => difference(...compare(given)));
  }
}

function attentionOf(text: string): unknown {
  try {
    return parseAttention(text).map((piece) => [piece.text, piece.weight]);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'bad-weight') return 'refused';
    throw error;
  }
}

function compareNetworks(given: TextCase): [unknown, unknown] {
  const { text, networks } = extractExtraNetworks(given.prompt);
  const types = [...new Set(networks.map(({ type }) => type))];
  const byType = Object.fromEntries(types.map((type) => [type, networks.filter((network) => network.type === type)]));
  const [loras, hypernets] = [lorasOf(networks), hypernetsOf(networks)];
  const actual = { text, byType: withoutTypes(byType), lora: 'none', hypernet: 'none' };
  const expected = { text: given.text_after, byType: given.networks, lora: 'none', hypernet: 'none' };
  if (!given.lora_activation && !given.hypernet_activation) return [actual, expected];
  return [
    {
      ...actual,
      lora: loras.broken === undefined ? columns(loras.mentions) : 'refused',
      hypernet: columns(hypernets.mentions),
    },
    { ...expected, lora: activation(given.lora_activation), hypernet: activation(given.hypernet_activation) },
  ];
}

function withoutTypes(byType: Readonly<Record<string, readonly { readonly type: string }[]>>): unknown {
  return Object.fromEntries(
    Object.entries(byType).map(([type, found]) => [type, found.map(({ type: _, ...network }) => network)]),
  );
}

/** The reference lists names and multipliers one below the other: { names, te, … } or { names, multipliers }. */
function columns(mentions: readonly { readonly name: string }[]): Record<string, unknown> {
  const plural: Readonly<Record<string, string>> = { name: 'names', multiplier: 'multipliers' };
  const keys = Object.keys(mentions[0] ?? {});
  return Object.fromEntries(
    keys.map((key) => [plural[key] ?? key, mentions.map((mention) => mention[key as keyof typeof mention])]),
  );
}

function activation(recorded: { readonly error?: string } | undefined): unknown {
  return recorded?.error ? 'refused' : (recorded ?? {});
}

function compareReconstruction(given: TextCase): [unknown, unknown] {
  const parts = schedulePrompt(given.prompt, { steps: given.schedule_steps });
  const segments = parts.map(({ schedule }) => schedule.map(({ endAt }) => endAt));
  const calls = Array.from({ length: given.calls }, (_, call) =>
    parts.map(({ weight, schedule }) => [schedule.indexOf(stretchAt(schedule, call)), weight]),
  );
  return [
    [segments, calls],
    [given.segments, given.segment_index_and_weight_per_call],
  ];
}

/** The largest relative difference of two JSON values' numbers; infinite when anything else differs. */
function difference(actual: unknown, expected: unknown): number {
  if (typeof actual === 'number' && typeof expected === 'number') {
    return actual === expected ? 0 : Math.abs(actual - expected) / Math.abs(expected);
  }
  if (!isObject(actual) || !isObject(expected)) return actual === expected ? 0 : Number.POSITIVE_INFINITY;
  const [left, right] = [Object.entries(actual), new Map(Object.entries(expected))];
  const sameKeys = left.length === right.size && left.every(([key]) => right.has(key));
  if (!sameKeys || Array.isArray(actual) !== Array.isArray(expected)) return Number.POSITIVE_INFINITY;
  return left.reduce((most, [key, value]) => Math.max(most, difference(value, right.get(key))), 0);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
