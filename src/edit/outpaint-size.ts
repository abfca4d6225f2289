import type { Size } from './size.ts';

/** The sides a picture can grow on, in the order in which outpainting mk2 works them off. */
export const directions = ['left', 'right', 'up', 'down'] as const;
export type Direction = (typeof directions)[number];

/** Pixels added on each side. */
export type Margins = Readonly<Record<Direction, number>>;

/** Canvases of the two A1111 scripts are multiples of this, px. */
const GRID = 64;

/** Up to a multiple of 64. */
export const upToGrid = (side: number): number => Math.ceil(side / GRID) * GRID;

/** Words for several sides at once. */
export const manySides: Readonly<Record<'all' | 'horizontal' | 'vertical', readonly Direction[]>> = {
  all: directions,
  horizontal: ['left', 'right'],
  vertical: ['up', 'down'],
};

/** Sides as people write them (`left, up`, `horizontal`). */
export function sidesOf(text: string): ReadonlySet<Direction> {
  const words = text.toLowerCase().split(/[\s,;+]+/);
  const many = Object.entries(manySides).flatMap(([word, sides]) => (words.includes(word) ? sides : []));
  return new Set(directions.filter((side) => words.includes(side) || many.includes(side)));
}

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

/** Margins of mosaic outpaint: shares of the picture's sides. Source: sd-webui-mosaic-outpaint 2.6 */
export function sharedMargins(
  { width, height }: Size,
  share: { readonly expandX: number; readonly expandY: number },
  sides: ReadonlySet<Direction>,
): Margins {
  const [x, y] = [Math.trunc(width * share.expandX), Math.trunc(height * share.expandY)];
  const on = (side: Direction, amount: number) => (sides.has(side) ? amount : 0);
  return { left: on('left', x), right: on('right', x), up: on('up', y), down: on('down', y) };
}

/** A picture's size with margins around it. */
export function grownBy({ width, height }: Size, { left, right, up, down }: Margins): Size {
  return { width: left + width + right, height: up + height + down };
}
