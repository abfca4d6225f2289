import { type Tensor, tensor } from '../tensor/tensor.ts';
import type { Picture } from './picture.ts';

/** RGB pictures of one size as what a VAE encodes: [B, 3, H, W], −1…1. */
export function toPixels(pictures: readonly Picture[]): Tensor {
  const { width = 0, height = 0 } = pictures[0] ?? {};
  const plane = width * height;
  const out = new Float32Array(pictures.length * 3 * plane);
  pictures.forEach(({ data }, b) => {
    for (let c = 0; c < 3; c++) {
      const o = (b * 3 + c) * plane;
      for (let i = 0; i < plane; i++) out[o + i] = 2 * Math.fround(data[i * 3 + c]! / 255) - 1;
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
    for (let c = 0; c < 3; c++) {
      const from = (b * 3 + c) * plane;
      for (let i = 0; i < plane; i++) {
        const half = Math.fround(Math.fround(pixels.data[from + i]! + 1) / 2);
        data[i * 3 + c] = Math.trunc(Math.fround(255 * Math.min(Math.max(half, 0), 1)));
      }
    }
    return { width, height, channels: 3, data };
  });
}
