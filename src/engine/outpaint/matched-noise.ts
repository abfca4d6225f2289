import { matchedValues, quantilesOf } from '../image/histogram-match.ts';
import type { Picture } from '../image/picture.ts';
import { numpyRandom } from '../tensor/pcg64.ts';
import { type Complex, complexZeros, fft2 } from './fft.ts';

/** How the noise looks that outpainting starts from. */
export interface MatchedNoiseOptions {
  /** Fall-off exponent of the spectrum, 0…4: lower is more detail. */
  readonly noiseQ: number;
  /** 0…1: 0 is grey noise. */
  readonly colorVariation: number;
}

/** One value per pixel of each of the three channels. */
type Planes = readonly [Float64Array, Float64Array, Float64Array];

const perChannel = (f: (channel: 0 | 1 | 2) => Float64Array): Planes => [f(0), f(1), f(2)];

const maxOf = (planes: Planes) => Math.max(...planes.map((plane) => plane.reduce((a, b) => Math.max(a, b))));
const minOf = (planes: Planes) => Math.min(...planes.map((plane) => plane.reduce((a, b) => Math.min(a, b))));

/**
 * The masked part of an RGB picture filled with noise that has the spectrum and the colours of the rest; interleaved values 0…1.
 * Both sides of the picture should have small prime factors.
 *
 * @param mask  grey, 255 = to be filled
 * Source: A1111 scripts/outpainting_mk_2.py `get_matched_noise`; by parlance-zz, "g-diffuser-bot"
 */
export function matchedNoise(im: Picture, mask: Picture, options: MatchedNoiseOptions): Float64Array {
  const weight = Float64Array.from(mask.data, (v) => v / 255);
  const source = perChannel((c) => Float64Array.from({ length: weight.length }, (_, i) => im.data[i * 3 + c]! / 255));
  const shaped = normalised(shapedNoise(windowed(source, weight), im, options));
  shaped.forEach((plane, c) => {
    takeColors(plane, { template: source[c]!, weight });
  });
  const out = new Float64Array(im.data.length);
  for (let i = 0; i < weight.length; i++) {
    for (let c = 0; c < 3; c++) {
      const v = source[c]![i]! * (1 - weight[i]!) + shaped[c]![i]! * weight[i]!;
      out[i * 3 + c] = Math.min(Math.max(v, 0), 1);
    }
  }
  return out;
}

/** What is known, brightened to 1, and the mean of the whole canvas where nothing is known. */
function windowed(source: Planes, weight: Float64Array): Planes {
  const known = perChannel((c) => source[c].map((v, i) => v * (1 - weight[i]!)));
  const max = maxOf(known);
  const mean = source.reduce((sum, plane) => sum + plane.reduce((a, b) => a + b, 0), 0) / (3 * weight.length);
  return perChannel((c) => known[c].map((v, i) => v / max + mean * weight[i]!));
}

/** Uniform noise, its colours drawn together, from numpy's generator with seed 0: outpainting varies with the job's seed alone. */
function uniformNoise(length: number, colorVariation: number): Planes {
  const random = numpyRandom(0);
  const planes = perChannel(() => new Float64Array(length));
  for (let i = 0; i < length; i++) {
    const [r, g, b] = [random(), random(), random()];
    const grey = ((r + g + b) / 3) * (1 - colorVariation);
    planes[0][i] = r * colorVariation + grey;
    planes[1][i] = g * colorVariation + grey;
    planes[2][i] = b * colorVariation + grey;
  }
  return planes;
}

/** Falls off as 1 / ((x² + 1)(y² + 1)) from frequency 0, where it is 1; the longer axis reaches further out. */
function spectralWindow(rows: number, columns: number): Float64Array {
  const short = Math.min(rows, columns);
  const along = (n: number) =>
    Float64Array.from({ length: n }, (_, k) => {
      const frequency = ((2 * (k < n / 2 ? k : k - n)) / n) * (n / short);
      return 1 / (frequency * frequency + 1);
    });
  const [down, across] = [along(rows), along(columns)];
  return Float64Array.from({ length: rows * columns }, (_, i) => down[Math.floor(i / columns)]! * across[i % columns]!);
}

/** The power spectrum of smoothed noise on the phases and, to the power of q, the amplitudes of the picture. */
function shapedNoise(
  known: Planes,
  { width, height }: Picture,
  { noiseQ, colorVariation }: MatchedNoiseOptions,
): Planes {
  const size = { rows: height, columns: width };
  const noise = uniformNoise(width * height, colorVariation);
  const window = spectralWindow(height, width);
  return perChannel((c) => {
    const picture = fft2(real(known[c]), size);
    const grain = fft2(real(noise[c]), size);
    const product = complexZeros(width * height);
    for (let i = 0; i < window.length; i++) {
      const [re, im] = [picture.re[i]!, picture.im[i]!];
      const amplitude = Math.hypot(re, im);
      const power = (grain.re[i]! ** 2 + grain.im[i]! ** 2) * window[i]! ** 2 * amplitude ** noiseQ;
      product.re[i] = power * (amplitude === 0 ? 1 : re / amplitude); // A1111 divides by zero here
      product.im[i] = power * (amplitude === 0 ? 0 : im / amplitude);
    }
    return fft2(product, size, true).re;
  });
}

function real(values: Float64Array): Complex {
  return { re: values, im: new Float64Array(values.length) };
}

/** To 0…1, all channels alike. */
function normalised(planes: Planes): Planes {
  const min = minOf(planes);
  const max = maxOf(planes) - min;
  return perChannel((c) => planes[c].map((v) => (v - min) / max));
}

/** Gives the masked values the distribution that `template` has where nothing is masked. In place. */
function takeColors(plane: Float64Array, { template, weight }: { template: Float64Array; weight: Float64Array }): void {
  const source = quantilesOf(plane.filter((_, i) => weight[i]! > 1e-6));
  const matched = matchedValues(source, quantilesOf(template.filter((_, i) => weight[i]! < 1e-3)));
  for (let i = 0; i < plane.length; i++) {
    if (weight[i]! > 1e-6) plane[i] = matched[indexOf(source.values, plane[i]!)]!;
  }
}

/** Where a value stands among ascending ones that hold it. */
function indexOf(values: Float64Array, value: number): number {
  let [lo, hi] = [0, values.length - 1];
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (values[mid]! < value) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}
