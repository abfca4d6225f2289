import { roundHalfEven } from '../tensor/round-half-even.ts';
import { extentOf } from './extent.ts';
import type { Picture } from './picture.ts';

/**
 * OpenCV's 8-bit Gaussian kernel: `length` (odd) integers that add up to 256, the rounding error carried inwards.
 * Source: OpenCV 4 smooth.dispatch.cpp `getGaussianKernelFixedPoint_ED`
 */
export function cvGaussianKernel(length: number, sigma: number): Int32Array {
  const half = length >> 1;
  const v = Array.from({ length: half }, (_, i) => Math.exp(-((2 * i - (length - 1)) ** 2) / (8 * sigma * sigma)));
  const sum = 2 * v.reduce((a, b) => a + b, 0) + 1;
  const kernel = new Int32Array(length);
  let error = 0;
  let total = 0;
  for (let i = 0; i < half; i++) {
    const t = (v[i]! / sum) * 256 + error;
    const k = roundHalfEven(t);
    error = t - k;
    kernel[i] = kernel[length - 1 - i] = k;
    total += 2 * k;
  }
  kernel[half] = 256 - total;
  return kernel;
}

/** Position −r … n + r reflected into the line without repeating its ends; a line of one pixel repeats. */
function reflect101(i: number, n: number): number {
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const m = ((i % period) + period) % period;
  return m < n ? m : period - m;
}

/** A blurred line is a sum of steps, each smoothed alike: lines of few edges, as masks have, cost little. */
interface Smoother {
  readonly reach: number;
  /** tail[m] = Σ kernel[m…]: what a unit step weighs in a window that it enters m places from its start. */
  readonly tail: Int32Array;
}

function smootherFor(kernel: Int32Array): Smoother {
  const tail = new Int32Array(kernel.length + 1);
  for (let m = kernel.length - 1; m >= 0; m--) tail[m] = tail[m + 1]! + kernel[m]!;
  return { reach: kernel.length >> 1, tail };
}

/** `sums` [n] becomes the convolution of `padded` [n + 2·reach] with the kernel, 256 = 1. */
function smooth(padded: Uint8Array, { reach, tail }: Smoother, sums: Int32Array): void {
  const n = sums.length;
  for (let x = 0; x < n; x++) sums[x] = 256 * padded[x]!; // all steps up to x together
  for (let s = 1; s < padded.length; s++) {
    const step = padded[s]! - padded[s - 1]!;
    if (step === 0) continue;
    const to = Math.min(s, n);
    for (let x = Math.max(s - 2 * reach, 0); x < to; x++) sums[x] = sums[x]! + step * tail[s - x]!;
  }
}

/** Where a line starts, how far its pixels lie apart and how many there are. */
interface Line {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** Blurs one line of `data` into `out`, only between `from` and `to`. */
function blurLine(data: Uint8Array, { start, step, length }: Line, work: LineWork, out: Uint8Array): void {
  const { from, to, padded, sums, smoother } = work;
  const { reach } = smoother;
  for (let i = 0; i < padded.length; i++) padded[i] = data[start + reflect101(from - reach + i, length) * step]!;
  smooth(padded, smoother, sums);
  for (let i = from; i < to; i++) out[start + i * step] = Math.min(255, (sums[i - from]! + 128) >> 8);
}

interface LineWork {
  readonly from: number;
  readonly to: number;
  readonly padded: Uint8Array;
  readonly sums: Int32Array;
  readonly smoother: Smoother;
}

function lineWork(detail: readonly [number, number], length: number, smoother: Smoother): LineWork {
  const { reach } = smoother;
  const from = Math.max(detail[0] - reach, 0);
  const to = Math.min(detail[1] + reach, length);
  return { from, to, smoother, padded: new Uint8Array(to - from + 2 * reach), sums: new Int32Array(to - from) };
}

/**
 * A grey picture blurred along x, or y, by OpenCV's integer Gaussian of standard deviation `sigma` px; borders are reflected.
 * The kernel has 2·⌊2.5σ + ½⌋ + 1 taps. 0 leaves the picture as it is.
 * Source: A1111 modules/processing.py (mask blur); OpenCV 4 `GaussianBlur`
 */
export function cvBlur(im: Picture, axis: 'x' | 'y', sigma: number): Picture {
  const length = 2 * Math.trunc(2.5 * sigma + 0.5) + 1;
  const detail = sigma > 0 && length > 1 ? extentOf(im, im.data[0]!) : null;
  if (!detail) return im;
  const { x1, y1, x2, y2 } = detail;
  const smoother = smootherFor(cvGaussianKernel(length, sigma));
  const out = new Uint8Array(im.data);
  const { width, height } = im;
  if (axis === 'x') {
    const work = lineWork([x1, x2], width, smoother);
    for (let y = y1; y < y2; y++) blurLine(im.data, { start: y * width, step: 1, length: width }, work, out);
  } else {
    const work = lineWork([y1, y2], height, smoother);
    for (let x = x1; x < x2; x++) blurLine(im.data, { start: x, step: width, length: height }, work, out);
  }
  return { ...im, data: out };
}
