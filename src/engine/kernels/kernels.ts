import { assemble } from './assembler.ts';
import { definitions, layout, MOST_TERMS, PHILOX_BYTES, PIECE, PRECISION } from './definitions.ts';

declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<Name, Kernel>> };
};

type Name = keyof typeof definitions;
type Kernel = (...args: readonly number[]) => void;

const memory = new WebAssembly.Memory({ initial: layout.bytes / 2 ** 16 });
const { exports: run } = new WebAssembly.Instance(new WebAssembly.Module(assemble(definitions)), { env: { memory } });

export { MOST_TERMS };

const { table: TABLE, input: INPUT, output: OUTPUT } = layout;
const bytes = new Uint8Array(memory.buffer);
const inputs = new Float32Array(memory.buffer, INPUT);
const outputs = new Float32Array(memory.buffer, OUTPUT);
const output = outputs.subarray(0, PIECE);
const table = new Int32Array(memory.buffer, TABLE, (INPUT - TABLE) / 4 - 64);

const sumOf = [run.sum1, run.sum2, run.sum3, run.sum4, run.sum5];

/**
 * Writes Σ weightᵢ·termᵢ: products and sums in float64, from the first term to the last, rounded once.
 *
 * @param terms  one to five, as long as `out`
 */
export function weightedSumInto(out: Float32Array, weights: readonly number[], terms: readonly Float32Array[]): void {
  const sum = sumOf[terms.length - 1];
  if (!sum) throw new RangeError(`a sum of ${terms.length} terms, 1 to ${MOST_TERMS} are possible`);
  for (let from = 0; from < out.length; from += PIECE) {
    const length = Math.min(PIECE, out.length - from);
    for (let i = 0; i < terms.length; i++) inputs.set(terms[i]!.subarray(from, from + length), i * PIECE);
    sum(4 * length, ...weights);
    out.set(length === PIECE ? output : output.subarray(0, length), from);
  }
}

const halves = new Uint16Array(memory.buffer, INPUT, PIECE);

/** Writes numbers of 16 bits as float32, times `factor`: the products in float64, rounded once. */
export function widenInto(out: Float32Array, kind: 'F16' | 'BF16', numbers: Uint16Array, factor: number): void {
  const widened = run[`widened${kind}`];
  for (let from = 0; from < out.length; from += PIECE) {
    const length = Math.min(PIECE, out.length - from);
    halves.set(numbers.subarray(from, from + length));
    widened(2 * length, factor);
    out.set(length === PIECE ? output : output.subarray(0, length), from);
  }
}

/** Writes RGB bytes as three planes, one after the other in `out`, of float32: 0…255 as −1…1. */
export function pixelsApartInto(out: Float32Array, rgb: Uint8Array): void {
  const area = out.length / 3;
  for (let from = 0; from < area; from += PIECE) {
    const count = Math.min(PIECE, area - from);
    bytes.set(rgb.subarray(3 * from, 3 * (from + count)), INPUT);
    run.pixelsApart(4 * count);
    for (let c = 0; c < 3; c++) out.set(outputs.subarray(c * PIECE, c * PIECE + count), c * area + from);
  }
}

/** Writes three planes of float32 about −1…1 as RGB bytes: clipped, and truncated. NaN becomes 0. */
export function pixelsTogetherInto(out: Uint8Array, planes: Float32Array): void {
  const area = planes.length / 3;
  for (let from = 0; from < area; from += PIECE) {
    const count = Math.min(PIECE, area - from);
    for (let c = 0; c < 3; c++) inputs.set(planes.subarray(c * area + from, c * area + from + count), c * PIECE);
    run.pixelsTogether(4 * count);
    out.set(bytes.subarray(OUTPUT, OUTPUT + 3 * count), 3 * from);
  }
}

/** Counters that `philoxWords` answers at once, at most. */
export const PHILOX_COUNTERS = PHILOX_BYTES / 4;
const radii = new Uint32Array(memory.buffer, OUTPUT, PHILOX_COUNTERS);
const turns = new Uint32Array(memory.buffer, OUTPUT + PHILOX_BYTES, PHILOX_COUNTERS);

/**
 * The first two words of Philox 4×32 for `count` counters (offset, 0, from, 0) onwards.
 *
 * @returns views that hold until the next kernel runs; only the first `count` words count
 */
export function philoxWords(
  count: number,
  [offset, from]: readonly [offset: number, from: number],
  [key0, key1]: readonly [number, number],
): { readonly radii: Uint32Array; readonly turns: Uint32Array } {
  run.philoxWords(4 * count, offset, from, key0, key1);
  return { radii, turns };
}

/** For each output position the first input position, and integer weights, `taps` to an output; those past its last input are 0. */
export interface Taps {
  readonly taps: number;
  readonly first: Int32Array;
  readonly k: Int32Array;
}

/** Fixed-point bits of `Taps.k`. */
export const WEIGHT_BITS = PRECISION;

/** Interleaved bytes. */
export interface Bytes {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/** Bytes of a picture that are worked on at a time; the zones are larger, as rows are read and written a vector too far. */
const ROOM = 1 << 20;

/** Every row, resampled across: as many pixels as there are taps. Rounded and clipped to 0…255 as Pillow does. */
export function resampledAcross(im: Bytes, { taps, first, k }: Taps): Bytes {
  const { height, channels, data } = im;
  const width = first.length;
  const [from, to] = [im.width * channels, width * channels];
  const perWeight = channels === 1 ? Math.ceil(taps / 4) * 4 : taps;
  const weights = TABLE + 4 * width;
  if (width * (1 + perWeight) > table.length) throw new RangeError(`${width} × ${perWeight} weights are too many`);
  for (let x = 0; x < width; x++) {
    table[x] = first[x]! * channels;
    table.fill(0, width + x * perWeight, width + (x + 1) * perWeight);
    table.set(k.subarray(x * taps, (x + 1) * taps), width + x * perWeight);
  }
  const across = run[`across${channels}`];
  const out = new Uint8Array(to * height);
  const rows = Math.floor(ROOM / Math.max(from, to));
  for (let y = 0; y < height; y += rows) {
    const count = Math.min(rows, height - y);
    bytes.set(data.subarray(y * from, (y + count) * from), INPUT);
    for (let i = 0; i < count; i++) across(OUTPUT + i * to, INPUT + i * from, TABLE, weights, weights, 4 * perWeight);
    out.set(bytes.subarray(OUTPUT, OUTPUT + count * to), y * to);
  }
  return { width, height, channels, data: out };
}

/** Every column, resampled down, likewise. A block of columns at a time, as wide as its rows can be held. */
export function resampledDown(im: Bytes, weights: Taps): Bytes {
  const height = weights.first.length;
  const stride = im.width * im.channels;
  const out = new Uint8Array(stride * height);
  const wide = Math.floor(ROOM / weights.taps / 16) * 16;
  for (let x = 0; x < stride; x += wide)
    columnsDown(im.data, weights, { x, length: Math.min(wide, stride - x), stride, out });
  return { width: im.width, height, channels: im.channels, data: out };
}

interface Columns {
  readonly x: number;
  readonly length: number;
  readonly stride: number;
  readonly out: Uint8Array;
}

function columnsDown(data: Uint8Array, { taps, first, k }: Taps, { x, length, stride, out }: Columns): void {
  const rows = Math.floor(ROOM / length);
  const lastRow = data.length / stride;
  let [top, bottom] = [0, 0]; // rows that are held
  for (let y = 0; y < first.length; y++) {
    const end = Math.min(first[y]! + taps, lastRow);
    if (first[y]! < top || end > bottom) {
      top = first[y]!;
      bottom = Math.min(top + rows, lastRow);
      for (let row = top; row < bottom; row++) {
        const at = row * stride + x;
        bytes.set(data.subarray(at, at + length), INPUT + (row - top) * length);
      }
    }
    table.set(k.subarray(y * taps, y * taps + end - first[y]!));
    run.rowsDown(OUTPUT, INPUT + (first[y]! - top) * length, length, length, TABLE, TABLE + 4 * (end - first[y]!));
    out.set(bytes.subarray(OUTPUT, OUTPUT + length), y * stride + x);
  }
}
