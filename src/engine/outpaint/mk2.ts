import { type Direction, directions, marginsFor, upToGrid } from '../../edit/outpaint-size.ts';
import { toRgb } from '../image/convert.ts';
import { crop, drawRectangle, paste, pasteOnBlank } from '../image/paste.ts';
import { blank, type Picture, type Region, type Size } from '../image/picture.ts';
import { invert } from '../image/point.ts';
import { type MatchedNoiseOptions, matchedNoise } from './matched-noise.ts';

/** The parameters of the script "Outpainting mk2". */
export interface Mk2Options extends MatchedNoiseOptions {
  /** 8…256 */
  readonly pixels: number;
  /** 0…64, px */
  readonly maskBlur: number;
  readonly sides: ReadonlySet<Direction>;
}

/** One side to grow. */
export interface Expansion {
  readonly side: Direction;
  readonly pixels: number;
}

/** The expansions in order, and the blur of the mask in all of them, px. */
export interface Mk2Plan {
  readonly expansions: readonly Expansion[];
  readonly maskBlurX: number;
  readonly maskBlurY: number;
}

const isHorizontal = (side: Direction) => side === 'left' || side === 'right';

/** Blur for each axis: none where nothing grows. */
function blursOf({ maskBlur, sides }: Mk2Options): { x: number; y: number } {
  return {
    x: sides.has('left') || sides.has('right') ? maskBlur : 0,
    y: sides.has('up') || sides.has('down') ? maskBlur : 0,
  };
}

/** What is to be done with a picture of this size. Source: A1111 scripts/outpainting_mk_2.py */
export function planMk2(size: Size, options: Mk2Options): Mk2Plan {
  const margins = marginsFor(size, options.pixels, options.sides);
  const blur = blursOf(options);
  const expansions = directions.map((side) => ({ side, pixels: margins[side] })).filter(({ pixels }) => pixels > 0);
  return { expansions, maskBlurX: 4 * blur.x, maskBlurY: 4 * blur.y };
}

/** A job for the pipeline, whole picture with masked content "original", and how its result becomes the larger picture. */
export interface Mk2Step {
  /** Processing size. */
  readonly size: Size;
  readonly init: Picture;
  /** Grey. */
  readonly mask: Picture;
  readonly latentMask: Picture;
  /** The canvas with its noise, RGB, of a size that is a multiple of 64. */
  readonly canvas: Picture;
  readonly expansion: Expansion;
  /** Size of the picture once it has grown. */
  readonly grown: Size;
}

/**
 * Grows an RGB picture on one side: a canvas of matched noise, of which the part along that side is to be repainted.
 *
 * @param limit  the processing size asked for: no step paints more than this along its side
 */
export function expandMk2(
  im: Picture,
  expansion: Expansion,
  { options, limit }: { options: Mk2Options; limit: Size },
): Mk2Step {
  const { side, pixels } = expansion;
  const grown = isHorizontal(side)
    ? { width: im.width + pixels, height: im.height }
    : { width: im.width, height: im.height + pixels };
  const canvasSize = { width: upToGrid(grown.width), height: upToGrid(grown.height) };
  const at = { x: side === 'left' ? pixels : 0, y: side === 'up' ? pixels : 0 };
  const blur = blursOf(options);
  const mask = sideMask(canvasSize, { expansion, blur, grown });
  const canvas = withNoise(pasteOnBlank(canvasSize, toRgb(im), at), mask, options);
  const size = isHorizontal(side)
    ? { width: Math.min(limit.width, grown.width), height: canvasSize.height }
    : { width: canvasSize.width, height: Math.min(limit.height, grown.height) };
  const region = alongSide(canvasSize, size, side);
  const latentMask = sideMask(size, { expansion, blur: { x: 2 * blur.x, y: 2 * blur.y }, grown });
  return { size, init: crop(canvas, region), mask: crop(mask, region), latentMask, canvas, expansion, grown };
}

/** Puts a result (RGB) back at its side and cuts the canvas to the grown size. */
export function finishMk2({ canvas, expansion, grown }: Mk2Step, result: Picture): Picture {
  const { side } = expansion;
  const at = {
    x: side === 'left' ? 0 : canvas.width - result.width,
    y: side === 'up' ? 0 : canvas.height - result.height,
  };
  return crop(paste(canvas, result, at), { x1: 0, y1: 0, x2: grown.width, y2: grown.height });
}

/** White, with black over what was there before, but for a strip as wide as the blur. */
function sideMask(
  size: Size,
  { expansion, blur, grown }: { expansion: Expansion; blur: { x: number; y: number }; grown: Size },
): Picture {
  const { side, pixels } = expansion;
  const keep = {
    x1: side === 'left' ? pixels + blur.x : 0,
    y1: side === 'up' ? pixels + blur.y : 0,
    x2: side === 'right' ? size.width - pixels - blur.x : grown.width,
    y2: side === 'down' ? size.height - pixels - blur.y : grown.height,
  };
  return drawRectangle(invert(blank(size, 1)), keep, 0);
}

function withNoise(canvas: Picture, mask: Picture, options: MatchedNoiseOptions): Picture {
  const data = Uint8Array.from(matchedNoise(canvas, mask, options), (v) => Math.trunc(v * 255));
  return { ...canvas, data };
}

/** The part of the canvas, `size` large, that holds the new side. */
function alongSide(canvas: Size, { width, height }: Size, side: Direction): Region {
  return {
    x1: side === 'left' ? 0 : canvas.width - width,
    y1: side === 'up' ? 0 : canvas.height - height,
    x2: side === 'left' ? width : canvas.width,
    y2: side === 'up' ? height : canvas.height,
  };
}
