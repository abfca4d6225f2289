import type { Picture } from './picture.ts';

/** Every byte through a table of 256. */
function lookUp(im: Picture, table: Uint8Array): Picture {
  const out = new Uint8Array(im.data.length);
  for (let i = 0; i < out.length; i++) out[i] = table[im.data[i]!]!;
  return { ...im, data: out };
}

/** 255 − v, for grey and RGB pictures. */
export function invert(im: Picture): Picture {
  const out = new Uint8Array(im.data.length);
  for (let i = 0; i < out.length; i++) out[i] = 255 - im.data[i]!;
  return { ...im, data: out };
}

/**
 * Blended with black: 0 is black, 1 the picture itself. Truncated, in float32.
 * Source: Pillow ImageEnhance.Brightness, Blend.c
 */
export function brightness(im: Picture, factor: number): Picture {
  if (factor === 1) return im;
  const f = Math.fround(Math.max(factor, 0));
  return lookUp(
    im,
    Uint8Array.from({ length: 256 }, (_, v) => Math.min(255, Math.trunc(Math.fround(f * v)))),
  );
}

/** Twice the value, clipped: the overlay mask of "Whole picture". */
export function doubled(im: Picture): Picture {
  return lookUp(
    im,
    Uint8Array.from({ length: 256 }, (_, v) => Math.min(2 * v, 255)),
  );
}

/** 255 where above the threshold, else 0. */
export function thresholded(im: Picture, above: number): Picture {
  return lookUp(
    im,
    Uint8Array.from({ length: 256 }, (_, v) => (v > above ? 255 : 0)),
  );
}
