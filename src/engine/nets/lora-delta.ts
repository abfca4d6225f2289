import type { GraphBuilder } from '../graph/builder.ts';
import type { StoredTensor, Value } from '../graph/core.ts';
import { isLoraFitting, plainInputs, readsWeight } from '../weights/lora-factors.ts';
import { rotationDelta } from './lora-rotation.ts';

type Parts = ReadonlyMap<string, StoredTensor>;

/** A weight as it is before this LoRA: a value of the graph, and its shape. */
export interface Current {
  readonly value: Value;
  readonly shape: readonly number[];
}

/** What is added to a weight, and the rank that α is divided by; null where α does not count. */
interface Change {
  readonly delta: Value;
  readonly rank: number | null;
}

/**
 * What a LoRA of whatever kind adds to a weight at multiplier 1, in the weight's own shape; undefined for kinds not known here.
 * Written as nodes over the LoRA's file, so that the runtime folds them when the network is opened.
 *
 * @param rank  how many of a plain LoRA's directions to use; by default all
 * Source: A1111 extensions-builtin/Lora/network*.py; LyCORIS
 */
export function loraDelta(g: GraphBuilder, parts: Parts, current: Current, rank?: number): Value | undefined {
  const kind = kindOf(parts);
  const work = { g, parts, current, ...(rank !== undefined && { limit: rank }) };
  const change = kind?.change(work) ?? (kind && widened(work, kind));
  if (!change) return undefined;
  const scaled = scaledByAlpha(g, parts, change);
  return parts.has('dora_scale') ? dora(g, parts.get('dora_scale')!, scaled, current) : scaled;
}

/** What it adds to the layer's bias of so many numbers; undefined when it adds nothing there, or does not fit. */
export function loraBiasDelta(g: GraphBuilder, parts: Parts, shape: readonly number[]): Value | undefined {
  const stored = parts.get('diff_b') ?? parts.get('b_norm');
  return stored && sizeOf(stored.shape) === sizeOf(shape) ? g.reshape(g.parameter(stored), shape) : undefined;
}

/** Whether parts change a layer's weight by something that is added to it. */
export function isChangingWeight(parts: ReadonlyMap<string, unknown>): boolean {
  return kindOf(parts) !== undefined;
}

/** Whether the parts of a layer are those of a kind known here. */
export function isKnownKind(parts: ReadonlyMap<string, unknown>): boolean {
  return isChangingWeight(parts) || ['diff_b', 'b_norm', 'set_weight'].some((part) => parts.has(part));
}

interface Work {
  readonly g: GraphBuilder;
  readonly parts: Parts;
  readonly current: Current;
  readonly limit?: number;
}

interface Kind {
  readonly sign: readonly string[];
  readonly change: (work: Work) => Change | undefined;
}

const kinds: readonly Kind[] = [
  { sign: ['lora_up.weight'], change: lora },
  { sign: ['hada_w1_a'], change: loha },
  { sign: ['weight'], change: ia3 },
  { sign: ['lokr_w1', 'lokr_w1_a'], change: lokr },
  { sign: ['diff'], change: (work) => whole(work, 'diff') },
  { sign: ['w_norm'], change: (work) => whole(work, 'w_norm') },
  { sign: ['a1.weight'], change: glora },
  { sign: ['oft_blocks', 'oft_diag'], change: rotation },
];

const kindOf = (parts: ReadonlyMap<string, unknown>) => kinds.find(({ sign }) => sign.some((part) => parts.has(part)));

/** What was trained on the latent alone leaves the further inputs of a first layer as they are. */
function widened(work: Work, { change }: Kind): Change | undefined {
  const [rows = 0, inputs = 0, ...kernel] = work.current.shape;
  if (kernel.length === 0 || inputs <= plainInputs || readsWeight(work.parts)) return undefined;
  const shape = [rows, plainInputs, ...kernel];
  const narrow = change({ ...work, current: { ...work.current, shape } });
  return narrow && { ...narrow, delta: work.g.zeroPad(narrow.delta, [1], [0], [inputs - plainInputs]) };
}

/** The difference itself. */
function whole({ g, parts, current }: Work, name: string): Change | undefined {
  const stored = parts.get(name)!;
  if (sizeOf(stored.shape) !== sizeOf(current.shape)) return undefined;
  return { delta: g.reshape(g.parameter(stored), current.shape), rank: null };
}

/** up · down, with a convolution between them in LoCon's Tucker form. Source: Hu et al. 2021 (arXiv 2106.09685) */
function lora({ g, parts, current, limit }: Work): Change | undefined {
  const [up, down, mid] = ['lora_up.weight', 'lora_down.weight', 'lora_mid.weight'].map((name) => parts.get(name));
  if (!up || !down || !isLoraFitting({ up, down, mid }, current.shape)) return undefined;
  const product = mid ? tucker(g, mid, matrix(g, up), matrix(g, down)) : lowRank(g, up, down, limit);
  return { delta: g.reshape(product, current.shape), rank: down.shape[0]! };
}

function lowRank(g: GraphBuilder, up: StoredTensor, down: StoredTensor, limit = down.shape[0]!): Value {
  const [u, d] = [matrix(g, up), matrix(g, down)];
  if (limit >= down.shape[0]!) return g.matmul(u, d);
  const first = (x: Value, axis: number) => g.slice(x, { starts: [0], ends: [limit], axes: [axis] });
  return g.matmul(first(u, 1), first(d, 0));
}

/** The product, element by element, of two low-rank matrices. Source: LyCORIS `loha` */
function loha({ g, parts, current: { shape } }: Work): Change | undefined {
  const factor = (i: 1 | 2): Value | undefined => {
    const [a, b, t] = [`hada_w${i}_a`, `hada_w${i}_b`, `hada_t${i}`].map((name) => parts.get(name));
    if (!a || !b) return undefined;
    return t ? coreProduct(g, { a, b, t }, shape) : product(g, a, b, shape);
  };
  const [first, second] = [factor(1), factor(2)];
  if (!first || !second) return undefined;
  return { delta: g.reshape(g.mul(first, second), shape), rank: parts.get('hada_w1_b')!.shape[0]! };
}

/** a [o, r] · b [r, rest] for a weight [o, rest]. */
function product(g: GraphBuilder, a: StoredTensor, b: StoredTensor, [rows = 0, ...rest]: readonly number[]) {
  const [left, right] = [flat(a.shape), flat(b.shape)];
  const isFitting = left[0] === rows && left[1] === right[0] && right[1] === sizeOf(rest);
  return isFitting ? g.matmul(matrix(g, a), matrix(g, b)) : undefined;
}

/** Tucker's form as LoHa writes it: a [r, o] the other way round, a core t [r, s, kh, kw], b [s, i]. */
function coreProduct(
  g: GraphBuilder,
  { a, b, t }: Readonly<Record<'a' | 'b' | 't', StoredTensor>>,
  [rows = 0, inputs = 0, ...kernel]: readonly number[],
): Value | undefined {
  const [m = 0, n = 0, ...own] = t.shape;
  const isFitting = `${flat(a.shape)}` === `${[m, rows]}` && `${flat(b.shape)}` === `${[n, inputs]}`;
  return isFitting && sizeOf(own) === sizeOf(kernel)
    ? tucker(g, t, g.transpose(matrix(g, a), [1, 0]), matrix(g, b))
    : undefined;
}

/** The Kronecker product of two small weights, each perhaps of low rank. Source: LyCORIS `lokr` */
function lokr({ g, parts, current }: Work): Change | undefined {
  const factor = (i: 1 | 2): { value: Value | undefined; shape: readonly number[] } | undefined => {
    const full = parts.get(`lokr_w${i}`);
    if (full) return { value: g.parameter(full), shape: full.shape };
    const [a, b, t] = [`lokr_w${i}_a`, `lokr_w${i}_b`, 'lokr_t2'].map((name) => parts.get(name));
    if (!a || !b) return undefined;
    const hasCore = i === 2 && t !== undefined;
    const shape = hasCore ? [a.shape[1]!, b.shape[1]!, ...t.shape.slice(2)] : [a.shape[0]!, ...b.shape.slice(1)];
    return { value: hasCore ? coreProduct(g, { a, b, t }, shape) : product(g, a, b, shape), shape };
  };
  const [w1, w2] = [factor(1), factor(2)];
  if (!w1?.value || !w2?.value || sizeOf(w1.shape) * sizeOf(w2.shape) !== sizeOf(current.shape)) return undefined;
  const [[a = 1, b = 1], [c = 1, d = 1]] = [w1.shape, w2.shape];
  const kronecker = g.mul(g.reshape(w1.value, [a, 1, b, 1, 1]), g.reshape(w2.value, [1, c, 1, d, -1]));
  const rank = (parts.get('lokr_w2_b') ?? parts.get('lokr_w1_b'))?.shape[0] ?? null;
  return { delta: g.reshape(kronecker, current.shape), rank };
}

/** Learnt factors of the rows or columns. Source: Liu et al. 2022 (arXiv 2205.05638) */
function ia3({ g, parts, current }: Work): Change | undefined {
  const factors = parts.get('weight')!;
  const [rows = 0, columns = 0] = current.shape;
  const count = sizeOf(factors.shape);
  const onInput = parts.get('on_input');
  const ones = current.shape.slice(2).map(() => 1);
  const byColumn = () => g.mul(current.value, g.reshape(g.parameter(factors), [1, columns, ...ones]));
  const byRow = () => g.mul(current.value, g.reshape(g.parameter(factors), [rows, 1, ...ones]));
  if (count !== rows && count !== columns) return undefined;
  if (rows !== columns) return { delta: count === columns ? byColumn() : byRow(), rank: null };
  if (!onInput) return { delta: byRow(), rank: null };
  const asked = g.op('Cast', [g.parameter(onInput)], { to: 9 }); // to bool
  return { delta: g.op('Where', [asked, byColumn(), byRow()]), rank: null };
}

/** b2 · b1 + (W · a2) · a1. Source: Chavan et al. 2023 (arXiv 2306.07967) */
function glora({ g, parts, current: { value, shape } }: Work): Change | undefined {
  const [a1, a2, b1, b2] = ['a1', 'a2', 'b1', 'b2'].map((name) => parts.get(`${name}.weight`));
  if (!a1 || !a2 || !b1 || !b2) return undefined;
  const inputs = sizeOf(shape.slice(1));
  const [added, turned] = [product(g, b2, b1, shape), product(g, a2, a1, [inputs, inputs])];
  if (!added || !turned) return undefined;
  const w = g.reshape(value, [shape[0]!, -1]);
  const delta = g.add(added, g.matmul(g.matmul(w, matrix(g, a2)), matrix(g, a1)));
  return { delta: g.reshape(delta, shape), rank: null }; // as A1111: alpha does not count
}

/** Rows turned; as A1111 alpha is no scale here. */
function rotation({ g, parts, current }: Work): Change | undefined {
  const delta = rotationDelta(g, parts, current);
  return delta && { delta, rank: null };
}

/** [first, rest] */
const flat = ([rows = 0, ...rest]: readonly number[]): readonly [number, number] => [rows, sizeOf(rest)];

function matrix(g: GraphBuilder, stored: StoredTensor): Value {
  const value = g.parameter(stored);
  return stored.shape.length === 2 ? value : g.reshape(value, flat(stored.shape));
}

/** Σ over m, n of u[o, m] · core[m, n, k, l] · d[n, i] → [o, i, k · l]. */
function tucker(g: GraphBuilder, core: StoredTensor, u: Value, d: Value): Value {
  const [m = 0, n = 0] = core.shape;
  const left = g.matmul(u, g.reshape(g.parameter(core), [m, -1])); // [o, n · k · l]
  const middle = g.transpose(g.reshape(left, [0, n, -1]), [0, 2, 1]); // [o, k · l, n]
  return g.transpose(g.matmul(middle, d), [0, 2, 1]);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** · scale, or · α / rank. */
function scaledByAlpha(g: GraphBuilder, parts: Parts, { delta, rank }: Change): Value {
  const scale = parts.get('scale');
  if (scale) return g.mul(delta, g.reshape(g.parameter(scale), [1]));
  const alpha = parts.get('alpha');
  return alpha && rank !== null ? g.mul(delta, g.div(g.reshape(g.parameter(alpha), [1]), g.floats(rank))) : delta;
}

/**
 * The changed weight with the norms of its columns (or, in newer files, rows) set to what was learnt, less the weight; undefined when there are not
 * as many norms. Source: Liu et al. 2024 (arXiv 2402.09353); the axis as A1111, but where the file's shape says otherwise
 */
function dora(g: GraphBuilder, scale: StoredTensor, delta: Value, { value, shape }: Current): Value | undefined {
  const [rows = 0] = shape;
  const isList = scale.shape.length === 1; // PEFT's `lora_magnitude_vector`
  const byRow = rows !== 1 && scale.shape[0] === rows && (isList || scale.shape[1] === 1);
  const kept = byRow ? 0 : 1;
  if (sizeOf(scale.shape) !== shape[kept]) return undefined;
  const changed = g.add(value, delta);
  const axes = shape.map((_, axis) => axis).filter((axis) => axis !== kept);
  const norm = g.op('ReduceL2', [changed, g.ints(axes)]);
  const target = g.reshape(
    g.parameter(scale),
    shape.map((n, axis) => (axis === kept ? n : 1)),
  );
  return g.sub(g.mul(changed, g.div(target, norm)), value);
}
