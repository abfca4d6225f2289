import { blend } from '../tensor/arithmetic.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Puts the untouched latent back where nothing is to be repainted, at every model call. `level`: σ, or the training step. */
export type MaskBlend = (latent: Tensor, level: number) => Tensor;

/**
 * Ordinary inpainting: latent·nmask + init·(1 − nmask), at every level and once more at the end.
 * Source: A1111 modules/sd_samplers_cfg_denoiser.py
 *
 * @param init   [B, 4, h, w], encoded picture without noise
 * @param nmask  [h, w] or [4, h, w], 1 = repaint
 */
export function maskBlend(init: Tensor, nmask: Tensor): MaskBlend {
  return (latent) => blend(init, latent, nmask);
}
