import type { ResizeMode } from '../../edit/choices.ts';
import { fittedSize } from '../../edit/placement.ts';
import { toRgb } from './convert.ts';
import { type Place, paste, pasteOnBlank } from './paste.ts';
import { type Picture, type Region, type Size, sameSize } from './picture.ts';
import { resample, resampleRegion } from './resample.ts';
import type { Upscale } from './upscaler.ts';

/**
 * To the processing size with Lanczos. 'crop and resize' and 'resize and fill' give RGB whatever came in; the bars of the
 * latter continue the picture's edge in one extrapolated colour per column (row).
 * Source: A1111 modules/images.py `resize_image` without upscaler
 */
export function resizeImage(mode: ResizeMode, im: Picture, size: Size): Picture {
  return onCanvas(mode, resample(im, fittedSize(mode, im, size), 'lanczos'), size);
}

/** As {@link resizeImage}, enlarging with `upscale` when given. Grey pictures are never upscaled. */
export async function resizeImageWith(
  mode: ResizeMode,
  im: Picture,
  { size, upscale }: { size: Size; upscale: Upscale | null },
): Promise<Picture> {
  if (upscale === null || im.channels === 1) return resizeImage(mode, im, size);
  const fitted = fittedSize(mode, im, size);
  const scale = Math.max(fitted.width / im.width, fitted.height / im.height);
  const enlarged = scale > 1 ? await upscale(im, scale) : im;
  return onCanvas(mode, resample(enlarged, fitted, 'lanczos'), size);
}

function onCanvas(mode: ResizeMode, fitted: Picture, size: Size): Picture {
  if (mode === 'just resize') return fitted;
  const place = {
    x: (size.width >> 1) - (fitted.width >> 1),
    y: (size.height >> 1) - (fitted.height >> 1),
  };
  if (sameSize(fitted, size)) return toRgb(fitted);
  const canvas = pasteOnBlank(size, toRgb(fitted), place);
  return mode === 'crop and resize' ? canvas : withBars(canvas, fitted, place);
}

/** Fills what the fitted picture leaves free above and below, or left and right. */
function withBars(canvas: Picture, fitted: Picture, { x, y }: Place): Picture {
  const { width, height } = fitted;
  if (y > 0) {
    const size = { width: canvas.width, height: y };
    const above = paste(canvas, bar(fitted, size, { x1: 0, y1: 0, x2: width, y2: 0 }), { x: 0, y: 0 });
    return paste(above, bar(fitted, size, { x1: 0, y1: height, x2: width, y2: height }), { x: 0, y: y + height });
  }
  if (x > 0) {
    const size = { width: x, height: canvas.height };
    const left = paste(canvas, bar(fitted, size, { x1: 0, y1: 0, x2: 0, y2: height }), { x: 0, y: 0 });
    return paste(left, bar(fitted, size, { x1: width, y1: 0, x2: width, y2: height }), { x: x + width, y: 0 });
  }
  return canvas;
}

/** An edge stretched over `size`. as A1111: a region of no extent, which Pillow's bicubic filter extrapolates by half a pixel */
function bar(fitted: Picture, size: Size, edge: Region): Picture {
  return toRgb(resampleRegion(fitted, size, { filter: 'bicubic', region: edge }));
}
