import { Refusal } from '../errors.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface SizeRules {
  /** Width = height the model was trained at, px. */
  readonly nativeSize: number;
  /** Most pixels an edit may have. */
  readonly maxPixels: number;
}

/** Eight pixels are one of the latents; networks take any whole number of these. */
const STEP = 8;
const SMALLEST = 64;
export const LARGEST = 4096;

/** As A1111, whose latents have no room for the rest. */
function floored(value: number): number {
  return Math.max(SMALLEST, Math.floor(value / STEP) * STEP);
}
function rounded(value: number): number {
  return Math.max(SMALLEST, STEP * Math.floor((value + STEP / 2) / STEP));
}

/** Models trained below SD1's 512 px are tiny ones: they know a single scale, and paint repetitions beyond it. */
function budgetOf({ nativeSize, maxPixels }: SizeRules): number {
  return nativeSize < 512 ? Math.min(maxPixels, 1.5 * nativeSize ** 2) : maxPixels;
}

/** Keeps the aspect: shrinks to the pixel budget, enlarges pictures of less than half the model's own area. */
function fitSource({ width, height }: Size, rules: SizeRules): Size {
  const area = width * height;
  const native = rules.nativeSize ** 2;
  const budget = budgetOf(rules);
  let scale = 1;
  if (area > budget) scale = Math.sqrt(budget / area);
  else if (area < native / 2) scale = Math.sqrt(native / area);
  return { width: rounded(width * scale), height: rounded(height * scale) };
}

function wanted(text: string, source: Size): Size | undefined {
  const both = /^(\d+)\s*[x×*]\s*(\d+)$/i.exec(text);
  if (both) return { width: Number(both[1]), height: Number(both[2]) };
  const times = /^(\d*(?:\.\d+)?)[x×]$/i.exec(text);
  if (times?.[1]) {
    const factor = Number(times[1]);
    return { width: Math.trunc(source.width * factor), height: Math.trunc(source.height * factor) };
  }
  const one = /^([wh])(\d+)$/i.exec(text);
  if (!one) return undefined;
  const side = Number(one[2]);
  return one[1]!.toLowerCase() === 'w'
    ? { width: side, height: (side * source.height) / source.width }
    : { width: (side * source.width) / source.height, height: side };
}

/** What a text that is no size may stand for: `768 by 512`, `512`, `150%`. Undefined when nobody can tell. */
export function guessedSize(text: string): string | undefined {
  const [, percent] = /^\s*(\d{2,3})\s*%\s*$/.exec(text) ?? [];
  if (percent !== undefined) return `${Number(percent) / 100}x`;
  const [width = 0, height = width, ...others] = (text.match(/\d+/g) ?? []).map(Number);
  const isLength = (px: number) => px >= SMALLEST && px <= LARGEST;
  return isLength(width) && isLength(height) && others.length === 0 ? `${width}x${height}` : undefined;
}

/** The largest size of the same aspect within the limits, or the smallest, in whole eights. */
function nearestTo({ width, height }: Size, maxPixels: number): Size {
  const fits = Math.min(Math.sqrt(maxPixels / (width * height)), LARGEST / Math.max(width, height));
  const scale = Math.min(fits, Math.max(1, SMALLEST / Math.min(width, height)));
  return { width: floored(width * scale), height: floored(height * scale) };
}

/**
 * Processing size for what a person wrote (`src`, `768x512`, `2x`, `w832`, `h1216`) and the picture at hand, px.
 * @throws Refusal 'bad-size' when it is none of these, smaller than 16, wider than 4096 or over the pixel budget
 */
export function resolveSize(text: string, source: Size, rules: SizeRules): Size {
  const given = text.trim();
  if (given.toLowerCase() === 'src') return fitSource(source, rules);
  const size = wanted(given, source);
  if (!size || !(Math.min(size.width, size.height) > 0)) throw new Refusal('bad-size', { given });
  const fitting = { width: floored(size.width), height: floored(size.height) };
  const isTooLarge = Math.max(size.width, size.height) > LARGEST || fitting.width * fitting.height > rules.maxPixels;
  if (!isTooLarge && Math.min(size.width, size.height) >= 16) return fitting;
  const { width, height } = nearestTo(size, rules.maxPixels);
  throw new Refusal('bad-size', { given, nearest: `${width}x${height}` });
}
