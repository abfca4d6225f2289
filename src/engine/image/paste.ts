import { div255 } from './alpha.ts';
import { blank, type Picture, type Region, type Size, sizeOfRegion } from './picture.ts';

/** Where a picture's top left corner comes to lie on another, px; may be negative. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The part of both that overlaps when `size` is laid at `at` on `canvas`, in coordinates of the canvas. */
function overlap(canvas: Size, size: Size, at: Place): Region {
  return {
    x1: Math.max(at.x, 0),
    y1: Math.max(at.y, 0),
    x2: Math.min(at.x + size.width, canvas.width),
    y2: Math.min(at.y + size.height, canvas.height),
  };
}

/** A copy of `canvas` with `im` laid upon it; what reaches outside is cut off. Both have the same channels. */
export function paste(canvas: Picture, im: Picture, at: Place): Picture {
  const out = { ...canvas, data: new Uint8Array(canvas.data) };
  copyInto(out, im, at);
  return out;
}

/** As {@link paste}, on a canvas of which nobody has another. */
function copyInto(canvas: Picture, im: Picture, at: Place): void {
  const c = sameChannels(canvas, im);
  const { x1, y1, x2, y2 } = overlap(canvas, im, at);
  if (x2 <= x1) return;
  for (let y = y1; y < y2; y++) {
    const from = ((y - at.y) * im.width + x1 - at.x) * c;
    canvas.data.set(im.data.subarray(from, from + (x2 - x1) * c), (y * canvas.width + x1) * c);
  }
}

/** On black (or transparent) ground of that size. */
export function pasteOnBlank(size: Size, im: Picture, at: Place): Picture {
  const out = blank(size, im.channels);
  copyInto(out, im, at);
  return out;
}

/** As {@link paste}, through a mask of the size of `im`: 255 takes `im`, 0 keeps the canvas, alpha blended like the colours. */
export function pasteThrough(canvas: Picture, im: Picture, { mask, at }: { mask: Picture; at: Place }): Picture {
  const out = new Uint8Array(canvas.data);
  const c = sameChannels(canvas, im);
  const { x1, y1, x2, y2 } = overlap(canvas, im, at);
  for (let y = y1; y < y2; y++) {
    let m = (y - at.y) * im.width + x1 - at.x;
    let p = (y * canvas.width + x1) * c;
    for (let x = x1; x < x2; x++, m++, p += c) {
      const k = mask.data[m]!;
      for (let i = 0; i < c; i++) out[p + i] = div255(out[p + i]! * (255 - k) + im.data[m * c + i]! * k);
    }
  }
  return { ...canvas, data: out };
}

/** A region of the picture; outside it is zero (black, transparent). */
export function crop(im: Picture, region: Region): Picture {
  const { x1, y1, x2, y2 } = region;
  if (x1 === 0 && y1 === 0 && x2 === im.width && y2 === im.height) return im;
  return pasteOnBlank(sizeOfRegion(region), im, { x: -x1, y: -y1 });
}

/**
 * Fills a rectangle whose two corners are both inside, cut at the edges; nothing when it is inside out.
 * Source: Pillow ImageDraw `rectangle` (corners truncated to integers)
 */
export function drawRectangle(im: Picture, { x1, y1, x2, y2 }: Region, value: number): Picture {
  const [left, right] = [Math.max(Math.trunc(x1), 0), Math.min(Math.trunc(x2) + 1, im.width)];
  const [top, bottom] = [Math.max(Math.trunc(y1), 0), Math.min(Math.trunc(y2) + 1, im.height)];
  const out = new Uint8Array(im.data);
  const c = im.channels;
  for (let y = top; y < bottom && left < right; y++) {
    out.fill(value, (y * im.width + left) * c, (y * im.width + right) * c);
  }
  return { ...im, data: out };
}

function sameChannels(a: Picture, b: Picture): Picture['channels'] {
  if (a.channels !== b.channels) throw new RangeError(`${b.channels} channels pasted on ${a.channels}`);
  return a.channels;
}
