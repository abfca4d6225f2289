import { addScaled, lincomb, type Term, weightedSum } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { SamplerRun } from '../sampler.ts';

/** dx/dσ of the probability flow: (x − denoised)/σ. */
export function slope(x: Tensor, denoised: Tensor, sigma: number): Tensor {
  return lincomb(1 / sigma, x, -1 / sigma, denoised);
}

/** x followed along its slope from σ to `next`; next = 0 lands on `denoised`. `more` is added in the same pass: noise. */
export function eulerStep(
  x: Tensor,
  denoised: Tensor,
  sigma: number,
  next: number,
  more: readonly Term[] = [],
): Tensor {
  return weightedSum([[next / sigma, x], [1 - next / sigma, denoised], ...more]);
}

/**
 * Splits the way from σ to `next` into a deterministic part, down to `down`, and noise of deviation `up` added afterwards.
 *
 * @param eta  0: no noise, down = next
 * Source: k-diffusion sampling.py `get_ancestral_step`
 */
export function ancestralStep(
  sigma: number,
  next: number,
  eta: number,
): { readonly down: number; readonly up: number } {
  if (eta === 0) return { down: next, up: 0 };
  const up = Math.min(next, eta * Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2));
  return { down: Math.sqrt(next ** 2 - up ** 2), up };
}

/**
 * Raises the noise of x from σ to σ̂ before a step. One draw is spent at every step, needed or not.
 * Source: Karras et al. 2022 (arXiv 2206.00364), algorithm 2
 *
 * @param steps  of the whole run; the churn is shared out among them
 */
export function churn(
  x: Tensor,
  sigma: number,
  steps: number,
  { noise, options }: SamplerRun,
): { readonly x: Tensor; readonly sigmaHat: number } {
  const isInRange = options.sTmin <= sigma && sigma <= options.sTmax;
  const gamma = isInRange ? Math.min(options.sChurn / steps, Math.SQRT2 - 1) : 0;
  if (gamma === 0) {
    noise.skip();
    return { x, sigmaHat: sigma };
  }
  const sigmaHat = sigma * (1 + gamma);
  const deviation = Math.sqrt(sigmaHat ** 2 - sigma ** 2);
  return { x: addScaled(x, options.sNoise * deviation, noise.next()), sigmaHat };
}
