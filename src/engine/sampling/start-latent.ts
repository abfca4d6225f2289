import type { MaskedContent } from '../../edit/choices.ts';
import { addScaled, blend, lincomb, scale } from '../tensor/arithmetic.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * Where σ samplers start in img2img: init + noise·σ.
 *
 * @param sigma       first level used
 * @param extraNoise  0…1, added whatever σ is
 * Source: A1111 modules/sd_samplers_kdiffusion.py `sample_img2img`
 */
export function noisedAtSigma(init: Tensor, noise: Tensor, sigma: number, extraNoise = 0): Tensor {
  return addScaled(init, sigma + extraNoise, noise);
}

/**
 * Where timestep samplers start in img2img: init·√ᾱ + noise·√(1−ᾱ).
 *
 * @param alpha  ᾱ of the timestep one above the highest that will be processed
 * Source: A1111 modules/sd_samplers_timesteps.py `sample_img2img`
 */
export function noisedAtAlpha(init: Tensor, noise: Tensor, alpha: number, extraNoise = 0): Tensor {
  return lincomb(Math.sqrt(alpha), init, Math.sqrt(1 - alpha) + extraNoise * Math.sqrt(alpha), noise);
}

/**
 * The latent to start from under the mask, for the masked contents that act in latent space; the others leave it alone.
 *
 * @param nmask  [h, w] or [4, h, w], 1 = repaint
 * @param noise  the picture's start noise, before any multiplier
 * Source: A1111 modules/processing.py `StableDiffusionProcessingImg2Img.init`
 */
export function withMaskedContent(init: Tensor, nmask: Tensor, content: MaskedContent, noise: Tensor): Tensor {
  if (content === 'latent noise') return blend(init, noise, nmask);
  if (content === 'latent nothing') return blend(init, scale(0, init), nmask);
  return init;
}
