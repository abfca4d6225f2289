import { addScaled } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Denoiser, pairs, type SamplerRun } from '../sampler.ts';
import type { Sigmas } from '../schedulers.ts';
import { ancestralStep, churn, eulerStep, slope } from './steps.ts';

/** DPM2: DPM-Solver-2 with Karras' churn. Source: k-diffusion sampling.py, after Karras et al. 2022 and Lu et al. 2022 */
export async function sampleDpm2(denoise: Denoiser, start: Tensor, sigmas: Sigmas, run: SamplerRun): Promise<Tensor> {
  let x = start;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const churned = churn(x, sigma, sigmas.length - 1, run);
    const { sigmaHat } = churned;
    const denoised = await denoise(churned.x, sigmaHat);
    run.onStep?.({ i, sigma, sigmaHat, x: churned.x, denoised });
    x = await midpointStep(denoise, churned.x, denoised, [sigmaHat, next]);
  }
  return x;
}

/** DPM2 a: DPM2 with ancestral noise in place of churn. Source: k-diffusion sampling.py */
export async function sampleDpm2Ancestral(
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
    x = await midpointStep(denoise, x, denoised, [sigma, down]);
    if (down > 0) x = addScaled(x, run.options.sNoise * up, run.noise.next());
  }
  return x;
}

/** From σ to `next` with the slope at their geometric mean; a plain Euler step to 0. `denoised` belongs to x at σ. */
async function midpointStep(
  denoise: Denoiser,
  x: Tensor,
  denoised: Tensor,
  [sigma, next]: readonly [sigma: number, next: number],
): Promise<Tensor> {
  if (next === 0) return eulerStep(x, denoised, sigma, next);
  const middle = Math.sqrt(sigma * next);
  const x2 = eulerStep(x, denoised, sigma, middle);
  return addScaled(x, next - sigma, slope(x2, await denoise(x2, middle), middle));
}
