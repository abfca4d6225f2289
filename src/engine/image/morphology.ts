import type { Picture } from './picture.ts';

/** Extremum of every window of `size` around each of n values, values outside ignored; `out` may not be `line`. */
function slideMax(line: Uint8Array, size: number, out: Uint8Array): void {
  const n = line.length;
  const before = size >> 1;
  const blocks = Math.ceil((n + size) / size) * size;
  const padded = new Uint8Array(blocks + size);
  padded.set(line, before);
  const prefix = padded.slice();
  const suffix = padded;
  for (let i = 1; i < prefix.length; i++) if (i % size !== 0) prefix[i] = Math.max(prefix[i]!, prefix[i - 1]!);
  for (let i = suffix.length - 2; i >= 0; i--) {
    if (i % size !== size - 1) suffix[i] = Math.max(suffix[i]!, suffix[i + 1]!);
  }
  for (let i = 0; i < n; i++) out[i] = Math.max(suffix[i]!, prefix[i + size - 1]!);
}

/**
 * Brightest value in a square of `size` px around each pixel of a grey picture; for even sizes the square reaches one further to
 * the top left. Running extrema by block, so the size costs nothing.
 * Source: OpenCV `dilate`; van Herk 1992
 */
export function dilate(im: Picture, size: number): Picture {
  if (size <= 1) return im;
  const { width, height } = im;
  const out = new Uint8Array(im.data.length);
  const row = new Uint8Array(width);
  for (let y = 0; y < height; y++) {
    slideMax(im.data.subarray(y * width, (y + 1) * width), size, row);
    out.set(row, y * width);
  }
  const [column, wide] = [new Uint8Array(height), new Uint8Array(height)];
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) column[y] = out[y * width + x]!;
    slideMax(column, size, wide);
    for (let y = 0; y < height; y++) out[y * width + x] = wide[y]!;
  }
  return { ...im, data: out };
}

/** Darkest value in such a square. Source: OpenCV `erode` */
export function erode(im: Picture, size: number): Picture {
  const negative = { ...im, data: im.data.map((v) => 255 - v) };
  const { data } = dilate(negative, size);
  return { ...im, data: data.map((v) => 255 - v) };
}

/** Grown by a square of `amount` px when positive, shrunk by one when negative. */
export function dilateOrErode(im: Picture, amount: number): Picture {
  if (amount === 0) return im;
  return amount > 0 ? dilate(im, amount) : erode(im, -amount);
}
