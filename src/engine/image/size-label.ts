import type { Picture } from './picture.ts';

/** Rows of five bits, the left one first. */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  '0': [14, 17, 19, 21, 25, 17, 14],
  '1': [4, 12, 4, 4, 4, 4, 14],
  '2': [14, 17, 1, 2, 4, 8, 31],
  '3': [31, 2, 4, 2, 1, 17, 14],
  '4': [2, 6, 10, 18, 31, 2, 2],
  '5': [31, 16, 30, 1, 1, 17, 14],
  '6': [6, 8, 16, 30, 17, 17, 14],
  '7': [31, 1, 2, 4, 8, 8, 8],
  '8': [14, 17, 17, 14, 17, 17, 14],
  '9': [14, 17, 17, 15, 1, 2, 12],
  '×': [0, 17, 10, 4, 10, 17, 0],
};

const GLYPH = { width: 5, height: 7, advance: 6 } as const;

function isInk(text: string, x: number, y: number): boolean {
  const row = glyphs[text[Math.floor(x / GLYPH.advance)] ?? '']?.[y] ?? 0;
  const column = x % GLYPH.advance;
  return column < GLYPH.width && ((row >> (GLYPH.width - 1 - column)) & 1) === 1;
}

/**
 * An RGB picture with `832×1248` in its bottom right corner, white on black. Its own digits, for a machine may have no fonts;
 * left as it is where there is no room.
 */
export function withSizeLabel(im: Picture, text: string): Picture {
  const dot = Math.max(2, Math.round(Math.max(im.width, im.height) / 350));
  const [columns, rows] = [text.length * GLYPH.advance + 1, GLYPH.height + 2]; // a dot free on every side
  const [left, top] = [im.width - (columns + 1) * dot, im.height - (rows + 1) * dot];
  if (left < 0 || top < 0) return im;
  const data = Uint8Array.from(im.data);
  for (let y = 0; y < rows * dot; y++) {
    for (let x = 0; x < columns * dot; x++) {
      const [column, row] = [Math.floor(x / dot) - 1, Math.floor(y / dot) - 1];
      const hasInk = column >= 0 && row >= 0 && row < GLYPH.height && isInk(text, column, row);
      const p = ((top + y) * im.width + left + x) * 3;
      data.fill(hasInk ? 255 : 24, p, p + 3);
    }
  }
  return { ...im, data };
}
