import { scale } from '../tensor/arithmetic.ts';
import { concatRows } from '../tensor/rows.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import type { LoraParts } from './lora-file.ts';
import type { TensorReader } from './weights-file.ts';

/** A low-rank change of a weight: W + scale · up · down. */
export interface Factors {
  readonly down: Tensor; // [r, in] or [r, in, kh, kw]
  readonly up: Tensor; // [out, r]
  readonly scale: number;
}

/** How much of a LoRA is wanted. */
export interface FactorOptions {
  /** How many of its directions to use; by default all. */
  readonly rank?: number | undefined;
  readonly reader: TensorReader;
}

const plainParts = new Set(['lora_up.weight', 'lora_down.weight', 'lora_mid.weight', 'alpha', 'scale']);

/** Whether a layer's change is nothing but up · down, with a convolution between them or not. */
export function isPlainLora(parts: LoraParts): boolean {
  return (
    parts.has('lora_up.weight') && parts.has('lora_down.weight') && [...parts.keys()].every((p) => plainParts.has(p))
  );
}

/** What stands for a change that depends on the weight it is made to, or takes its place. */
const readingParts = ['dora_scale', 'weight', 'a1.weight', 'oft_blocks', 'oft_diag', 'set_weight'];

/** Whether what a LoRA of this kind adds to a layer depends on what the weight was before. */
export function readsWeight(parts: LoraParts): boolean {
  return readingParts.some((part) => parts.has(part));
}

/** Channels of a latent: what was trained on them leaves the further ones of a first layer alone. */
export const plainInputs = 4;

/** Anything with a shape. */
interface Shaped {
  readonly shape: readonly number[];
}

/**
 * Whether up and down, with a core between them or not, make a weight of that shape. A linear layer's may be kept as 1 × 1 convolutions, and the
 * other way round.
 */
export function isLoraFitting(
  { up, down, mid }: { readonly up: Shaped; readonly down: Shaped; readonly mid: Shaped | undefined },
  [rows = 0, inputs = 0, ...kernel]: readonly number[],
): boolean {
  const [rank = 0] = down.shape;
  const area = sizeOf(kernel);
  if (rank === 0 || sizeOf(up.shape) !== rows * rank) return false;
  if (!mid) return sizeOf(down.shape) === rank * inputs * area;
  const isCore = mid.shape[0] === rank && mid.shape[1] === rank && sizeOf(mid.shape) === rank * rank * area;
  return isCore && sizeOf(down.shape) === rank * inputs;
}

/** The inputs of a weight that a plain LoRA changes: all of them, or of a first layer those for the latent; undefined when it does not fit. */
export function fittingInputs(
  parts: LoraParts,
  [rows = 0, columns = 0, ...kernel]: readonly number[],
): number | undefined {
  const [up, down, mid] = ['lora_up.weight', 'lora_down.weight', 'lora_mid.weight'].map((name) => parts.get(name));
  if (!up || !down) return undefined;
  const candidates = kernel.length > 0 && columns > plainInputs ? [columns, plainInputs] : [columns];
  return candidates.find((inputs) => isLoraFitting({ up, down, mid }, [rows, inputs, ...kernel]));
}

/**
 * The factors of a plain LoRA for a weight [out, in] or [out, in, kh, kw]; undefined when they do not fit it.
 * Source: A1111 extensions-builtin/Lora/network_lora.py
 * @throws Refusal 'weights-broken'
 */
export function loraFactors(parts: LoraParts, shape: readonly number[], options: FactorOptions): Factors | undefined {
  const [up, down, mid] = ['lora_up.weight', 'lora_down.weight', 'lora_mid.weight'].map((name) => parts.get(name));
  if (!up || !down) return undefined;
  const [rows = 0, columns = 0, ...kernel] = shape;
  const inputs = fittingInputs(parts, shape);
  if (inputs === undefined) return undefined;
  const rank = down.shape[0]!;
  const used = usedRank(rank, options.rank);
  const { reader } = options;
  const flatDown = reader.read(down);
  const whole = mid ? tucker(reader.read(mid), flatDown) : flatDown;
  return {
    down: widened({ data: whole.data, shape: [rank, inputs, sizeOf(kernel)] }, used, [columns, ...kernel]),
    up: firstColumns(reader.read(up), { rows, rank, used }),
    scale: scaleOf(parts, rank, reader),
  };
}

/** As a Python slice: all, the first so many, or all but the last so many. */
function usedRank(rank: number, limit = rank): number {
  return Math.max(0, Math.min(rank, limit < 0 ? rank + limit : limit));
}

/** The number given as scale, else α / rank, else 1. */
function scaleOf(parts: LoraParts, rank: number, reader: TensorReader): number {
  const [scale, alpha] = [parts.get('scale'), parts.get('alpha')];
  if (scale) return reader.read(scale).data[0] ?? 1;
  return alpha ? Math.fround(reader.read(alpha).data[0] ?? rank) / rank : 1;
}

/** Σ over n of core[m, n, k, l] · down[n, i] → [m, i, k · l]. */
function tucker({ data: core, shape: [m = 0, n = 0, ...kernel] }: Tensor, down: Tensor): Tensor {
  const [area, inputs] = [sizeOf(kernel), down.data.length / n];
  const out = new Float32Array(m * inputs * area);
  for (let a = 0; a < m; a++) {
    for (let b = 0; b < n; b++) {
      const [from, given] = [(a * n + b) * area, b * inputs];
      for (let i = 0, o = a * inputs * area; i < inputs; i++) {
        const factor = down.data[given + i]!;
        for (let k = 0; k < area; k++) out[o++]! += factor * core[from + k]!;
      }
    }
  }
  return { data: out, shape: [m, inputs, area] };
}

/** The first `used` rows, with zeros for further inputs. */
function widened({ data, shape: [, inputs = 0, area = 0] }: Tensor, used: number, columns: readonly number[]): Tensor {
  const shape = [used, ...columns];
  const wide = sizeOf(columns);
  if (wide === inputs * area) return { data: data.subarray(0, used * wide), shape };
  const out = new Float32Array(used * wide);
  for (let r = 0; r < used; r++) out.set(data.subarray(r * inputs * area, (r + 1) * inputs * area), r * wide);
  return { data: out, shape };
}

interface Columns {
  readonly rows: number;
  readonly rank: number;
  readonly used: number;
}

/** [rows, rank] → its first `used` columns. */
function firstColumns({ data }: Tensor, { rows, rank, used }: Columns): Tensor {
  if (used === rank) return { data, shape: [rows, rank] };
  const out = new Float32Array(rows * used);
  for (let row = 0; row < rows; row++) {
    for (let r = 0; r < used; r++) out[row * used + r] = data[row * rank + r]!;
  }
  return { data: out, shape: [rows, used] };
}

/** A change of one third of a stacked weight as a change of the whole: the other rows stay as they are. */
export function ofThird({ down, up, scale }: Factors, third: number): Factors {
  const out = new Float32Array(3 * up.data.length);
  out.set(up.data, third * up.data.length);
  return { down, up: { data: out, shape: [3 * up.shape[0]!, up.shape[1]!] }, scale };
}

/** The downs of several changes of a weight as that of one, whose rank is the sum of theirs. */
export function joinedDown(changes: readonly Factors[]): Tensor {
  return concatRows(changes.map(({ down }) => down));
}

/** The ups likewise, each times its scale and a multiplier of its own. */
export function joinedUp(changes: readonly Factors[], multipliers: readonly number[]): Tensor {
  const rank = changes.reduce((sum, { up }) => sum + up.shape[1]!, 0);
  const rows = changes[0]?.up.shape[0] ?? 0;
  const scaled = changes.map(({ up, scale: own }, i) => scale(own * multipliers[i]!, up));
  if (scaled.length === 1) return scaled[0]!;
  const joined = new Float32Array(rows * rank);
  let at = 0;
  for (const { data, shape } of scaled) {
    const own = shape[1]!;
    for (let row = 0; row < rows; row++) joined.set(data.subarray(row * own, (row + 1) * own), row * rank + at);
    at += own;
  }
  return { data: joined, shape: [rows, rank] };
}
