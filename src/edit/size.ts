import { Refusal } from '../errors.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface SizeRules {
  /** Width = height the model was trained at, px. */
  readonly nativeSize: number;
  /** Sizes are multiples of this, px; 8 for full-size models. */
  readonly sizeStep: number;
  /** Most pixels an edit may have. */
  readonly maxPixels: number;
}

const SMALLEST = 64;
const LARGEST = 4096;

/** Largest multiple of `step` not above `value`, but at least 64. Source: A1111 floors latents; sizes are floored before all else. */
function floorTo(step: number, value: number): number {
  return Math.max(Math.ceil(SMALLEST / step) * step, Math.floor(value / step) * step);
}
function roundTo(step: number, value: number): number {
  return Math.max(Math.ceil(SMALLEST / step) * step, step * Math.floor((value + step / 2) / step));
}

/** Keeps the aspect: shrinks to the pixel budget, enlarges pictures of less than half the model's own area. */
function fitSource({ width, height }: Size, { nativeSize, sizeStep, maxPixels }: SizeRules): Size {
  const area = width * height;
  const native = nativeSize * nativeSize;
  let scale = 1;
  if (area > maxPixels) scale = Math.sqrt(maxPixels / area);
  else if (area < native / 2) scale = Math.sqrt(native / area);
  return { width: roundTo(sizeStep, width * scale), height: roundTo(sizeStep, height * scale) };
}

function wanted(text: string, source: Size): Size | undefined {
  const both = /^(\d+)\s*[x×*]\s*(\d+)$/i.exec(text);
  if (both) return { width: Number(both[1]), height: Number(both[2]) };
  const times = /^(\d*(?:\.\d+)?)x$/i.exec(text);
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

/**
 * Processing size for what a person wrote (`src`, `768x512`, `2x`, `w832`, `h1216`) and the picture at hand, px.
 * @throws Refusal 'bad-size' when it is none of these, smaller than 64, wider than 4096 or over the pixel budget
 */
export function resolveSize(text: string, source: Size, rules: SizeRules): Size {
  const given = text.trim();
  if (given.toLowerCase() === 'src') return fitSource(source, rules);
  const size = wanted(given, source);
  if (!size || Math.min(size.width, size.height) < 16 || Math.max(size.width, size.height) > LARGEST) {
    throw new Refusal('bad-size', { given });
  }
  const floored = { width: floorTo(rules.sizeStep, size.width), height: floorTo(rules.sizeStep, size.height) };
  if (floored.width * floored.height > rules.maxPixels) throw new Refusal('bad-size', { given });
  return floored;
}
