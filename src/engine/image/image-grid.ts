import { roundHalfEven } from '../tensor/round-half-even.ts';
import { toRgb } from './convert.ts';
import { paste } from './paste.ts';
import { blank, type Picture, type Rgb } from './picture.ts';

/** How many rows a grid of pictures has. */
export interface GridOptions {
  /** A number of rows, one row per batch item (0), or as square as possible (−1). */
  readonly rows: number;
  readonly batchSize: number;
  /** With −1: only numbers of rows that leave no cell free. */
  readonly preventEmptySpots: boolean;
  readonly background: Rgb;
}

function rowsFor(count: number, { rows, batchSize, preventEmptySpots }: GridOptions): number {
  if (rows >= 0) return Math.min(rows || batchSize, count);
  if (!preventEmptySpots) return Math.min(roundHalfEven(Math.sqrt(count)), count);
  let divisor = Math.floor(Math.sqrt(count));
  while (count % divisor !== 0) divisor--;
  return divisor;
}

/**
 * Pictures side by side in cells of the largest width and height, smaller ones centred. RGB.
 * Source: A1111 modules/images.py `image_grid`
 */
export function imageGrid(pictures: readonly Picture[], options: GridOptions): Picture {
  const rows = rowsFor(pictures.length, options);
  const columns = Math.ceil(pictures.length / rows);
  const width = Math.max(...pictures.map((im) => im.width));
  const height = Math.max(...pictures.map((im) => im.height));
  const empty = blank({ width: columns * width, height: rows * height }, 3);
  for (let i = 0; i < empty.data.length; i++) empty.data[i] = options.background[i % 3]!;
  return pictures.reduce((grid, im, i) => {
    const x = (i % columns) * width + Math.floor((width - im.width) / 2);
    const y = Math.floor(i / columns) * height + Math.floor((height - im.height) / 2);
    return paste(grid, toRgb(im), { x, y });
  }, empty);
}
