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
  const blendOf = latentBlender(init, settings.softTransitionContrastBoost);
  return (latent, sigma) => blendOf(latent, softMask(nmask, settings, sigma));
}

/** The mask at noise level σ: nmask to the power of strength·σ^bias; 1 = repaint. */
export function softMask(nmask: Tensor, settings: SoftSampling, sigma: number): Tensor {
  const exponent = settings.softPreservationStrength * sigma ** settings.softScheduleBias;
  const data = new Float32Array(nmask.data.length);
  for (let i = 0; i < data.length; i++) data[i] = nmask.data[i]! ** exponent;
  return { ...nmask, data };
}

/**
 * A blend of a fixed a [B, C, h, w] with b: a·(1 − t) + b·t per pixel, stretched so that its length over the channels is the power mean of a's and b's lengths: a plain
 * mean of two noises is too small.
 *
 * @param power  1 … 32; the higher, the nearer to the longer of the two
 * @returns takes b and t, [C, h, w] or [h, w]; 0 takes a, 1 takes b
 */
export function latentBlender(a: Tensor, power: number): (b: Tensor, t: Tensor) => Tensor {
  const shape = [a.shape[0]!, ...a.shape.slice(2)];
  const pixels = sizeOf(a.shape.slice(2));
  const inA = channelNorms(a).data;
  const powersOfA = Float64Array.from(inA, (length) => length ** power);
  return (b, t) => {
    const mixed = blend(a, b, t);
    const [inB, now] = [channelNorms(b).data, channelNorms(mixed).data];
    const factors = new Float32Array(now.length);
    for (let i = 0; i < factors.length; i++) {
      const share = t.data[i % pixels]!; // the channels of a mask are equal
      let wanted = share === 0 ? inA[i]! : inB[i]!; // most pixels are all one or all the other
      if (share > 0 && share < 1) wanted = (powersOfA[i]! * (1 - share) + inB[i]! ** power * share) ** (1 / power);
      factors[i] = wanted / (now[i]! + 1e-5);
    }
    return scalePixels(mixed, { data: factors, shape });
  };
}
