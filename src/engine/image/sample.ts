import { type Picture, picture, type Rgb } from './picture.ts';

/** Side of the sample, px: the native size of SD1. */
const SIDE = 512;

const mixed = (a: Rgb, b: Rgb, share: number): Rgb => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];
const clamp = (value: number) => Math.min(1, Math.max(0, value));

/** Heights of three ranges of hills over the picture's width, 0 at the top and 1 at the bottom; the nearest comes last. */
const ranges: readonly { readonly height: (x: number) => number; readonly color: Rgb }[] = [
  { height: (x) => 0.58 + 0.07 * Math.sin(5.1 * x + 0.6) + 0.03 * Math.sin(13 * x), color: [122, 134, 178] },
  { height: (x) => 0.7 + 0.06 * Math.sin(4.2 * x + 2.4) + 0.02 * Math.sin(11 * x + 1), color: [74, 110, 96] },
  { height: (x) => 0.84 + 0.05 * Math.sin(3.3 * x + 4) + 0.015 * Math.sin(17 * x), color: [38, 72, 48] },
];
const sun = { x: 0.68, y: 0.34, radius: 0.085, color: [255, 236, 190] as Rgb };

/** Colour at a point, both 0…1: a sky at dusk, the sun, hills before it. Edges are soft over a pixel or two. */
function colorAt(x: number, y: number): Rgb {
  const sky = mixed([64, 88, 158], [250, 186, 138], clamp(y / 0.62));
  const distance = Math.hypot(x - sun.x, y - sun.y);
  const glow = mixed(sky, sun.color, 0.35 * Math.exp(-((distance / 0.22) ** 2)));
  const lit = mixed(glow, sun.color, clamp((sun.radius - distance) * 256 + 0.5));
  return ranges.reduce((behind, { height, color }) => mixed(behind, color, clamp((y - height(x)) * 256 + 0.5)), lit);
}

/** A small landscape to try things on: drawn by formulas, the same every time. RGB, 512×512. */
export function samplePicture(): Picture {
  const data = new Uint8Array(SIDE * SIDE * 3);
  for (let y = 0, p = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++, p += 3) data.set(colorAt(x / SIDE, y / SIDE).map(Math.round), p);
  return picture({ width: SIDE, height: SIDE }, 3, data);
}
