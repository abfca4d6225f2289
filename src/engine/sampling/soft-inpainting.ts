import type { Params } from '../../edit/fields.ts';
import { blend } from '../tensor/arithmetic.ts';
import { channelNorms, scalePixels } from '../tensor/channels.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import type { MaskBlend } from './mask-blend.ts';

/** The settings of soft inpainting that act while sampling; names and ranges are those of the parameter table. */
export type SoftSampling = Pick<
  Params,
  'softScheduleBias' | 'softPreservationStrength' | 'softTransitionContrastBoost'
>;

/**
 * Soft inpainting: a grey mask that lets more through as the noise falls, and a blend that keeps magnitudes. There is no blend
 * after sampling. Meant for σ samplers: with timesteps in place of σ, as A1111 passes them, what the mask protects is not restored.
 * Source: A1111 extensions-builtin/soft-inpainting/scripts/soft_inpainting.py
 */
export function softMaskBlend(init: Tensor, nmask: Tensor, settings: SoftSampling): MaskBlend {
  return (latent, sigma) =>
    latentBlend(init, latent, softMask(nmask, settings, sigma), settings.softTransitionContrastBoost);
}

/** The mask at noise level σ: nmask to the power of strength·σ^bias; 1 = repaint. */
export function softMask(nmask: Tensor, settings: SoftSampling, sigma: number): Tensor {
  const exponent = settings.softPreservationStrength * sigma ** settings.softScheduleBias;
  return { ...nmask, data: nmask.data.map((m) => m ** exponent) };
}

/**
 * a·(1 − t) + b·t per pixel, stretched so that its length over the channels is the power mean of a's and b's lengths: a plain
 * mean of two noises is too small.
 *
 * @param a      [B, C, h, w]
 * @param t      [C, h, w] or [h, w]; 0 takes a, 1 takes b
 * @param power  1 … 32; the higher, the nearer to the longer of the two
 */
export function latentBlend(a: Tensor, b: Tensor, t: Tensor, power: number): Tensor {
  const mixed = blend(a, b, t);
  const [inA, inB, now] = [a, b, mixed].map((x) => channelNorms(x).data);
  const pixels = sizeOf(a.shape.slice(2));
  const factors = now!.map((length, i) => {
    const share = t.data[i % pixels]!; // the channels of a mask are equal
    const wanted = (inA![i]! ** power * (1 - share) + inB![i]! ** power * share) ** (1 / power);
    return wanted / (length + 1e-5);
  });
  return scalePixels(mixed, { data: factors, shape: [a.shape[0]!, ...a.shape.slice(2)] });
}
