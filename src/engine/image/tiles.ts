import { tilePositions } from '../../edit/tile-positions.ts';
import { toRgb } from './convert.ts';
import { crop, paste, pasteThrough } from './paste.ts';
import { blank, type Picture, type Region, type Size, wholeOf } from './picture.ts';

/**
 * Tiles that cover a picture, row by row, overlapping by `overlap` px or more.
 * Source: A1111 modules/images.py `split_grid`
 */
export function tileRows(image: Size, tile: Size, overlap: number): Region[][] {
  const { xs, ys } = tilePositions(image, tile, overlap);
  return ys.map((y) => xs.map((x) => ({ x1: x, y1: y, x2: x + tile.width, y2: y + tile.height })));
}

/** A tile and its place. */
export interface Tile {
  readonly region: Region;
  readonly image: Picture;
}

/** The pictures of all tiles; black where a tile reaches outside. */
export function splitTiles(im: Picture, rows: readonly (readonly Region[])[]): Tile[][] {
  return rows.map((row) => row.map((region) => ({ region, image: crop(im, region) })));
}

/** A mask that grows from 0 over `overlap` px along an axis; of the size that is given for the other. */
function ramp(overlap: number, axis: 'x' | 'y', across: number): Picture {
  const level = (i: number) => Math.trunc(Math.fround(Math.fround(i * 255) / overlap));
  const [width, height] = axis === 'x' ? [overlap, across] : [across, overlap];
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = level(axis === 'x' ? i % width : Math.floor(i / width));
  return { width, height, channels: 1, data };
}

/**
 * The tiles back in one RGB picture. What comes first shows through where the next one, ramping in, lies over it.
 * Source: A1111 modules/images.py `combine_grid`
 */
export function combineTiles(rows: readonly (readonly Tile[])[], image: Size, overlap: number): Picture {
  let combined = blank(image, 3);
  for (const row of rows) {
    const { y1, y2 } = row[0]!.region;
    const strip = combineRow(row, { width: image.width, height: y2 - y1 }, overlap);
    combined = joined(combined, strip, { at: y1, axis: 'y', overlap });
  }
  return combined;
}

function combineRow(row: readonly Tile[], size: Size, overlap: number): Picture {
  let strip = blank(size, 3);
  for (const { region, image } of row) strip = joined(strip, toRgb(image), { at: region.x1, axis: 'x', overlap });
  return strip;
}

/** Lays `next` at a position along an axis: whole at 0, elsewhere (also before 0) with its first `overlap` px ramping in. */
function joined(
  canvas: Picture,
  next: Picture,
  { at, axis, overlap }: { at: number; axis: 'x' | 'y'; overlap: number },
): Picture {
  const place = (along: number) => (axis === 'x' ? { x: along, y: 0 } : { x: 0, y: along });
  if (at === 0 || overlap === 0) return paste(canvas, next, place(at));
  const whole = wholeOf(next);
  const first = crop(next, axis === 'x' ? { ...whole, x2: overlap } : { ...whole, y2: overlap });
  const rest = crop(next, axis === 'x' ? { ...whole, x1: overlap } : { ...whole, y1: overlap });
  const mask = ramp(overlap, axis, axis === 'x' ? next.height : next.width);
  return paste(pasteThrough(canvas, first, { mask, at: place(at) }), rest, place(at + overlap));
}
