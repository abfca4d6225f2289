import { type Tensor, tensor } from '../tensor/tensor.ts';
import type { Picture } from './picture.ts';

/** What a channel's byte is to a VAE: 0…255 as −1…1. */
const encoded = Float32Array.from({ length: 256 }, (_, byte) => 2 * Math.fround(byte / 255) - 1);

/** RGB pictures of one size as what a VAE encodes: [B, 3, H, W], −1…1. */
export function toPixels(pictures: readonly Picture[]): Tensor {
  const { width = 0, height = 0 } = pictures[0] ?? {};
  const plane = width * height;
  const out = new Float32Array(pictures.length * 3 * plane);
  pictures.forEach(({ data }, b) => {
    const red = b * 3 * plane;
    for (let i = 0, p = 0; i < plane; i++, p += 3) {
      out[red + i] = encoded[data[p]!]!;
      out[red + plane + i] = encoded[data[p + 1]!]!;
      out[red + 2 * plane + i] = encoded[data[p + 2]!]!;
    }
  });
  return tensor(out, [pictures.length, 3, height, width]);
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
    const red = b * 3 * plane;
    for (let i = 0, p = 0; i < plane; i++, p += 3) {
      data[p] = byteOf(pixels.data[red + i]!);
      data[p + 1] = byteOf(pixels.data[red + plane + i]!);
      data[p + 2] = byteOf(pixels.data[red + 2 * plane + i]!);
    }
    return { width, height, channels: 3, data };
  });
}

/** −1…1 as 0…255, every operation in float32. */
function byteOf(value: number): number {
  const half = Math.fround(Math.fround(value + 1) / 2);
  return half >= 1 ? 255 : half > 0 ? Math.fround(255 * half) | 0 : 0;
}
