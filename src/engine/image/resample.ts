import { resampledAcross, resampledDown, type Taps, WEIGHT_BITS } from '../kernels/kernels.ts';
import { premultiply, unpremultiply } from './alpha.ts';
import { crop } from './paste.ts';
import { type Picture, type Region, type Size, sameSize, wholeOf } from './picture.ts';

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

/** Weights for `to` outputs over the interval [b0, b1) of `from` inputs. An empty interval repeats (extrapolates) its edge. */
function weightsFor(
  filter: Exclude<Filter, 'nearest'>,
  { from, to, b0, b1 }: { from: number; to: number; b0: number; b1: number },
): Taps {
  const { support, weight } = kernels[filter];
  const scale = (b1 - b0) / to;
  const filterScale = Math.max(scale, 1);
  const reach = support * filterScale;
  const taps = Math.ceil(reach) * 2 + 1;
  const [first, k] = [new Int32Array(to), new Int32Array(to * taps)];
  const row = new Float64Array(taps);
  for (let i = 0; i < to; i++) {
    const center = b0 + (i + 0.5) * scale;
    const lo = Math.max(Math.trunc(center - reach + 0.5), 0);
    const n = Math.min(Math.trunc(center + reach + 0.5), from) - lo;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += row[j] = weight((j + lo - center + 0.5) * (1 / filterScale));
    for (let j = 0; j < n; j++) {
      const w = (sum !== 0 ? row[j]! / sum : row[j]!) * 2 ** WEIGHT_BITS;
      k[i * taps + j] = Math.trunc(w < 0 ? w - 0.5 : w + 0.5);
    }
    first[i] = lo;
  }
  return { taps, first, k };
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
  const rows = vertical ? weightsFor(filter, { from: im.height, to: height, b0: y1, b1: y2 }) : null;
  if (!horizontal) return rows ? resampledDown(im, rows) : im;
  const columns = weightsFor(filter, { from: im.width, to: width, b0: x1, b1: x2 });
  if (!rows) return resampledAcross(im, columns);
  const [top, end] = [rows.first[0]!, Math.min(rows.first[height - 1]! + rows.taps, im.height)]; // others need no resampling
  const wide = resampledAcross(crop(im, { x1: 0, y1: top, x2: im.width, y2: end }), columns);
  return resampledDown(wide, { ...rows, first: rows.first.map((row) => row - top) });
}
