import { premultiply, unpremultiply } from './alpha.ts';
import { type Picture, type Region, type Size, sameSize, wholeOf } from './picture.ts';
import { clip8 } from './rounding.ts';

/** Pillow's resampling filters. */
export type Filter = 'nearest' | 'box' | 'bilinear' | 'bicubic' | 'lanczos';

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Half width and weight of each convolution filter; bicubic with a = −½. Source: Pillow Resample.c */
const kernels = {
  box: { support: 0.5, weight: (x: number) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x: number) => cubic(Math.abs(x)) },
  lanczos: { support: 3, weight: (x: number) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} satisfies Record<Exclude<Filter, 'nearest'>, { support: number; weight: (x: number) => number }>;

function cubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/** Bits behind the point of an integer weight. */
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

/** For each output position the first input position and its integer weights, `taps` to a row, padded with zeros. */
interface Weights {
  readonly taps: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly k: Int32Array;
}

/** Weights for `to` outputs over the interval [b0, b1) of `from` inputs. An empty interval repeats (extrapolates) its edge. */
function weightsFor(
  filter: Exclude<Filter, 'nearest'>,
  { from, to, b0, b1 }: { from: number; to: number; b0: number; b1: number },
): Weights {
  const { support, weight } = kernels[filter];
  const scale = (b1 - b0) / to;
  const filterScale = Math.max(scale, 1);
  const reach = support * filterScale;
  const taps = Math.ceil(reach) * 2 + 1;
  const [first, count, k] = [new Int32Array(to), new Int32Array(to), new Int32Array(to * taps)];
  const row = new Float64Array(taps);
  for (let i = 0; i < to; i++) {
    const center = b0 + (i + 0.5) * scale;
    const lo = Math.max(Math.trunc(center - reach + 0.5), 0);
    const n = Math.min(Math.trunc(center + reach + 0.5), from) - lo;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += row[j] = weight((j + lo - center + 0.5) * (1 / filterScale));
    for (let j = 0; j < n; j++) {
      const w = (sum !== 0 ? row[j]! / sum : row[j]!) * (1 << PRECISION);
      k[i * taps + j] = Math.trunc(w < 0 ? w - 0.5 : w + 0.5);
    }
    first[i] = lo;
    count[i] = n;
  }
  return { taps, first, count, k };
}

/** Rows `y1 … y2` of the picture, resampled across; the result begins at row y1. */
function across(im: Picture, weights: Weights, { y1, y2 }: { y1: number; y2: number }): Picture {
  const { channels, data } = im;
  const [width, height] = [weights.first.length, y2 - y1];
  const to = new Uint8Array(width * height * channels);
  const lines = height * channels;
  /** Where a line begins in a picture of that width; a line is one channel of one row. */
  const startOf = (line: number, rowWidth: number) =>
    Math.floor(line / channels) * rowWidth * channels + (line % channels);
  for (let line = 0; line < lines; line += 4) {
    const four = [line, line + 1, line + 2, line + 3].map((l) => Math.min(l, lines - 1));
    const from = four.map((l) => startOf(y1 * channels + l, im.width));
    acrossLines(weights, { data, from, step: channels }, { data: to, from: four.map((l) => startOf(l, width)) });
  }
  return { width, height, channels, data: to };
}

/** Four lines of a picture: where they begin. */
interface FourLines {
  readonly data: Uint8Array;
  readonly from: readonly number[];
}

/** Four lines at once, their pixels `step` bytes apart: most of the time of an edit at another size would go into reading weights. */
function acrossLines(
  { taps, first, count, k }: Weights,
  { data, from: [p0 = 0, p1 = 0, p2 = 0, p3 = 0], step }: FourLines & { readonly step: number },
  { data: to, from: [o0 = 0, o1 = 0, o2 = 0, o3 = 0] }: FourLines,
): void {
  for (let x = 0, o = 0; x < first.length; x++, o += step) {
    let [a, b, c, d] = [HALF, HALF, HALF, HALF];
    const end = x * taps + count[x]!;
    for (let j = x * taps, p = first[x]! * step; j < end; j++, p += step) {
      const weight = k[j]!;
      a = (a + Math.imul(weight, data[p0 + p]!)) | 0;
      b = (b + Math.imul(weight, data[p1 + p]!)) | 0;
      c = (c + Math.imul(weight, data[p2 + p]!)) | 0;
      d = (d + Math.imul(weight, data[p3 + p]!)) | 0;
    }
    to[o0 + o] = clip8(a >> PRECISION);
    to[o1 + o] = clip8(b >> PRECISION);
    to[o2 + o] = clip8(c >> PRECISION);
    to[o3 + o] = clip8(d >> PRECISION);
  }
}

/**
 * Resampled down the columns, a whole row of running sums at a time; `skipped` rows above the picture's first were left away because
 * no weight needs them.
 */
function down(im: Picture, { taps, first, count, k }: Weights, skipped: number): Picture {
  const { width, channels, data } = im;
  const height = first.length;
  const stride = width * channels;
  const out = new Uint8Array(stride * height);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    const [top, last] = [first[y]! - skipped, count[y]! - 1];
    const rowOf = (tap: number) => (top + Math.min(tap, last)) * stride;
    for (let j = 0; j <= last; j += 4) {
      const weights = k.subarray(y * taps + j, y * taps + last + 1);
      addRows(sums, data, { weights, rows: [rowOf(j), rowOf(j + 1), rowOf(j + 2), rowOf(j + 3)] });
    }
    for (let i = 0, o = y * stride; i < stride; i++) out[o + i] = clip8(sums[i]! >> PRECISION);
  }
  return { width, height, channels, data: out };
}

interface FourRows {
  /** Of as many rows as there are; the others do not count. */
  readonly weights: Int32Array;
  /** Where they start. */
  readonly rows: readonly [number, number, number, number];
}

/** Four weighted rows at once: the running sums are read and written a quarter as often. They fit in 32 bits for every filter. */
function addRows(sums: Int32Array, data: Uint8Array, { weights: [s = 0, t = 0, u = 0, v = 0], rows }: FourRows): void {
  const [a, b, c, d] = rows;
  for (let i = 0; i < sums.length; i++) {
    const two = Math.imul(s, data[a + i]!) + Math.imul(t, data[b + i]!);
    sums[i] = (sums[i]! + two + Math.imul(u, data[c + i]!) + Math.imul(v, data[d + i]!)) | 0;
  }
}

/** The nearest pixel; positions are accumulated, so rounding follows Pillow (Geometry.c `ImagingScaleAffine`). */
function nearest(im: Picture, { width, height }: Size): Picture {
  const { channels: c, data } = im;
  const positions = (from: number, to: number) => {
    const step = from / to;
    let position = step / 2;
    return Int32Array.from({ length: to }, () => {
      const at = Math.trunc(position);
      position += step;
      return Math.min(at, from - 1);
    });
  };
  const [xs, ys] = [positions(im.width, width), positions(im.height, height)];
  const out = new Uint8Array(width * height * c);
  let o = 0;
  for (let y = 0; y < height; y++) {
    const row = ys[y]! * im.width;
    for (let x = 0; x < width; x++) {
      const p = (row + xs[x]!) * c;
      for (let ch = 0; ch < c; ch++) out[o++] = data[p + ch]!;
    }
  }
  return { width, height, channels: c, data: out };
}

/** Resized to `size`, antialiased when shrinking; an RGBA picture premultiplied meanwhile. Source: Pillow `Image.resize` */
export function resample(im: Picture, size: Size, filter: Filter): Picture {
  if (sameSize(im, size)) return im;
  if (filter === 'nearest') return nearest(im, size);
  return resampleRegion(im, size, { filter, region: wholeOf(im) });
}

/**
 * As {@link resample}, from a region of the picture. A region without height (or width) gives rows (columns) that all equal
 * the extrapolated edge.
 */
export function resampleRegion(
  im: Picture,
  size: Size,
  { filter, region }: { filter: Exclude<Filter, 'nearest'>; region: Region },
): Picture {
  if (im.channels === 4) {
    const rgba = convolve(premultiply(im), size, { filter, region });
    return unpremultiply(rgba);
  }
  return convolve(im, size, { filter, region });
}

function convolve(
  im: Picture,
  { width, height }: Size,
  { filter, region }: { filter: Exclude<Filter, 'nearest'>; region: Region },
): Picture {
  const { x1, y1, x2, y2 } = region;
  const vertical = height !== im.height || y1 !== 0 || y2 !== im.height;
  const horizontal = width !== im.width || x1 !== 0 || x2 !== im.width;
  const rows = weightsFor(filter, { from: im.height, to: height, b0: y1, b1: y2 });
  const top = vertical ? rows.first[0]! : 0;
  const bottom = vertical ? rows.first[height - 1]! + rows.count[height - 1]! : im.height;
  const columns = () => weightsFor(filter, { from: im.width, to: width, b0: x1, b1: x2 });
  const wide = horizontal ? across(im, columns(), { y1: top, y2: bottom }) : im;
  return vertical ? down(wide, rows, horizontal ? top : 0) : wide;
}
