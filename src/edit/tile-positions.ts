import type { Size } from './size.ts';

/** Left or top corners of tiles along one axis. A picture smaller than a tile gives one negative position. */
function positions(side: number, tile: number, overlap: number): readonly number[] {
  const count = Math.max(1, Math.ceil((side - overlap) / (tile - overlap)));
  const step = count > 1 ? (side - tile) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => Math.min(Math.trunc(i * step), side - tile));
}

/** Corners of the tiles that cover a picture, column by column and row by row. */
export interface TilePositions {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/**
 * Tiles that cover a picture, overlapping by `overlap` px or more, which is less than either side of a tile.
 * Source: A1111 modules/images.py `split_grid`
 */
export function tilePositions(image: Size, tile: Size, overlap: number): TilePositions {
  return { xs: positions(image.width, tile.width, overlap), ys: positions(image.height, tile.height, overlap) };
}
