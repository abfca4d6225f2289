import type { Placement } from '../../edit/placement.ts';
import { flatten } from './alpha.ts';
import { paste } from './paste.ts';
import { blank, type Picture, type Rgb, type Size } from './picture.ts';
import { resample } from './resample.ts';

/** Longest side of a picture that only shows something, px. */
const SHOWN_SIDE = 1024;
const white: Rgb = [255, 255, 255];
/** What will be repainted is this red, this strong. */
const veil: Rgb = [255, 0, 0];
const VEIL = 0.45;

const shrink = ({ width, height }: Size) => Math.min(1, SHOWN_SIDE / Math.max(width, height));
const scaled = ({ width, height }: Size, scale: number): Size => ({
  width: Math.max(1, Math.round(width * scale)),
  height: Math.max(1, Math.round(height * scale)),
});

/** A picture, RGB and at most 1024 px a side, with a red veil over what its mask marks. `mask` has the picture's size. */
export function withVeil(im: Picture, mask: Picture): Picture {
  const size = scaled(im, shrink(im));
  const shown = resample(flatten(im, white), size, 'lanczos');
  const marked = resample(mask, size, 'bilinear');
  const data = Uint8Array.from(shown.data);
  for (let i = 0, p = 0; i < marked.data.length; i++, p += 3) {
    const k = (VEIL * marked.data[i]!) / 255;
    for (let c = 0; c < 3; c++) data[p + c] = Math.round(shown.data[p + c]! * (1 - k) + veil[c]! * k);
  }
  return { ...shown, data };
}

/** Squares of a chessboard in two greys, as programs show what is not there. */
function chessboard(size: Size, square: number): Picture {
  const out = blank(size, 3);
  for (let y = 0, p = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, p += 3) {
      const isDark = (Math.floor(x / square) + Math.floor(y / square)) % 2 === 1;
      out.data.fill(isDark ? 170 : 214, p, p + 3);
    }
  }
  return out;
}

/** A picture at its place in a larger frame, at most 1024 px a side; a chessboard stands for what will be painted. */
export function inFrame(im: Picture, { output, x, y, width, height }: Placement): Picture {
  const scale = shrink(output);
  const size = scaled(output, scale);
  const inner = resample(flatten(im, white), scaled({ width, height }, scale), 'lanczos');
  return paste(chessboard(size, 12), inner, { x: Math.round(x * scale), y: Math.round(y * scale) });
}

/** A sheet of white to draw on. */
export function whiteSheet(size: Size): Picture {
  const sheet = blank(size, 3);
  sheet.data.fill(255);
  return sheet;
}
