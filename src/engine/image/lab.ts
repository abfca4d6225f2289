import { roundHalfEven } from '../tensor/round-half-even.ts';
import type { Picture } from './picture.ts';
import { clip8 } from './rounding.ts';

/** n values of f in an Int32Array. */
const table = (n: number, f: (i: number) => number) => Int32Array.from({ length: n }, (_, i) => f(i));

const linear = (x: number) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
const companded = (x: number) => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);
const labCurve = (x: number) => (x < 216 / 24389 ? (x * 841) / 108 + 16 / 116 : Math.cbrt(x));

/** 8-bit sRGB → linear light, 2040 = 1. */
const gamma = table(256, (i) => roundHalfEven(2040 * linear(i / 255)));
/** Linear light · 4096 → 8-bit sRGB. */
const degamma = table(4096, (v) => roundHalfEven(255 * companded(v / 4096)));
/** Linear light · 2040 → f(t), 32768 = 1. */
const curve = table(3072, (i) => roundHalfEven(32768 * labCurve(i / 2040)));
curve[49] = 9454; // as OpenCV: its soft-float cube root rounds these two the other way
curve[628] = 22126;

/** One in the fixed point of the way back. */
const ONE = 16384;
const cubeRootOfY = (l: number) => (l * 100 * ONE) / (255 * 116) + (16 * ONE) / 116;
/** L → f(Y) and L → Y; dark values lie on the straight part of the curve. */
const fyOfL = table(256, (l) => roundHalfEven(l <= 20 ? ONE * (16 / 116 + (5 * l) / 1479) : cubeRootOfY(l)));
const yOfL = table(256, (l) =>
  roundHalfEven(l <= 20 ? (l * ONE * 180) / (17 * 29 ** 3) : cubeRootOfY(l) ** 3 / ONE ** 2),
);

/**
 * sRGB to CIE L*a*b* (D65) in OpenCV's 8-bit scaling: L·255/100, a + 128, b + 128; equal to it for all 2²⁴ colours.
 * Source: OpenCV 4 color_lab.cpp `RGB2Lab_b`
 */
export function rgbToLab(im: Picture): Picture {
  const { data } = im;
  const out = new Uint8Array(data.length);
  for (let p = 0; p < data.length; p += 3) {
    const [r, g, b] = [gamma[data[p]!]!, gamma[data[p + 1]!]!, gamma[data[p + 2]!]!];
    const fx = curve[(1777 * r + 1541 * g + 778 * b + 2048) >> 12]!;
    const fy = curve[(871 * r + 2929 * g + 296 * b + 2048) >> 12]!;
    const fz = curve[(73 * r + 448 * g + 3575 * b + 2048) >> 12]!;
    out[p] = clip8((296 * fy - 1336934 + 16384) >> 15);
    out[p + 1] = clip8((500 * (fx - fy) + (1 << 22) + 16384) >> 15);
    out[p + 2] = clip8((200 * (fy - fz) + (1 << 22) + 16384) >> 15);
  }
  return { ...im, data: out };
}

/** f⁻¹ in 14-bit fixed point; divisions truncate as in C. */
function inverseCurve(i: number): number {
  if (i <= 3390) return Math.trunc((108 * i) / 841) - 290;
  return Math.trunc((Math.trunc((i * i) / ONE) * i) / ONE);
}

const clip12 = (v: number) => Math.min(Math.max(v, 0), 4095);

/** The way back from {@link rgbToLab}. Source: OpenCV 4 color_lab.cpp `Lab2RGBinteger` */
export function labToRgb(im: Picture): Picture {
  const { data } = im;
  const out = new Uint8Array(data.length);
  for (let p = 0; p < data.length; p += 3) {
    const l = data[p]!;
    const da = ((5 * data[p + 1]! * 53687 + 128) >> 13) - 4194;
    const db = ((data[p + 2]! * 41943 + 16) >> 9) - 10484;
    const [x, y, z] = [inverseCurve(fyOfL[l]! + da), yOfL[l]!, inverseCurve(fyOfL[l]! - db)];
    out[p] = degamma[clip12((12615 * x - 6296 * y - 2223 * z + 8192) >> 14)]!;
    out[p + 1] = degamma[clip12((-3773 * x + 7684 * y + 185 * z + 8192) >> 14)]!;
    out[p + 2] = degamma[clip12((217 * x - 836 * y + 4715 * z + 8192) >> 14)]!;
  }
  return { ...im, data: out };
}
