import { alphaCompositeInto, unpremultiply } from './alpha.ts';
import { gaussianBlurWithin } from './box-blur.ts';
import { toLuma, toRgb } from './convert.ts';
import { extentOf } from './extent.ts';
import { keptOutside } from './overlay.ts';
import { paste } from './paste.ts';
import { blank, type Picture, sizeOfRegion } from './picture.ts';

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
 * entirely becomes black. `mask` has the picture's size; where it is 0 the picture stays, so only its box is worked out.
 * Source: A1111 modules/masking.py `fill`
 */
export function fill(im: Picture, mask: Picture): Picture {
  const region = extentOf(toLuma(mask), 0);
  if (region === null) return toRgb(im);
  const kept = keptOutside(im, mask);
  const result = blank(sizeOfRegion(region), 4);
  for (const [radius, times] of layers) {
    const { data } = unpremultiply(gaussianBlurWithin(kept, radius, region));
    for (let i = 0; i < times; i++) alphaCompositeInto(result.data, data);
  }
  return paste(toRgb(im), toRgb(result), { x: region.x1, y: region.y1 });
}
