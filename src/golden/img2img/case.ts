import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeLimits, decodePicture } from '../../engine/image/decode.ts';
import type { Picture } from '../../engine/image/picture.ts';
import type { GoldenOutcome } from '../outcome.ts';

/** Works a case out and gives its largest error. */
export type Check = () => Promise<number> | number;

/** A golden picture; they are smaller than anything people may upload. */
export async function readPicture(dir: string, name: string): Promise<Picture> {
  return await decodePicture(await readFile(join(dir, name)), { ...decodeLimits, minSide: 1 });
}

/** A golden manifest; its form is the one its README states. */
export async function readJson<T>(dir: string, name: string): Promise<T> {
  return JSON.parse(await readFile(join(dir, name), 'utf8')) as T;
}

/** Largest difference of two byte or number sequences; infinite when they differ in length or hold NaN. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    if (!(d <= max)) max = Number.isNaN(d) ? Number.POSITIVE_INFINITY : d;
  }
  return max;
}

/** Largest difference of two pictures; infinite when they differ in size or kind. */
export function pictureDifference(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height || a.channels !== b.channels) return Number.POSITIVE_INFINITY;
  return maxDifference(a.data, b.data);
}

/** 0 when equal as JSON, else infinite: for everything that must match exactly. */
export function mismatch(actual: unknown, expected: unknown): number {
  return JSON.stringify(actual) === JSON.stringify(expected) ? 0 : Number.POSITIVE_INFINITY;
}

/** Runs one case and says how it went; an exception is a failure. */
export async function judge(
  { area, name, tolerance }: { area: string; name: string; tolerance: number },
  check: Check,
): Promise<GoldenOutcome> {
  try {
    const maxError = await check();
    if (maxError <= tolerance) return { area, name, status: 'ok', maxError, tolerance };
    return { area, name, status: 'failed', maxError, tolerance, reason: 'differs from the reference' };
  } catch (error) {
    return { area, name, status: 'failed', tolerance, reason: String(error) };
  }
}
