import { gaussianBlur } from './box-blur.ts';
import { toRgb } from './convert.ts';
import { pasteThrough } from './paste.ts';
import { type Picture, sameSize } from './picture.ts';
import { brightness } from './point.ts';

/** What "Inpaint sketch" hands to the pipeline: the picture with the strokes blended in, and the mask of the strokes. */
export interface Sketched {
  readonly init: Picture;
  readonly mask: Picture;
}

/**
 * Strokes painted over a picture: where it changed is the mask, and the change is mixed in, blurred and as strong as the mask
 * is opaque. From 50 on, `maskAlpha` leaves a mask that rounds to nothing in the latents, as in A1111.
 *
 * @param maskAlpha  mask transparency, 0…100
 * @param maskBlur  standard deviation, px
 * @throws RangeError when the two pictures differ in size
 * Source: A1111 modules/img2img.py, mode "Inpaint sketch"
 */
export function inpaintSketch(
  original: Picture,
  painted: Picture,
  { maskAlpha, maskBlur }: { maskAlpha: number; maskBlur: number },
): Sketched {
  if (!sameSize(original, painted)) throw new RangeError('a painted picture of another size than its original');
  const [before, after] = [toRgb(original), toRgb(painted)];
  const mask = brightness(changed(before, after), 1 - maskAlpha / 100);
  const init = pasteThrough(before, gaussianBlur(after, maskBlur), {
    mask: gaussianBlur(mask, maskBlur),
    at: { x: 0, y: 0 },
  });
  return { init, mask };
}

/** 255 where any channel differs. */
function changed({ width, height, data }: Picture, after: Picture): Picture {
  const out = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < out.length; i++, p += 3) {
    const same = data[p] === after.data[p] && data[p + 1] === after.data[p + 1] && data[p + 2] === after.data[p + 2];
    out[i] = same ? 0 : 255;
  }
  return { width, height, channels: 1, data: out };
}
