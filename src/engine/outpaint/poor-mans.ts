import type { Direction, Margins } from '../../edit/outpaint-size.ts';
import { poorMansTiles } from '../../edit/script.ts';
import { toRgb } from '../image/convert.ts';
import { crop, drawRectangle, pasteOnBlank } from '../image/paste.ts';
import { blank, type Picture, type Region, type Size } from '../image/picture.ts';
import { invert } from '../image/point.ts';
import { combineTiles, tileRows } from '../image/tiles.ts';

/** The parameters of the script "Poor man's outpainting". */
export interface PoorMansOptions {
  /** 8…256 */
  readonly pixels: number;
  /** 0…64, px */
  readonly maskBlur: number;
  readonly sides: ReadonlySet<Direction>;
}

/** One tile to be repainted: whole picture, the seed one more for each. */
export interface PoorMansTile {
  readonly region: Region;
  readonly init: Picture;
  /** Grey. */
  readonly mask: Picture;
  readonly latentMask: Picture;
}

/** The larger canvas and what of it is to be painted, in reading order. */
export interface PoorMansPlan {
  /** Blur of the mask in every tile, px. */
  readonly maskBlur: number;
  readonly canvas: Picture;
  readonly rows: readonly (readonly Region[])[];
  readonly overlap: number;
  readonly tiles: readonly PoorMansTile[];
}

/**
 * Tiles of the processing size over the canvas, without those that lie inside the picture.
 * Source: A1111 scripts/poor_mans_outpainting.py
 */
export function planPoorMans(im: Picture, tile: Size, options: PoorMansOptions): PoorMansPlan {
  const { pixels, maskBlur } = options;
  const { margins, whole, painted } = poorMansTiles(options, im, tile);
  const canvas = pasteOnBlank(whole, toRgb(im), { x: margins.left, y: margins.up });
  const mask = outsideMask(whole, margins, 2 * maskBlur);
  const latentMask = outsideMask(whole, margins, Math.floor(maskBlur / 2));
  const rows = tileRows(whole, tile, pixels);
  const tiles = rows
    .flat()
    .filter(({ x1, y1 }) => painted.some(({ x, y }) => x === x1 && y === y1))
    .map((region) => ({
      region,
      init: crop(canvas, region),
      mask: crop(mask, region),
      latentMask: crop(latentMask, region),
    }));
  return { maskBlur: 2 * maskBlur, canvas, rows, overlap: pixels, tiles };
}

/** White, with black over the picture, narrower by `blur` on sides that grow. */
function outsideMask(size: Size, margins: Margins, blur: number): Picture {
  const inset = (margin: number) => margin + (margin > 0 ? blur : 0);
  const keep = {
    x1: inset(margins.left),
    y1: inset(margins.up),
    x2: size.width - inset(margins.right),
    y2: size.height - inset(margins.down),
  };
  return drawRectangle(invert(blank(size, 1)), keep, 0);
}

/** The painted tiles, in the order of the plan, with the others in one RGB picture. */
export function finishPoorMans({ canvas, rows, overlap, tiles }: PoorMansPlan, results: readonly Picture[]): Picture {
  const painted = new Map(tiles.map(({ region }, i) => [region, results[i]!]));
  const all = rows.map((row) => row.map((region) => ({ region, image: painted.get(region) ?? crop(canvas, region) })));
  return combineTiles(all, canvas, overlap);
}
