import type { Placement } from '../../edit/placement.ts';
import type { MaskCombination, MaskReading } from '../../edit/probe.ts';
import { channelOf, toLuma } from './convert.ts';
import { dilateDisc, erodeDisc } from './disc-morphology.ts';
import { binaryMask } from './mask.ts';
import { drawRectangle, pasteOnBlank } from './paste.ts';
import { blank, type Picture, type Size, sameSize } from './picture.ts';
import { invert, thresholded } from './point.ts';
import { resample } from './resample.ts';

const readers: Readonly<Record<MaskReading, (im: Picture) => Picture>> = {
  auto: (im) => binaryMask(im, false),
  white: toLuma,
  black: (im) => invert(toLuma(im)),
  alpha: (im) => (im.channels === 4 ? channelOf(im, 3) : toLuma(im)),
};

/** A picture as a hard mask of a size: read, brought to the size, cut at 128. Grey, 255 = repaint. */
export function hardMask(im: Picture, reading: MaskReading, size: Size): Picture {
  return thresholded(resample(readers[reading](im), size, 'lanczos'), 128);
}

/** Grown by a disc of so many pixels, or shrunk by a negative number. */
export function grownMask(mask: Picture, by: number): Picture {
  return by >= 0 ? dilateDisc(mask, by) : erodeDisc(mask, -by);
}

const combine: Readonly<Record<MaskCombination, (a: boolean, b: boolean) => boolean>> = {
  union: (a, b) => a || b,
  intersect: (a, b) => a && b,
  subtract: (a, b) => a && !b,
  xor: (a, b) => a !== b,
};

/** Two hard masks of one size as one. @throws RangeError when they differ in size */
export function combinedMask(a: Picture, b: Picture, how: MaskCombination): Picture {
  if (!sameSize(a, b)) throw new RangeError('masks of different sizes combined');
  const both = combine[how];
  return { ...a, data: a.data.map((v, i) => (both(v > 128, b.data[i]! > 128) ? 255 : 0)) };
}

const rounded = ({ x, y, width, height }: Placement) => ({
  at: { x: Math.round(x), y: Math.round(y) },
  size: { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) },
});

/** A mask of a picture, moved to where that picture lies in a later one; what is new is not marked. */
export function movedMask(mask: Picture, to: Placement): Picture {
  const { at, size } = rounded(to);
  return pasteOnBlank(to.output, resample(mask, size, 'nearest'), at);
}

/** Bands along the edges of the earlier picture that lie inside the later one, `reach` px to either side. */
export function seamMask(placement: Placement, reach: number): Picture {
  const { output } = placement;
  const { at, size } = rounded(placement);
  const [right, bottom] = [at.x + size.width, at.y + size.height];
  const columns = [at.x, right].filter((x) => x > 0 && x < output.width);
  const rows = [at.y, bottom].filter((y) => y > 0 && y < output.height);
  let mask = blank(output, 1);
  const far = reach - 1; // corners count as inside
  for (const x of columns)
    mask = drawRectangle(mask, { x1: x - reach, y1: 0, x2: x + far, y2: output.height - 1 }, 255);
  for (const y of rows) mask = drawRectangle(mask, { x1: 0, y1: y - reach, x2: output.width - 1, y2: y + far }, 255);
  return mask;
}
