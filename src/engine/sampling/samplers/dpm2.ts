import { type Term, weightedSum } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Denoiser, pairs, type SamplerRun } from '../sampler.ts';
import type { Sigmas } from '../schedulers.ts';
import { ancestralStep, churn, eulerStep } from './steps.ts';

/** DPM2: DPM-Solver-2 with Karras' churn. Source: k-diffusion sampling.py, after Karras et al. 2022 and Lu et al. 2022 */
export async function sampleDpm2(denoise: Denoiser, start: Tensor, sigmas: Sigmas, run: SamplerRun): Promise<Tensor> {
  let x = start;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const churned = churn(x, sigma, sigmas.length - 1, run);
    const { sigmaHat } = churned;
    const denoised = await denoise(churned.x, sigmaHat);
    run.onStep?.({ i, sigma, sigmaHat, x: churned.x, denoised });
    x = weightedSum(await midpointStep(denoise, churned.x, denoised, [sigmaHat, next]));
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
    const step = await midpointStep(denoise, x, denoised, [sigma, down]);
    x = weightedSum(down > 0 ? [...step, [run.options.sNoise * up, run.noise.next()]] : step);
  }
  return x;
}

/** From σ to `next` with the slope at their geometric mean; straight to `denoised`, which belongs to x at σ, for 0. As terms of a sum. */
async function midpointStep(
  denoise: Denoiser,
  x: Tensor,
  denoised: Tensor,
  [sigma, next]: readonly [sigma: number, next: number],
): Promise<readonly Term[]> {
  if (next === 0) return [[1, denoised]];
  const middle = Math.sqrt(sigma * next);
  const x2 = eulerStep(x, denoised, sigma, middle);
  const along = (next - sigma) / middle;
  return [
    [1, x],
    [along, x2],
    [-along, await denoise(x2, middle)],
  ];
}
