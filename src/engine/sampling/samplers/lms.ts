import { weightedSum } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Denoiser, pairs, type SamplerRun } from '../sampler.ts';
import type { Sigmas } from '../schedulers.ts';
import { slope } from './steps.ts';

const ORDER = 4;

/** LMS: Adams–Bashforth of order up to 4 for uneven steps. Source: k-diffusion sampling.py `sample_lms` */
export async function sampleLms(denoise: Denoiser, start: Tensor, sigmas: Sigmas, run: SamplerRun): Promise<Tensor> {
  let x = start;
  let slopes: readonly Tensor[] = []; // newest first
  for (const [i, [sigma]] of pairs(sigmas).entries()) {
    const denoised = await denoise(x, sigma);
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised });
    slopes = [slope(x, denoised, sigma), ...slopes].slice(0, ORDER);
    const weights = lmsCoefficients(sigmas, i);
    x = weightedSum([[1, x], ...slopes.map((g, j) => [weights[j]!, g] as const)]);
  }
  return x;
}

/**
 * Weights of the last slopes, newest first, for the step from σᵢ to σᵢ₊₁: integrals of the polynomials that are 1 at one of the
 * levels used and 0 at the others.
 */
export function lmsCoefficients(sigmas: Sigmas, i: number): number[] {
  const levels = sigmas.slice(Math.max(i - ORDER + 1, 0), i + 1).reverse();
  const half = (sigmas[i + 1]! - sigmas[i]!) / 2;
  const middle = (sigmas[i + 1]! + sigmas[i]!) / 2;
  const offset = half / Math.sqrt(3); // two-point Gauss quadrature, exact up to the third degree
  return levels.map((own) => {
    const basis = (sigma: number) =>
      levels.reduce((product, other) => (other === own ? product : (product * (sigma - other)) / (own - other)), 1);
    return half * (basis(middle - offset) + basis(middle + offset));
  });
}
