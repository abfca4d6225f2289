import { toRgb } from './convert.ts';
import type { Picture, Rgb } from './picture.ts';

/**
 * Rounded division by 255, right for 0 ≤ v ≤ 255².
 * Source: Pillow ImagingUtils.h `DIV255`
 */
export function div255(v: number): number {
  const t = v + 128;
  return ((t >> 8) + t) >> 8;
}

/** Colour times alpha; the alpha itself stays. RGBA bytes in, the bytes of Pillow's mode RGBa out. */
export function premultiply(im: Picture): Picture {
  const { data } = im;
  const out = new Uint8Array(data);
  for (let p = 0; p < out.length; p += 4) {
    const a = data[p + 3]!;
    if (a === 255) continue;
    out[p] = div255(data[p]! * a);
    out[p + 1] = div255(data[p + 1]! * a);
    out[p + 2] = div255(data[p + 2]! * a);
  }
  return { ...im, data: out };
}

/** Colour divided by alpha, clipped and rounded down; kept as it is where alpha is 0 or 255. Inverse of {@link premultiply}. */
export function unpremultiply(im: Picture): Picture {
  const { data } = im;
  const out = new Uint8Array(data);
  for (let p = 0; p < out.length; p += 4) {
    const a = data[p + 3]!;
    if (a === 255 || a === 0) continue;
    out[p] = divideByAlpha(data[p]!, a);
    out[p + 1] = divideByAlpha(data[p + 1]!, a);
    out[p + 2] = divideByAlpha(data[p + 2]!, a);
  }
  return { ...im, data: out };
}

function divideByAlpha(c: number, a: number): number {
  return Math.min(255, ((255 * c) / a) | 0);
}

/**
 * `src` over `dst`, both RGBA of one size, with 7 extra bits for the colours.
 * Source: Pillow AlphaComposite.c
 */
export function alphaComposite(dst: Picture, src: Picture): Picture {
  const out = new Uint8Array(dst.data);
  alphaCompositeInto(out, src.data);
  return { ...dst, data: out };
}

/** {@link alphaComposite} onto the RGBA bytes `dst`, in place. @throws RangeError when the lengths differ */
export function alphaCompositeInto(dst: Uint8Array, src: Uint8Array): void {
  if (dst.length !== src.length) throw new RangeError(`${src.length} bytes composited over ${dst.length}`);
  for (let p = 0; p < src.length; p += 4) {
    const sa = src[p + 3]!;
    if (sa === 0) continue;
    if (sa === 255) {
      dst[p] = src[p]!;
      dst[p + 1] = src[p + 1]!;
      dst[p + 2] = src[p + 2]!;
      dst[p + 3] = 255;
      continue;
    }
    const below = dst[p + 3]! * (255 - sa);
    const oa = sa * 255 + below;
    const c1 = Math.floor((sa * 255 * 255 * 128) / oa);
    const c2 = 255 * 128 - c1;
    dst[p] = blend7(src[p]! * c1 + dst[p]! * c2);
    dst[p + 1] = blend7(src[p + 1]! * c1 + dst[p + 1]! * c2);
    dst[p + 2] = blend7(src[p + 2]! * c1 + dst[p + 2]! * c2);
    dst[p + 3] = div255(oa);
  }
}

/** What {@link alphaComposite} makes of one colour, `over`, on an opaque one. */
export function blendOver(over: number, under: number, alpha: number): number {
  return blend7((over * alpha + under * (255 - alpha)) * 128);
}

/** Rounded division by 255 · 128. */
function blend7(v: number): number {
  const t = v + (128 << 7);
  return (((t >> 8) + t) >> 8) >> 7;
}

/**
 * On a solid background when the picture is RGBA; otherwise just to RGB (grey with alpha never gets here as such).
 * Source: A1111 modules/images.py `flatten`
 */
export function flatten(im: Picture, background: Rgb): Picture {
  if (im.channels !== 4) return toRgb(im);
  const { width, height, data } = im;
  const out = new Uint8Array(width * height * 3);
  for (let o = 0, p = 0; o < out.length; o += 3, p += 4) {
    const a = data[p + 3]!;
    for (let c = 0; c < 3; c++) out[o + c] = div255(background[c]! * (255 - a) + data[p + c]! * a);
  }
  return { width, height, channels: 3, data: out };
}
