import { alphaCompositeInto, unpremultiply } from './alpha.ts';
import { gaussianBlur } from './box-blur.ts';
import { toRgb } from './convert.ts';
import { keptOutside } from './overlay.ts';
import type { Picture } from './picture.ts';

/** Blur radius, px, and how often that layer is laid on: from vague to sharp, the picture itself last. */
const layers = [
  [256, 1],
  [64, 1],
  [16, 2],
  [4, 4],
  [2, 2],
  [0, 1],
] as const;

/**
 * Masked content "fill": the colours around the mask flow into it, from blurs of different reach. A picture that is masked
 * entirely becomes black. `mask` has the picture's size.
 * Source: A1111 modules/masking.py `fill`
 */
export function fill(im: Picture, mask: Picture): Picture {
  const kept = keptOutside(im, mask);
  const result = new Uint8Array(kept.data.length);
  for (const [radius, times] of layers) {
    const { data } = unpremultiply(gaussianBlur(kept, radius));
    for (let i = 0; i < times; i++) alphaCompositeInto(result, data);
  }
  return toRgb({ ...kept, data: result });
}
