import type { Size } from './picture.ts';

/** Pixels to a latent, along each side. */
export const LATENT_CELL = 8;

/** "Resize by": each side times a factor, truncated. Source: A1111 modules/img2img.py */
export function scaledSize({ width, height }: Size, times: number): Size {
  return { width: Math.trunc(width * times), height: Math.trunc(height * times) };
}

/** Size of the latents of a picture. */
export function latentSize({ width, height }: Size): Size {
  return { width: Math.floor(width / LATENT_CELL), height: Math.floor(height / LATENT_CELL) };
}

/** Down to what whole latents cover. */
export function flooredSize(size: Size): Size {
  const { width, height } = latentSize(size);
  return { width: LATENT_CELL * width, height: LATENT_CELL * height };
}
