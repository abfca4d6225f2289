import { roundHalfEven } from '../tensor/round-half-even.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import { channelOf, isOpaque, toLuma } from './convert.ts';
import { cvBlur } from './cv-blur.ts';
import type { Picture, Size } from './picture.ts';
import { invert, thresholded } from './point.ts';
import { resample } from './resample.ts';

/**
 * Any picture as a grey mask: the alpha where there is a real one, else the luma. Grey masks keep their greys;
 * `round` cuts an alpha at 128.
 * Source: A1111 modules/processing.py `create_binary_mask`
 */
export function binaryMask(im: Picture, round: boolean): Picture {
  if (im.channels !== 4) return toLuma(im);
  if (isOpaque(im)) return toLuma(im);
  const alpha = channelOf(im, 3);
  return round ? thresholded(alpha, 128) : alpha;
}

/** How a mask that came in becomes the mask that is used. */
export interface MaskOptions {
  /** Standard deviation of the blur along each axis, px of the source picture, 0…64. */
  readonly maskBlurX: number;
  readonly maskBlurY: number;
  readonly inpaintNotMasked: boolean;
  /** False keeps half-tones down to the latents: soft inpainting. */
  readonly maskRound: boolean;
}

/** Grey, inverted when "inpaint not masked", blurred first along x, then along y. */
export function prepareMask(im: Picture, { maskBlurX, maskBlurY, inpaintNotMasked, maskRound }: MaskOptions): Picture {
  const grey = binaryMask(im, maskRound);
  const wanted = inpaintNotMasked ? invert(grey) : grey;
  return cvBlur(cvBlur(wanted, 'x', maskBlurX), 'y', maskBlurY);
}

/**
 * The mask as the sampler sees it, [h, w], 1 = repaint: shrunk with antialiased bicubic, then cut at 128 when `round`.
 * Source: A1111 modules/processing.py `StableDiffusionProcessingImg2Img.init`
 */
export function latentMask(mask: Picture, { width, height }: Size, round: boolean): Tensor {
  const { data } = resample(toLuma(mask), { width, height }, 'bicubic');
  const values = Float32Array.from(data, (v) => (round ? roundHalfEven(v / 255) : v / 255));
  return tensor(values, [height, width]);
}
