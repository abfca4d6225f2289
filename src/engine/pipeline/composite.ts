import { correctColors } from '../image/color-correction.ts';
import { toLuma, toRgb } from '../image/convert.ts';
import { maskComposite, overlayPicture, uncrop, withOverlay } from '../image/overlay.ts';
import type { Picture, Region } from '../image/picture.ts';
import { resizeImage } from '../image/resize-image.ts';
import { adaptiveMask, type LatentChange, type PixelMaskSettings } from '../image/soft-inpainting-pixels.ts';
import type { Upscale } from '../image/upscaler.ts';
import type { Canvas, Inpaint } from './canvas.ts';

/** A finished picture. */
export interface Composite {
  /** RGB. */
  readonly image: Picture;
  /** What was painted, its colours corrected, at its place: RGB, or RGBA that is transparent outside the crop. */
  readonly placed: Picture;
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
  if (!inpaint || !options.overlayInpaint) return { image: corrected, placed: corrected };
  const placed = await placedBack(corrected, inpaint, options);
  return { image: withOverlay(placed, inpaint.overlay), placed };
}

/** The two extra pictures of an inpaint that people may ask for. */
export interface MaskResults {
  /** The mask of the overlay as RGB: A1111's `return_mask`. */
  readonly mask: Picture;
  /** RGBA, the repainted part alone: A1111's `return_mask_composite`. */
  readonly maskComposite: Picture;
}

/** Source: A1111 modules/processing.py `process_images_inner` */
export function maskResults({ placed }: Composite, { maskForOverlay }: Inpaint): MaskResults {
  const mask = toLuma(resizeImage('resize and fill', maskForOverlay, placed));
  return { mask: toRgb(maskForOverlay), maskComposite: maskComposite(placed, mask) };
}

async function placedBack(im: Picture, { pasteTo, overlay }: Inpaint, { upscale }: CompositeOptions): Promise<Picture> {
  return pasteTo ? await uncrop(im, { size: overlay, pasteTo, upscale }) : im;
}

/**
 * Soft inpainting's overlay: transparent where sampling changed the latents, whatever the mask said. One per picture, as each
 * changes elsewhere.
 */
export async function softened(canvas: Canvas, change: LatentChange, settings: PixelMaskSettings): Promise<Canvas> {
  const { inpaint, size } = canvas;
  if (!inpaint) return canvas;
  const maskForOverlay = await softMask(adaptiveMask(change, settings, size), inpaint);
  return {
    ...canvas,
    inpaint: { ...inpaint, maskForOverlay, overlay: overlayPicture(inpaint.source, maskForOverlay) },
  };
}

async function softMask(
  mask: Picture,
  { pasteTo, source }: { pasteTo: Region | null; source: Picture },
): Promise<Picture> {
  return pasteTo ? toLuma(await uncrop(mask, { size: source, pasteTo, upscale: null })) : mask;
}
