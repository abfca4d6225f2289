import { crop } from './paste.ts';
import { type Picture, type Region, wholeOf } from './picture.ts';

/** A box of fractional radius ρ: whole pixels within `reach` weigh `ww`, the two beyond them `fw`, of 2²⁴ together. */
interface Box {
  readonly reach: number;
  readonly ww: number;
  readonly fw: number;
}

function boxOf(radius: number): Box {
  const reach = Math.trunc(radius);
  const length = Math.fround(Math.fround(2 * Math.fround(radius)) + 1);
  const ww = Math.trunc(Math.fround(2 ** 24 / length)); // as Pillow: a float32 division
  return { reach, ww, fw: Math.floor((2 ** 24 - (2 * reach + 1) * ww) / 2) };
}

/** Sums stay below 2³² and are read as unsigned by `>>> 24`. */
const ROUND = 1 << 23;

/** One pass along the rows: every line and channel on its own, edge pixels repeated. */
function blurRows(im: Picture, { reach, ww, fw }: Box, out: Uint8Array): void {
  const { width, height, channels: c, data } = im;
  const pad = reach + 1;
  const line = new Uint8Array(width + 2 * pad); // one channel of one row, its ends repeated
  for (let lineNumber = 0; lineNumber < height * c; lineNumber++) {
    const first = Math.floor(lineNumber / c) * width * c + (lineNumber % c);
    for (let x = 0, p = first; x < width; x++, p += c) line[pad + x] = data[p]!;
    line.fill(line[pad]!, 0, pad).fill(line[pad + width - 1]!, pad + width);
    let sum = 0;
    for (let i = 1; i < 2 * pad; i++) sum += line[i]!;
    for (let x = 0, p = first; x < width; x++, p += c) {
      const entering = line[x + 2 * pad]!;
      out[p] = (Math.imul(sum, ww) + Math.imul(line[x]! + entering, fw) + ROUND) >>> 24;
      sum += entering - line[x + 1]!;
    }
  }
}

/** One pass along the columns, a whole row of running sums at a time. */
function blurColumns(im: Picture, { reach, ww, fw }: Box, out: Uint8Array): void {
  const { width, height, channels, data } = im;
  const stride = width * channels;
  const last = height - 1;
  const rowAt = (y: number) => Math.min(Math.max(y, 0), last) * stride;
  const sums = new Int32Array(stride);
  for (let d = -reach; d <= reach; d++) {
    const row = rowAt(d);
    for (let i = 0; i < stride; i++) sums[i] = sums[i]! + data[row + i]!;
  }
  for (let y = 0; y < height; y++) {
    const [before, after, leaving] = [rowAt(y - reach - 1), rowAt(y + reach + 1), rowAt(y - reach)];
    const o = y * stride;
    for (let i = 0; i < stride; i++) {
      const sum = sums[i]!;
      const entering = data[after + i]!;
      out[o + i] = (Math.imul(sum, ww) + Math.imul(data[before + i]! + entering, fw) + ROUND) >>> 24;
      sums[i] = sum + entering - data[leaving + i]!;
    }
  }
}

/** `times` passes of one kind. `isOurs`: nobody else has the picture, which may be written over. */
function repeated(
  im: Picture,
  box: Box,
  { pass, times, isOurs = false }: { pass: typeof blurRows; times: number; isOurs?: boolean },
): Picture {
  const one = new Uint8Array(im.data.length);
  const other = isOurs ? im.data : new Uint8Array(im.data.length);
  let from = im.data;
  for (let i = 0; i < times; i++) {
    const to = from === one ? other : one;
    pass({ ...im, data: from }, box, to);
    from = to;
  }
  return { ...im, data: from };
}

/** Mean over a square of side 2·radius + 1, the radius fractional; 8 bits between the two passes. Source: Pillow BoxBlur.c */
export function boxBlur(im: Picture, radius: number): Picture {
  if (radius <= 0) return im;
  const box = boxOf(radius);
  return repeated(repeated(im, box, { pass: blurRows, times: 1 }), box, { pass: blurColumns, times: 1 });
}

/**
 * Radius of the box whose threefold application has the variance of a Gaussian, in float32.
 * Source: Gwosdek et al., "Theoretical foundations of Gaussian convolution by extended box filtering", 2011
 */
function boxRadiusFor(sigma: number): number {
  const f = Math.fround;
  const s2 = f(f(f(sigma) * f(sigma)) / 3);
  const length = f(Math.sqrt(12 * s2 + 1));
  const l = Math.floor((length - 1) / 2);
  const a = f(f((2 * l + 1) * f(l * (l + 1) - f(3 * s2))) / f(6 * f(s2 - (l + 1) * (l + 1))));
  return f(l + a);
}

/** Box blurs that make a Gaussian. */
const PASSES = 3;

/** A Gaussian of standard deviation `sigma` px, as three extended box blurs each way. Source: Pillow `GaussianBlur` */
export function gaussianBlur(im: Picture, sigma: number): Picture {
  return gaussianBlurWithin(im, sigma, wholeOf(im));
}

/** The part of {@link gaussianBlur} that lies in a region of the picture, without working out the rest. */
export function gaussianBlurWithin(im: Picture, sigma: number, region: Region): Picture {
  if (sigma <= 0) return crop(im, region);
  const box = boxOf(boxRadiusFor(sigma));
  const reach = PASSES * (box.reach + 1); // no pixel further away has a say
  const near = {
    x1: Math.max(region.x1 - reach, 0),
    y1: Math.max(region.y1 - reach, 0),
    x2: Math.min(region.x2 + reach, im.width),
    y2: Math.min(region.y2 + reach, im.height),
  };
  const cut = crop(im, near);
  const across = repeated(cut, box, { pass: blurRows, times: PASSES, isOurs: cut.data.buffer !== im.data.buffer });
  const columns = crop(across, { x1: region.x1 - near.x1, y1: 0, x2: region.x2 - near.x1, y2: across.height });
  const down = repeated(columns, box, { pass: blurColumns, times: PASSES, isOurs: true });
  return crop(down, { x1: 0, y1: region.y1 - near.y1, x2: down.width, y2: region.y2 - near.y1 });
}
