import { correctColors } from '../image/color-correction.ts';
import { toLuma, toRgb, toRgba } from '../image/convert.ts';
import { keptOver, maskComposite } from '../image/overlay.ts';
import { crop, paste, pasteOnBlank } from '../image/paste.ts';
import { type Picture, type Region, sizeOfRegion } from '../image/picture.ts';
import { resizeImage, resizeImageWith } from '../image/resize-image.ts';
import { adaptiveMask, type LatentChange, type PixelMaskSettings } from '../image/soft-inpainting-pixels.ts';
import type { Upscale } from '../image/upscaler.ts';
import type { Canvas, Inpaint } from './canvas.ts';

/** A finished picture. */
export interface Composite {
  /** RGB. */
  readonly image: Picture;
  /** What was painted, RGB, its colours corrected, as large as its place. */
  readonly painted: Picture;
  /** Its place in the image; null where it is all of it. */
  readonly pasteTo: Region | null;
}

/** How a result is put together. */
export interface CompositeOptions {
  /** False leaves the bare result, which for "only masked" is the crop. */
  readonly overlayInpaint: boolean;
  readonly upscale: Upscale | null;
}

/**
 * What was painted (RGB, of the processing size) with its colours corrected, back at its place, under the overlay.
 * Source: A1111 modules/processing.py `process_images_inner`, `apply_overlay`
 */
export async function composite(painted: Picture, canvas: Canvas, options: CompositeOptions): Promise<Composite> {
  const { inpaint, colorTarget } = canvas;
  const corrected = colorTarget ? correctColors(painted, colorTarget) : painted;
  if (!inpaint || !options.overlayInpaint) return { image: corrected, painted: corrected, pasteTo: null };
  const { pasteTo, source, maskForOverlay } = inpaint;
  if (!pasteTo) {
    return { image: keptOver(corrected, source, maskForOverlay), painted: corrected, pasteTo };
  }
  // Around the crop there is only the source: nothing of it needs to be looked at.
  const fitted = await fittedTo(corrected, pasteTo, options.upscale);
  const covered = keptOver(fitted, crop(source, pasteTo), crop(maskForOverlay, pasteTo));
  return { image: paste(source, covered, { x: pasteTo.x1, y: pasteTo.y1 }), painted: fitted, pasteTo };
}

/** As A1111's `uncrop` resizes what it puts back. */
async function fittedTo(im: Picture, place: Region, upscale: Upscale | null): Promise<Picture> {
  return await resizeImageWith('crop and resize', im, { size: sizeOfRegion(place), upscale });
}

/** The two extra pictures of an inpaint that people may ask for. */
export interface MaskResults {
  /** The mask of the overlay as RGB: A1111's `return_mask`. */
  readonly mask: Picture;
  /** RGBA, the repainted part alone: A1111's `return_mask_composite`. */
  readonly maskComposite: Picture;
}

/** Source: A1111 modules/processing.py `process_images_inner` */
export function maskResults({ painted, pasteTo }: Composite, { maskForOverlay, source }: Inpaint): MaskResults {
  const placed = pasteTo ? pasteOnBlank(source, toRgba(painted), { x: pasteTo.x1, y: pasteTo.y1 }) : painted;
  const mask = toLuma(resizeImage('resize and fill', maskForOverlay, placed));
  return { mask: toRgb(maskForOverlay), maskComposite: maskComposite(placed, mask) };
}

/**
 * Soft inpainting's overlay: transparent where sampling changed the latents, whatever the mask said. One per picture, as each
 * changes elsewhere.
 */
export async function softened(canvas: Canvas, change: LatentChange, settings: PixelMaskSettings): Promise<Canvas> {
  const { inpaint, size } = canvas;
  if (!inpaint) return canvas;
  const maskForOverlay = await softMask(adaptiveMask(change, settings, size), inpaint);
  return { ...canvas, inpaint: { ...inpaint, maskForOverlay } };
}

/** Outside the crop nothing changed. */
async function softMask(mask: Picture, { pasteTo, source }: Inpaint): Promise<Picture> {
  if (!pasteTo) return mask;
  return pasteOnBlank(source, toLuma(await fittedTo(mask, pasteTo, null)), { x: pasteTo.x1, y: pasteTo.y1 });
}
