import { extentOf } from './extent.ts';
import type { Picture, Region, Size } from './picture.ts';

/**
 * What "only masked" cuts out: the mask's bounding box and `padding` px around it, inside the picture. Null for a blank mask.
 * Source: A1111 modules/masking.py `get_crop_region_v2`
 */
export function cropRegion(mask: Picture, padding: number): Region | null {
  const box = extentOf(mask, 0);
  return (
    box && {
      x1: Math.max(box.x1 - padding, 0),
      y1: Math.max(box.y1 - padding, 0),
      x2: Math.min(box.x2 + padding, mask.width),
      y2: Math.min(box.y2 + padding, mask.height),
    }
  );
}

/**
 * Widens the region to the shape it will be painted at, so that "only masked" does not distort. It grows along one axis,
 * then slides back inside the picture; where the picture is too small it stays off that shape.
 *
 * @param region  px, inside `image`
 * @param target  the size the crop will be resized to, px
 * @returns a region inside `image` that contains `region`
 * Source: A1111 modules/masking.py `expand_crop_region`
 */
export function expandCropRegion(region: Region, target: Size, image: Size): Region {
  const { x1, y1, x2, y2 } = region;
  const [width, height] = [x2 - x1, y2 - y1];
  const ratio = target.width / target.height;
  if (width / height > ratio) {
    const [top, bottom] = grown([y1, y2], Math.trunc(width / ratio - height), image.height);
    return { x1, y1: top, x2, y2: bottom };
  }
  const [left, right] = grown([x1, x2], Math.trunc(height * ratio - width), image.width);
  return { x1: left, y1, x2: right, y2 };
}

/** An interval longer by `more`, half of it at each end, moved and then cut to lie in 0 … limit. */
function grown([from, to]: readonly [number, number], more: number, limit: number): [number, number] {
  let start = from - Math.floor(more / 2);
  let end = to + more - Math.floor(more / 2);
  if (end >= limit) {
    start -= end - limit;
    end = limit;
  }
  if (start < 0) {
    end -= start;
    start = 0;
  }
  return [start, Math.min(end, limit)];
}
