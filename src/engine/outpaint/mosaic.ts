import type { MosaicMethod } from '../../edit/choices.ts';
import { type Direction, grownBy, type Margins, sharedMargins } from '../../edit/outpaint-size.ts';
import { boxBlur } from '../image/box-blur.ts';
import { toRgb } from '../image/convert.ts';
import { extentOf } from '../image/extent.ts';
import { crop, drawRectangle, paste } from '../image/paste.ts';
import { blank, type Picture, type Region, type Size, sizeOfRegion } from '../image/picture.ts';
import { invert } from '../image/point.ts';
import { resample } from '../image/resample.ts';

/** The parameters of the extension "Mosaic Outpaint". */
export interface MosaicOptions {
  readonly sides: ReadonlySet<Direction>;
  readonly method: MosaicMethod;
  /** Share of a margin that is stretched over all of it, 0.25…0.75. */
  readonly stretchArea: number;
  /** How much wider than the margin it is stretched, 1…5; the part next to the picture stays. */
  readonly stretchRatio: number;
  /** Margin as a share of the picture's width and height, 0.05…1. */
  readonly expandX: number;
  readonly expandY: number;
  /** Mask feathering, px, 0…64. */
  readonly feather: number;
  /** Tiles along the short and the long side of a margin. */
  readonly shortTiles: number;
  readonly longTiles: number;
  /** How far the mask reaches into the picture, as a share of its sides, 0.05…0.5. */
  readonly maskOverlap: number;
}

/** A bigger picture, and what of it is to be painted. */
export interface Mosaic {
  readonly image: Picture;
  /** Grey. */
  readonly mask: Picture;
  /** After each step but the last: of use to whoever wants to see how it came about. */
  readonly mirrored: Picture;
  readonly stretched: Picture;
}

/** Where the original lies in the grown picture. */
interface Layout {
  readonly margins: Margins;
  readonly inner: Region;
  readonly size: Size;
}

function layoutFor(size: Size, options: MosaicOptions): Layout {
  const margins = sharedMargins(size, options, options.sides);
  const { left, up } = margins;
  const inner = { x1: left, y1: up, x2: left + size.width, y2: up + size.height };
  return { margins, inner, size: grownBy(size, margins) };
}

/**
 * The picture mirrored beyond its edges, stretched if so wished, and broken into tiles. Null when no side is to grow.
 * Source: sd-webui-mosaic-outpaint 2.6 `process_mask`
 */
export function mosaicOutpaint(im: Picture, options: MosaicOptions): Mosaic | null {
  if (options.sides.size === 0) return null;
  const layout = layoutFor(im, options);
  const mirrored = mirror(toRgb(im), layout);
  const stretched = options.method === 'stretch' ? stretch(mirrored, layout, options) : mirrored;
  const image = tiled(stretched, layout, options);
  return { image, mask: mosaicMask(im, layout, options), mirrored, stretched };
}

/** The mirror image of positions beyond the ends of a line, the end itself repeated. */
const reflected = (i: number, n: number) => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i);

function mirror(im: Picture, { margins, size }: Layout): Picture {
  const out = new Uint8Array(size.width * size.height * 3);
  for (let y = 0, o = 0; y < size.height; y++) {
    const row = reflected(y - margins.up, im.height) * im.width;
    for (let x = 0; x < size.width; x++, o += 3) {
      const p = (row + reflected(x - margins.left, im.width)) * 3;
      out[o] = im.data[p]!;
      out[o + 1] = im.data[p + 1]!;
      out[o + 2] = im.data[p + 2]!;
    }
  }
  return { width: size.width, height: size.height, channels: 3, data: out };
}

/** What lies next to the picture, drawn out over the whole margin: left, right, up, down, each from the canvas so far. */
function stretch(im: Picture, { margins, inner, size }: Layout, options: MosaicOptions): Picture {
  const across = (y1: number, y2: number): Region => ({ x1: 0, y1, x2: size.width, y2 });
  const upright = (x1: number, x2: number): Region => ({ x1, y1: 0, x2, y2: size.height });
  const near = (margin: number) => Math.trunc(margin * options.stretchArea);
  const { left, right, up, down } = margins;
  const { x1, y1, x2, y2 } = inner;
  const parts: readonly { margin: number; from: Region; to: Region; side: Direction }[] = [
    { side: 'left', margin: left, from: upright(x1 - near(left), x1), to: upright(0, left) },
    { side: 'right', margin: right, from: upright(x2, x2 + near(right)), to: upright(x2, x2 + right) },
    { side: 'up', margin: up, from: across(y1 - near(up), y1), to: across(0, up) },
    { side: 'down', margin: down, from: across(y2, y2 + near(down)), to: across(y2, y2 + down) },
  ];
  return parts
    .filter(({ margin, from }) => margin > 0 && from.x2 > from.x1 && from.y2 > from.y1)
    .reduce((now, { from, to, side }) => drawnOut(now, { from, to, side, ratio: options.stretchRatio }), im);
}

/** `from` made `ratio` times as long as the margin `to`, of which the end next to the picture is kept. */
function drawnOut(
  im: Picture,
  { from, to, side, ratio }: { from: Region; to: Region; side: Direction; ratio: number },
): Picture {
  const { width, height } = sizeOfRegion(to);
  const isUpright = side === 'left' || side === 'right';
  const long = isUpright ? { width: width * ratio, height } : { width, height: height * ratio };
  const drawn = resample(crop(im, from), long, 'bilinear');
  const x = side === 'left' ? long.width - width : 0;
  const y = side === 'up' ? long.height - height : 0;
  return paste(im, crop(drawn, { x1: x, y1: y, x2: x + width, y2: y + height }), { x: to.x1, y: to.y1 });
}

/** A region in `columns` × `rows` plain tiles, in place. */
function mosaicked(im: Picture, region: Region, { width, height }: Size): Picture {
  const size = sizeOfRegion(region);
  if (size.width <= 0 || size.height <= 0) return im;
  const coarse = resample(crop(im, region), { width, height }, 'box');
  return paste(im, resample(coarse, size, 'nearest'), { x: region.x1, y: region.y1 });
}

function tiled(im: Picture, { inner, size }: Layout, { shortTiles: S, longTiles: L }: MosaicOptions): Picture {
  const C = Math.trunc((S + L) / 2);
  const { x1, y1, x2, y2 } = inner;
  const { width: right, height: bottom } = size;
  const parts: [Region, Size][] = [
    [
      { x1: 0, y1: 0, x2: x1, y2: y1 },
      { width: C, height: C },
    ],
    [
      { x1, y1: 0, x2, y2: y1 },
      { width: L, height: S },
    ],
    [
      { x1: x2, y1: 0, x2: right, y2: y1 },
      { width: C, height: C },
    ],
    [
      { x1: 0, y1, x2: x1, y2 },
      { width: S, height: L },
    ],
    [
      { x1: x2, y1, x2: right, y2 },
      { width: S, height: L },
    ],
    [
      { x1: 0, y1: y2, x2: x1, y2: bottom },
      { width: C, height: C },
    ],
    [
      { x1, y1: y2, x2, y2: bottom },
      { width: L, height: S },
    ],
    [
      { x1: x2, y1: y2, x2: right, y2: bottom },
      { width: C, height: C },
    ],
  ];
  return parts.reduce((now, [region, tiles]) => mosaicked(now, region, tiles), im);
}

function mosaicMask({ width, height }: Size, { margins, size }: Layout, options: MosaicOptions): Picture {
  const { sides, maskOverlap, feather } = options;
  const among = (...some: Direction[]) => some.filter((side) => sides.has(side)).length;
  const kept = {
    width: Math.trunc(width * (1 - maskOverlap * among('left', 'right'))),
    height: Math.trunc(height * (1 - maskOverlap * among('up', 'down'))),
  };
  const x = sides.has('left') ? margins.left + Math.trunc(width * maskOverlap) : 0;
  const y = sides.has('up') ? margins.up + Math.trunc(height * maskOverlap) : 0;
  return boxBlur(paste(invert(blank(size, 1)), blank(kept, 1), { x, y }), feather);
}

/** What "Mosaic Inpaint" hands to img2img. */
export interface MosaicInpaint {
  readonly init: Picture;
  /** Null: the whole picture is painted. */
  readonly mask: Picture | null;
}

/**
 * The masked part of a picture, or all of it, in plain tiles: something for img2img to make sense of.
 *
 * @param overlap  px by which the tiles stay inside the mask's box and the mask reaches outside, together
 * Source: sd-webui-mosaic-outpaint 2.6, script "Mosaic Inpaint"
 */
export function mosaicInpaint(
  im: Picture,
  mask: Picture | null,
  { tiles, overlap }: { tiles: Size; overlap: number },
): MosaicInpaint {
  const rgb = toRgb(im);
  const box = mask && extentOf(mask, 0);
  if (!mask || !box) return { init: mosaicked(rgb, { x1: 0, y1: 0, x2: im.width, y2: im.height }, tiles), mask: null };
  const shift = Math.trunc(overlap / 2);
  const [right, bottom] = [box.x2 - 1, box.y2 - 1]; // the last masked column and row
  const [xm, ym] = [Math.trunc((box.x1 + right) / 2), Math.trunc((box.y1 + bottom) / 2)];
  const inner = {
    x1: Math.min(box.x1 + shift, xm),
    y1: Math.min(box.y1 + shift, ym),
    x2: Math.max(right - shift, xm),
    y2: Math.max(bottom - shift, ym),
  };
  const outer = { x1: box.x1 - shift, y1: box.y1 - shift, x2: right + shift - 1, y2: bottom + shift - 1 };
  return { init: mosaicked(rgb, inner, tiles), mask: drawRectangle(blank(mask, 1), outer, 255) };
}
