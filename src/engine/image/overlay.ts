import { blendOver, div255, premultiply, unpremultiply } from './alpha.ts';
import { toLuma, toRgb, toRgba } from './convert.ts';
import { pasteOnBlank, pasteThrough } from './paste.ts';
import { blank, type Picture, type Region, type Size, sizeOfRegion } from './picture.ts';
import { resizeImageWith } from './resize-image.ts';
import type { Upscale } from './upscaler.ts';

/**
 * The RGB picture, premultiplied, with what the mask covers taken away: where the mask is k, alpha is 255 − k. One loop over what
 * may be many megapixels; plain zones, nearly all of them, are copied.
 */
export function keptOutside(im: Picture, mask: Picture): Picture {
  return withAlpha(im, mask, (c, alpha) => div255(c * alpha));
}

/**
 * What will be laid over the result: the RGB picture, transparent where it was to be repainted. RGBA; `mask` has its size.
 * Source: A1111 modules/processing.py, `overlay_images`
 */
export function overlayPicture(im: Picture, mask: Picture): Picture {
  return withAlpha(im, mask, throughAlpha);
}

/** A colour premultiplied in 8 bits, and back. */
function throughAlpha(c: number, alpha: number): number {
  return Math.min(255, ((255 * div255(c * alpha)) / alpha) | 0);
}

/** RGBA of the inverted mask as alpha; `shade` gives the colours where it is neither 0, where they are 0, nor 255. */
function withAlpha(im: Picture, mask: Picture, shade: (c: number, alpha: number) => number): Picture {
  const [{ data }, grey] = [toRgb(im), toLuma(mask).data];
  if (data.length !== 3 * grey.length) throw new RangeError('a mask of another size than its picture');
  const out = blank(im, 4);
  for (let i = 0, p = 0, o = 0; i < grey.length; i++, p += 3, o += 4) {
    const alpha = 255 - grey[i]!;
    if (alpha === 0) continue;
    const isOpaque = alpha === 255;
    out.data[o] = isOpaque ? data[p]! : shade(data[p]!, alpha);
    out.data[o + 1] = isOpaque ? data[p + 1]! : shade(data[p + 1]!, alpha);
    out.data[o + 2] = isOpaque ? data[p + 2]! : shade(data[p + 2]!, alpha);
    out.data[o + 3] = alpha;
  }
  return out;
}

/**
 * The painted crop back at its place in a transparent picture of the whole size.
 * Source: A1111 modules/processing.py `uncrop`
 */
export async function uncrop(
  im: Picture,
  { size, pasteTo, upscale }: { size: Size; pasteTo: Region; upscale: Upscale | null },
): Promise<Picture> {
  const fitted = await resizeImageWith('crop and resize', im, { size: sizeOfRegion(pasteTo), upscale });
  return pasteOnBlank(size, toRgba(fitted), { x: pasteTo.x1, y: pasteTo.y1 });
}

/**
 * The RGB source over a result of its size, as far as the mask keeps it: what {@link overlayPicture} composited on the result would be, in one pass.
 * Source: A1111 modules/processing.py `apply_overlay`
 */
export function keptOver(im: Picture, source: Picture, mask: Picture): Picture {
  const [{ data: kept }, grey] = [toRgb(source), toLuma(mask).data];
  const out = new Uint8Array(toRgb(im).data);
  if (kept.length !== out.length || kept.length !== 3 * grey.length) {
    throw new RangeError('a result of another size than its source and mask');
  }
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
    const alpha = 255 - grey[i]!;
    if (alpha === 0) continue;
    for (let c = p; c < p + 3; c++) {
      out[c] = alpha === 255 ? kept[c]! : blendOver(throughAlpha(kept[c]!, alpha), out[c]!, alpha);
    }
  }
  return { ...im, channels: 3, data: out };
}

/** The result where the mask is, transparent elsewhere: A1111's "mask composite". `mask` has the picture's size. */
export function maskComposite(im: Picture, mask: Picture): Picture {
  const at = { x: 0, y: 0 };
  return unpremultiply(pasteThrough(blank(im, 4), premultiply(toRgba(im)), { mask: toLuma(mask), at }));
}
