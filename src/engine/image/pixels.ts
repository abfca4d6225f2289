import { type Tensor, tensor } from '../tensor/tensor.ts';
import type { Picture } from './picture.ts';

/** What a channel's byte is to a VAE: 0…255 as −1…1. */
const encoded = Float32Array.from({ length: 256 }, (_, byte) => 2 * Math.fround(byte / 255) - 1);

/** RGB pictures of one size as what a VAE encodes: [B, 3, H, W], −1…1. */
export function toPixels(pictures: readonly Picture[]): Tensor {
  const { width = 0, height = 0 } = pictures[0] ?? {};
  const plane = width * height;
  const out = new Float32Array(pictures.length * 3 * plane);
  for (const [b, { data }] of pictures.entries()) {
    for (let y = 0; y < height; y++) {
      const row = data.subarray(y * width * 3, (y + 1) * width * 3);
      for (let c = 0; c < 3; c++) encodeRow(row, c, out.subarray((b * 3 + c) * plane + y * width));
    }
  }
  return tensor(out, [pictures.length, 3, height, width]);
}

/** One channel of a row, to the beginning of `out`. */
function encodeRow(row: Uint8Array, channel: number, out: Float32Array): void {
  for (let p = channel, i = 0; p < row.length; p += 3, i++) out[i] = encoded[row[p]!]!;
}

/**
 * What a VAE decoded, [B, 3, H, W] about −1…1, as RGB pictures: clipped, and truncated rather than rounded.
 * Source: A1111 modules/processing.py `process_images_inner`
 */
export function toPictures(pixels: Tensor): Picture[] {
  const [batch = 0, channels = 0, height = 0, width = 0] = pixels.shape;
  if (channels !== 3) throw new RangeError(`pixels of shape [${pixels.shape}], expected [B, 3, H, W]`);
  const plane = width * height;
  return Array.from({ length: batch }, (_, b): Picture => {
    const data = new Uint8Array(3 * plane);
    for (let y = 0; y < height; y++) {
      const row = data.subarray(y * width * 3, (y + 1) * width * 3);
      for (let c = 0; c < 3; c++) decodeRow(pixels.data.subarray((b * 3 + c) * plane + y * width), c, row);
    }
    return { width, height, channels: 3, data };
  });
}

/** The beginning of `values` to one channel of a row. */
function decodeRow(values: Float32Array, channel: number, row: Uint8Array): void {
  for (let p = channel, i = 0; p < row.length; p += 3, i++) row[p] = byteOf(values[i]!);
}

/** −1…1 as 0…255, every operation in float32. */
function byteOf(value: number): number {
  const half = Math.fround(Math.fround(value + 1) / 2);
  return half >= 1 ? 255 : half > 0 ? Math.fround(255 * half) | 0 : 0;
}
