import type { GraphBuilder } from '../graph/builder.ts';
import type { StoredTensor, Value } from '../graph/core.ts';
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
  const kind = kinds.find(({ sign }) => sign.some((part) => parts.has(part)));
  const change = kind?.change({ g, parts, current, ...(rank !== undefined && { limit: rank }) });
  if (!change) return undefined;
  const scaled = scaledByAlpha(g, parts, change);
  return parts.has('dora_scale') ? dora(g, parts.get('dora_scale')!, scaled, current) : scaled;
}

/** What it adds to the layer's bias. */
export function loraBiasDelta(g: GraphBuilder, parts: Parts): Value | undefined {
  const stored = parts.get('diff_b') ?? parts.get('b_norm');
  return stored && g.parameter(stored);
}

interface Work {
  readonly g: GraphBuilder;
  readonly parts: Parts;
  readonly current: Current;
  readonly limit?: number;
}

const kinds: readonly { readonly sign: readonly string[]; readonly change: (work: Work) => Change | undefined }[] = [
  { sign: ['lora_up.weight'], change: lora },
  { sign: ['hada_w1_a'], change: loha },
  { sign: ['weight'], change: ia3 },
  { sign: ['lokr_w1', 'lokr_w1_a'], change: lokr },
  { sign: ['diff'], change: (work) => whole(work, 'diff') },
  { sign: ['w_norm'], change: (work) => whole(work, 'w_norm') },
  { sign: ['a1.weight'], change: glora },
  { sign: ['oft_blocks', 'oft_diag'], change: rotation },
];

/** The difference itself. */
function whole({ g, parts, current }: Work, name: string): Change | undefined {
  const stored = parts.get(name)!;
  if (sizeOf(stored.shape) !== sizeOf(current.shape)) return undefined;
  return { delta: g.reshape(g.parameter(stored), current.shape), rank: null };
}

/** up · down, with a convolution between them in LoCon's Tucker form. Source: Hu et al. 2021 (arXiv 2106.09685) */
function lora({ g, parts, current, limit }: Work): Change | undefined {
  const [up, down, mid] = ['lora_up.weight', 'lora_down.weight', 'lora_mid.weight'].map((name) => parts.get(name));
  if (!up || !down) return undefined;
  const { shape } = current;
  const rank = down.shape[0]!;
  const outer = mid ? mid.shape.slice(2) : down.shape.slice(2);
  const inputs = down.shape[1]!;
  const isFitting = sizeOf(up.shape) === shape[0]! * rank && sizeOf(outer) === sizeOf(shape.slice(2));
  if (!isFitting || !(inputs === shape[1] || (inputs < shape[1]! && shape.length > 2))) return undefined;
  const product = mid ? tucker(g, mid, matrix(g, up), matrix(g, down)) : lowRank(g, up, down, limit);
  const delta = g.reshape(product, [shape[0]!, inputs, ...shape.slice(2)]);
  // A LoRA trained on 4 channels may meet a first layer of 9: it leaves the others alone.
  return { delta: inputs === shape[1] ? delta : g.zeroPad(delta, [1], [0], [shape[1]! - inputs]), rank };
}

function lowRank(g: GraphBuilder, up: StoredTensor, down: StoredTensor, limit = down.shape[0]!): Value {
  const [u, d] = [matrix(g, up), matrix(g, down)];
  if (limit >= down.shape[0]!) return g.matmul(u, d);
  const first = (x: Value, axis: number) => g.slice(x, { starts: [0], ends: [limit], axes: [axis] });
  return g.matmul(first(u, 1), first(d, 0));
}

/** The product, element by element, of two low-rank matrices. Source: LyCORIS `loha` */
function loha({ g, parts, current }: Work): Change | undefined {
  const factor = (i: 1 | 2): Value | undefined => {
    const [a, b, t] = [`hada_w${i}_a`, `hada_w${i}_b`, `hada_t${i}`].map((name) => parts.get(name));
    if (!a || !b) return undefined;
    if (!t) return g.matmul(matrix(g, a), matrix(g, b));
    return tucker(g, t, g.transpose(matrix(g, a), [1, 0]), matrix(g, b));
  };
  const [first, second] = [factor(1), factor(2)];
  const isFitting = parts.get('hada_w1_a')!.shape.includes(current.shape[0]!);
  if (!first || !second || !isFitting) return undefined;
  return { delta: g.reshape(g.mul(first, second), current.shape), rank: parts.get('hada_w1_b')!.shape[0]! };
}

/** The Kronecker product of two small weights, each perhaps of low rank. Source: LyCORIS `lokr` */
function lokr({ g, parts, current }: Work): Change | undefined {
  const factor = (i: 1 | 2): { value: Value; shape: readonly number[] } | undefined => {
    const full = parts.get(`lokr_w${i}`);
    if (full) return { value: g.parameter(full), shape: full.shape };
    const [a, b, t] = [`lokr_w${i}_a`, `lokr_w${i}_b`, 'lokr_t2'].map((name) => parts.get(name));
    if (!a || !b) return undefined;
    if (i === 1 || !t) {
      return { value: g.matmul(matrix(g, a), matrix(g, b)), shape: [a.shape[0]!, b.shape[1]!, ...b.shape.slice(2)] };
    }
    const value = tucker(g, t, g.transpose(matrix(g, a), [1, 0]), matrix(g, b));
    return { value, shape: [a.shape[1]!, b.shape[1]!, ...t.shape.slice(2)] };
  };
  const [w1, w2] = [factor(1), factor(2)];
  if (!w1 || !w2 || sizeOf(w1.shape) * sizeOf(w2.shape) !== sizeOf(current.shape)) return undefined;
  const [[a, b], [c, d]] = [w1.shape, w2.shape] as [[number, number], [number, number]];
  const product = g.mul(g.reshape(w1.value, [a, 1, b, 1, 1]), g.reshape(w2.value, [1, c, 1, d, -1]));
  const rank = (parts.get('lokr_w2_b') ?? parts.get('lokr_w1_b'))?.shape[0] ?? null;
  return { delta: g.reshape(product, current.shape), rank };
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
function glora({ g, parts, current }: Work): Change | undefined {
  const stored = ['a1', 'a2', 'b1', 'b2'].map((name) => parts.get(`${name}.weight`));
  if (stored.some((part) => part === undefined)) return undefined;
  const [a1, a2, b1, b2] = stored.map((part) => matrix(g, part!)) as [Value, Value, Value, Value];
  const w = g.reshape(current.value, [current.shape[0]!, -1]);
  const delta = g.add(g.matmul(b2, b1), g.matmul(g.matmul(w, a2), a1));
  return { delta: g.reshape(delta, current.shape), rank: null }; // as A1111: alpha does not count
}

/** Rows turned; as A1111 alpha is no scale here. */
function rotation({ g, parts, current }: Work): Change | undefined {
  const delta = rotationDelta(g, parts, current);
  return delta && { delta, rank: null };
}

/** [first, rest] */
function matrix(g: GraphBuilder, stored: StoredTensor): Value {
  const value = g.parameter(stored);
  return stored.shape.length === 2 ? value : g.reshape(value, [stored.shape[0]!, -1]);
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
 * The changed weight with the norms of its columns (or, in newer files, rows) set to what was learnt, less the weight.
 * Source: Liu et al. 2024 (arXiv 2402.09353); the axis as A1111, but where the file's shape says otherwise
 */
function dora(g: GraphBuilder, scale: StoredTensor, delta: Value, { value, shape }: Current): Value {
  const changed = g.add(value, delta);
  const byRow = scale.shape[0] === shape[0] && scale.shape[1] === 1 && shape[0] !== 1;
  const kept = byRow ? 0 : 1;
  const axes = shape.map((_, axis) => axis).filter((axis) => axis !== kept);
  const norm = g.op('ReduceL2', [changed, g.ints(axes)]);
  const target = g.reshape(
    g.parameter(scale),
    shape.map((n, axis) => (axis === kept ? n : 1)),
  );
  return g.sub(g.mul(changed, g.div(target, norm)), value);
}
