import { type Picture, sameSize } from './picture.ts';

/** sRGB byte → linear light, 0…1. Source: IEC 61966-2-1 */
const linear = Float64Array.from({ length: 256 }, (_, v) =>
  v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
);

/** Steps of the table of f: its error stays far below what anybody sees. */
const STEPS = 8192;
const curve = Float64Array.from({ length: STEPS + 2 }, (_, i) => {
  const t = i / STEPS;
  return t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27) * (t / 116) + 16 / 116;
});

/** f(t) of CIE Lab, 0 ≤ t ≤ 1. */
function f(t: number): number {
  const at = t * STEPS;
  const i = Math.floor(at);
  return curve[i]! + (curve[i + 1]! - curve[i]!) * (at - i);
}

/** L, a, b of every pixel, interleaved; white is D65. Source: CIE 15; sRGB primaries of IEC 61966-2-1 */
function labOf({ data }: Picture): Float32Array {
  const out = new Float32Array(data.length);
  for (let p = 0; p < data.length; p += 3) {
    const [r, g, b] = [linear[data[p]!]!, linear[data[p + 1]!]!, linear[data[p + 2]!]!];
    const fx = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.9504701);
    const fy = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const fz = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
    out[p] = 116 * fy - 16;
    out[p + 1] = 500 * (fx - fy);
    out[p + 2] = 200 * (fy - fz);
  }
  return out;
}

/**
 * ΔE*ab of 1976 between two RGB pictures, pixel by pixel: about 2 is just seen, black to white is 100.
 * @throws RangeError when they differ in size
 */
export function colorDifference(a: Picture, b: Picture): Float32Array {
  if (!sameSize(a, b)) throw new RangeError('pictures of different sizes compared');
  const [one, other] = [labOf(a), labOf(b)];
  const out = new Float32Array(a.width * a.height);
  for (let i = 0, p = 0; i < out.length; i++, p += 3) {
    const [dl, da, db] = [one[p]! - other[p]!, one[p + 1]! - other[p + 1]!, one[p + 2]! - other[p + 2]!];
    out[i] = Math.sqrt(dl * dl + da * da + db * db);
  }
  return out;
}

/** The middle one of some values; the lower of two. */
export function medianOf(values: Float32Array): number {
  return values.toSorted()[(values.length - 1) >> 1] ?? 0;
}
