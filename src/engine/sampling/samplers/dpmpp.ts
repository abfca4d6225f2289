import { weightedSum } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Denoiser, pairs, type SamplerRun } from '../sampler.ts';
import type { Sigmas } from '../schedulers.ts';
import { ancestralStep, eulerStep } from './steps.ts';

/** DPM-Solver++(2M): Lu et al. 2022 (arXiv 2211.01095), algorithm 2 with λ = −ln σ. Draws no noise. */
export async function sampleDpmpp2m(
  denoise: Denoiser,
  start: Tensor,
  sigmas: Sigmas,
  run: SamplerRun,
): Promise<Tensor> {
  let x = start;
  let last: Tensor | undefined;
  let hLast = 0;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const denoised = await denoise(x, sigma);
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised });
    const h = Math.log(sigma / next); // λ(next) − λ(sigma); Infinity on the final step
    // Second order once there is a past; first order at both ends, where it would be unstable.
    const beyond = last && next > 0 ? h / (2 * hLast) : 0; // how far the predictions' trend is followed
    const towards = 1 - next / sigma;
    x = weightedSum([
      [next / sigma, x],
      [towards * (1 + beyond), denoised],
      ...(beyond > 0 ? [[-towards * beyond, last!] as const] : []),
    ]);
    [last, hLast] = [denoised, h];
  }
  return x;
}

/** DPM++ 2S a: DPM-Solver++(2S) of Lu et al. 2022, algorithm 1, with ancestral noise. Source: k-diffusion sampling.py */
export async function sampleDpmpp2sAncestral(
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
    let target = denoised;
    if (down > 0) {
      const middle = Math.sqrt(sigma * down); // half way in λ
      target = await denoise(eulerStep(x, denoised, sigma, middle), middle);
    }
    // In the variable of DPM-Solver++ this exponential step is an Euler step towards the prediction.
    x = eulerStep(x, target, sigma, down, next > 0 ? [[run.options.sNoise * up, run.noise.next()]] : []);
  }
  return x;
}
