import { addScaled } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Denoiser, pairs, type SamplerRun } from '../sampler.ts';
import type { Sigmas } from '../schedulers.ts';

/** LCM: jumps to the predicted clean latent and adds fresh noise. Source: Luo et al. 2023 (arXiv 2310.04378), algorithm 3 */
export async function sampleLcm(denoise: Denoiser, start: Tensor, sigmas: Sigmas, run: SamplerRun): Promise<Tensor> {
  let x = start;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const denoised = await denoise(x, sigma);
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised });
    x = next > 0 ? addScaled(denoised, next, run.noise.next()) : denoised;
  }
  return x;
}
