import { alphaComposite, premultiply, unpremultiply } from './alpha.ts';
import { toLuma, toRgb, toRgba } from './convert.ts';
import { crop, paste, pasteThrough } from './paste.ts';
import { blank, type Picture, type Region, type Size, sameSize, sizeOfRegion, wholeOf } from './picture.ts';
import { invert } from './point.ts';
import { resizeImageWith } from './resize-image.ts';
import type { Upscale } from './upscaler.ts';

/** The picture, premultiplied, with what the mask covers taken away. Step of {@link overlayPicture} and of masked content "fill". */
export function keptOutside(im: Picture, mask: Picture): Picture {
  const keep = invert(toLuma(mask));
  return pasteThrough(blank(im, 4), toRgba(toRgb(im)), { mask: keep, at: { x: 0, y: 0 } });
}

/**
 * What will be laid over the result: the picture, transparent where it was to be repainted. RGBA; `mask` has its size.
 * Source: A1111 modules/processing.py, `overlay_images`
 */
export function overlayPicture(im: Picture, mask: Picture): Picture {
  return unpremultiply(keptOutside(im, mask));
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
  return paste(blank(size, 4), toRgba(fitted), { x: pasteTo.x1, y: pasteTo.y1 });
}

/** The overlay laid over the result, at its top left corner should they differ in size. RGB. */
export function withOverlay(im: Picture, overlay: Picture): Picture {
  const below = toRgba(im);
  if (sameSize(im, overlay)) return toRgb(alphaComposite(below, overlay));
  const covered = alphaComposite(crop(below, wholeOf(overlay)), overlay);
  return toRgb(paste(below, covered, { x: 0, y: 0 }));
}

/** The result where the mask is, transparent elsewhere: A1111's "mask composite". `mask` has the picture's size. */
export function maskComposite(im: Picture, mask: Picture): Picture {
  const at = { x: 0, y: 0 };
  return unpremultiply(pasteThrough(blank(im, 4), premultiply(toRgba(im)), { mask: toLuma(mask), at }));
}
