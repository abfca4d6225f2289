import { pixelsApartInto, pixelsTogetherInto } from '../kernels/kernels.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import type { Picture } from './picture.ts';

/** RGB pictures of one size as what a VAE encodes: [B, 3, H, W], −1…1. */
export function toPixels(pictures: readonly Picture[]): Tensor {
  const { width = 0, height = 0 } = pictures[0] ?? {};
  const size = 3 * width * height;
  const out = new Float32Array(pictures.length * size);
  for (const [b, { data }] of pictures.entries()) pixelsApartInto(out.subarray(b * size, (b + 1) * size), data);
  return tensor(out, [pictures.length, 3, height, width]);
}

/**
 * What a VAE decoded, [B, 3, H, W] about −1…1, as RGB pictures: clipped, and truncated rather than rounded.
 * Source: A1111 modules/processing.py `process_images_inner`
 */
export function toPictures(pixels: Tensor): Picture[] {
  const [batch = 0, channels = 0, height = 0, width = 0] = pixels.shape;
  if (channels !== 3) throw new RangeError(`pixels of shape [${pixels.shape}], expected [B, 3, H, W]`);
  const size = 3 * width * height;
  return Array.from({ length: batch }, (_, b): Picture => {
    const data = new Uint8Array(size);
    pixelsTogetherInto(data, pixels.data.subarray(b * size, (b + 1) * size));
    return { width, height, channels: 3, data };
  });
}
