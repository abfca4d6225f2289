import type { Size } from '../image/picture.ts';

/** The sides a picture can grow on, in the order in which outpainting mk2 works them off. */
export const directions = ['left', 'right', 'up', 'down'] as const;
export type Direction = (typeof directions)[number];

/** Pixels added on each side. */
export type Margins = Readonly<Record<Direction, number>>;

/** Canvases of the two A1111 scripts are multiples of this, px. */
const GRID = 64;

/** Up to a multiple of 64. */
export const upToGrid = (side: number): number => Math.ceil(side / GRID) * GRID;

/** Margins along one axis that make its length a multiple of 64; what is missing goes to the second side. */
function aligned(length: number, [first, second]: readonly [number, number]): [number, number] {
  const total = upToGrid(length + first + second);
  const before = first > 0 ? Math.floor((first * (total - length)) / (first + second)) : 0;
  return [before, second > 0 ? total - length - before : 0];
}

/**
 * The pixels each chosen side grows by, about `pixels`, so that an axis that grows becomes a multiple of 64.
 * Source: A1111 scripts/outpainting_mk_2.py, poor_mans_outpainting.py
 */
export function marginsFor({ width, height }: Size, pixels: number, sides: ReadonlySet<Direction>): Margins {
  const wanted = (side: Direction) => (sides.has(side) ? pixels : 0);
  const [left, right] = aligned(width, [wanted('left'), wanted('right')]);
  const [up, down] = aligned(height, [wanted('up'), wanted('down')]);
  return { left, right, up, down };
}
