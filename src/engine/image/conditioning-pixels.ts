import { roundHalfEven } from '../tensor/round-half-even.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import { toLuma } from './convert.ts';
import type { Picture, Size } from './picture.ts';

/** The mask at full size for an inpainting checkpoint, [1, 1, H, W], 1 = repaint; all 1 without a mask. */
export function conditioningMask(mask: Picture | null, { width, height }: Size, round: boolean): Tensor {
  const shape = [1, 1, height, width];
  if (mask === null) return tensor(new Float32Array(width * height).fill(1), shape);
  return tensor(
    Float32Array.from(toLuma(mask).data, (v) => (round ? roundHalfEven(v / 255) : v / 255)),
    shape,
  );
}

/**
 * The pixels [B, 3, H, W] with what the mask [1, 1, H, W] covers faded towards mid-grey, 0, by `weight` 0…1.
 * Source: A1111 modules/processing.py `inpainting_image_conditioning`
 */
export function maskedPixels(pixels: Tensor, mask: Tensor, weight: number): Tensor {
  const plane = mask.data.length;
  const out = Float32Array.from(pixels.data, (v, i) => {
    const masked = Math.fround(v * Math.fround(1 - mask.data[i % plane]!));
    return v + weight * (masked - v);
  });
  return tensor(out, pixels.shape);
}

/** [1, 1, H, W] → [1, 1, height, width], each value that of the top left pixel of its cell. Source: PyTorch `interpolate` */
export function nearestResized(mask: Tensor, { width, height }: Size): Tensor {
  const [, , h = 1, w = 1] = mask.shape;
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * h) / height) * w;
    for (let x = 0; x < width; x++) out[y * width + x] = mask.data[row + Math.floor((x * w) / width)]!;
  }
  return tensor(out, [1, 1, height, width]);
}
