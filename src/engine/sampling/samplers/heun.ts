import { addScaled, lincomb, weightedSum } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Denoiser, pairs, type SamplerRun } from '../sampler.ts';
import type { Sigmas } from '../schedulers.ts';
import { churn, eulerStep, slope } from './steps.ts';

/** Heun: Karras et al. 2022 (arXiv 2206.00364), algorithm 2. */
export async function sampleHeun(denoise: Denoiser, start: Tensor, sigmas: Sigmas, run: SamplerRun): Promise<Tensor> {
  let x = start;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const churned = churn(x, sigma, sigmas.length - 1, run);
    const { sigmaHat } = churned;
    const denoised = await denoise(churned.x, sigmaHat);
    run.onStep?.({ i, sigma, sigmaHat, x: churned.x, denoised });
    x = await heunStep(denoise, churned.x, denoised, [sigmaHat, next]);
  }
  return x;
}

/** From σ to `next` with the mean of the slopes at both ends; a plain Euler step to 0. `denoised` belongs to x at σ. */
export async function heunStep(
  denoise: Denoiser,
  x: Tensor,
  denoised: Tensor,
  [sigma, next]: readonly [sigma: number, next: number],
): Promise<Tensor> {
  const x2 = eulerStep(x, denoised, sigma, next);
  if (next === 0) return x2;
  const denoised2 = await denoise(x2, next);
  const [here, there] = [(next - sigma) / (2 * sigma), (next - sigma) / (2 * next)]; // half the step along either slope
  return weightedSum([
    [1 + here, x],
    [-here, denoised],
    [there, x2],
    [-there, denoised2],
  ]);
}

/**
 * HeunPP2: up to three slopes, weighted by their noise levels; the last two steps have fewer.
 * Source: stable-diffusion-webui-forge k_diffusion/sampling.py `sample_heunpp2`
 */
export async function sampleHeunPp2(
  denoise: Denoiser,
  start: Tensor,
  sigmas: Sigmas,
  run: SamplerRun,
): Promise<Tensor> {
  let x = start;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const churned = churn(x, sigma, sigmas.length - 1, run);
    const { sigmaHat } = churned;
    const denoised = await denoise(churned.x, sigmaHat);
    run.onStep?.({ i, sigma, sigmaHat, x: churned.x, denoised });
    const later = sigmas.slice(i + 1);
    const mean = await weightedSlope(denoise, churned.x, slope(churned.x, denoised, sigmaHat), {
      levels: [sigmaHat, ...later],
      sigmaMax: sigmas[0]!,
    });
    x = addScaled(churned.x, next - sigmaHat, mean);
  }
  return x;
}

/** The slope to follow from levels[0] to levels[1], given the slope at x; looks up to two levels ahead. */
async function weightedSlope(
  denoise: Denoiser,
  x: Tensor,
  slope1: Tensor,
  { levels, sigmaMax }: { levels: Sigmas; sigmaMax: number },
): Promise<Tensor> {
  const [sigma = 0, next = 0, nextButOne = 0] = levels;
  if (levels.length === 2) return slope1;
  const x2 = addScaled(x, next - sigma, slope1);
  const slope2 = slope(x2, await denoise(x2, next), next);
  if (levels.length === 3) {
    const w2 = next / (2 * sigmaMax);
    return lincomb(1 - w2, slope1, w2, slope2);
  }
  const x3 = addScaled(x2, nextButOne - next, slope2);
  const slope3 = slope(x3, await denoise(x3, nextButOne), nextButOne);
  const [w2, w3] = [next / (3 * sigmaMax), nextButOne / (3 * sigmaMax)];
  return weightedSum([
    [1 - w2 - w3, slope1],
    [w2, slope2],
    [w3, slope3],
  ]);
}
