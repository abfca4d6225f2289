import type { Picture, Region } from './picture.ts';

/**
 * The smallest rectangle that holds every pixel of a grey picture which is not `plain`; null when there is none. What lies outside it is
 * compared natively, many pixels at a time: masks of photographs are plain nearly everywhere.
 */
export function extentOf({ width, height, data, channels }: Picture, plain: number): Region | null {
  if (channels !== 1) throw new RangeError(`the extent of a picture with ${channels} channels`);
  const [bytes, blank] = [Buffer.from(data.buffer, data.byteOffset, data.length), Buffer.alloc(width, plain)];
  const isPlainFrom = (from: number, to: number) => bytes.compare(blank, 0, to - from, from, to) === 0;
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    const row = y * width;
    if (isPlainFrom(row, row + width)) continue;
    y1 = Math.min(y1, y);
    y2 = y + 1;
    if (!isPlainFrom(row, row + x1)) x1 = bytes.subarray(row).findIndex((value) => value !== plain);
    if (!isPlainFrom(row + x2, row + width))
      x2 = 1 + bytes.subarray(row, row + width).findLastIndex((v) => v !== plain);
  }
  return y2 === 0 ? null : { x1, y1, x2, y2 };
}

/** Whether every byte of a picture is `value`. */
export function isPlain({ data }: Picture, value: number): boolean {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  return bytes.length === 0 || (bytes[0] === value && bytes.compare(bytes, 0, bytes.length - 1, 1) === 0);
}
