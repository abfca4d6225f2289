import type { Tensor } from '../../tensor/tensor.ts';
import { type Denoiser, pairs, type SamplerRun } from '../sampler.ts';
import type { Sigmas } from '../schedulers.ts';
import { ancestralStep, churn, eulerStep } from './steps.ts';

/** Euler: Karras et al. 2022 (arXiv 2206.00364), algorithm 2 without its second-order correction. */
export async function sampleEuler(denoise: Denoiser, start: Tensor, sigmas: Sigmas, run: SamplerRun): Promise<Tensor> {
  let x = start;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const churned = churn(x, sigma, sigmas.length - 1, run);
    const { sigmaHat } = churned;
    const denoised = await denoise(churned.x, sigmaHat);
    run.onStep?.({ i, sigma, sigmaHat, x: churned.x, denoised });
    x = eulerStep(churned.x, denoised, sigmaHat, next);
  }
  return x;
}

/** Euler a: every step goes below its end and is brought back up with fresh noise. Source: k-diffusion sampling.py */
export async function sampleEulerAncestral(
  denoise: Denoiser,
  start: Tensor,
  sigmas: Sigmas,
  run: SamplerRun,
): Promise<Tensor> {
  let x = start;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const denoised = await denoise(x, sigma);
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised });
    const { down, up } = ancestralStep(sigma, next, run.options.eta);
    // as A1111: sNoise does not reach this sampler
    x = eulerStep(x, denoised, sigma, down, next > 0 ? [[up, run.noise.next()]] : []);
  }
  return x;
}
