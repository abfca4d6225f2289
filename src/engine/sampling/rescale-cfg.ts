import { lincomb, scale, sub } from '../tensor/arithmetic.ts';
import { standardDeviation } from '../tensor/channels.ts';
import { row, stack } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Denoised latents of one guided call, before they are combined. */
export interface CfgInput {
  readonly x: Tensor;
  readonly cond: Tensor;
  readonly uncond: Tensor;
  readonly sigma: number;
  readonly cfgScale: number;
}

/**
 * Guidance whose result has the contrast of the unguided prediction, mixed with ordinary guidance.
 * Source: Lin et al. 2023 (arXiv 2305.08891), section 3.4, done on v; stable-diffusion-webui-reForge RescaleCFG
 *
 * @param multiplier  0 (ordinary) … 1
 */
export function rescaledCfg({ x, cond, uncond, sigma, cfgScale }: CfgInput, multiplier: number): Tensor {
  const z = scale(1 / (sigma ** 2 + 1), x);
  const toV = Math.sqrt(sigma ** 2 + 1) / sigma;
  const [vCond, vUncond] = [scale(toV, sub(z, cond)), scale(toV, sub(z, uncond))];
  const v = lincomb(cfgScale, vCond, 1 - cfgScale, vUncond);
  const images = Array.from({ length: x.shape[0]! }, (_, i) => {
    const factor = standardDeviation(row(vCond, i)) / standardDeviation(row(v, i));
    return scale(multiplier * factor + 1 - multiplier, row(v, i));
  });
  return lincomb(1, z, -1 / toV, stack(images));
}
