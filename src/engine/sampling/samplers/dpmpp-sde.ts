import { type Term, weightedSum } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { exp32, log32 } from '../float32.ts';
import { type Denoiser, type IntervalNoise, pairs, type SamplerRun } from '../sampler.ts';
import type { Sigmas } from '../schedulers.ts';
import { ancestralStep, eulerStep } from './steps.ts';

/**
 * DPM++ SDE: the stochastic DPM-Solver++ of order 2 with its middle half way in λ. The two noises of a step belong to overlapping
 * intervals. Levels go through float32 logarithms, as the Brownian path is sensitive to the last digit of its times.
 * Source: k-diffusion sampling.py `sample_dpmpp_sde`
 */
export async function sampleDpmppSde(
  denoise: Denoiser,
  start: Tensor,
  sigmas: Sigmas,
  run: SamplerRun,
): Promise<Tensor> {
  const brownian = brownianOf(run);
  let x = start;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const denoised = await denoise(x, sigma);
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised });
    if (next === 0) {
      x = eulerStep(x, denoised, sigma, next);
      continue;
    }
    const [from, middle, to] = float32Levels(sigma, next);
    const stochasticStep = (target: Tensor, end: number) => {
      const { down, up } = ancestralStep(from, end, run.options.eta);
      return eulerStep(x, target, from, down, [[run.options.sNoise * up, brownian(from, end)]]);
    };
    const denoised2 = await denoise(stochasticStep(denoised, middle), middle);
    x = stochasticStep(denoised2, to);
  }
  return x;
}

/** σ, the level half way to `next` in −ln σ, and `next`, each after a float32 round trip through its logarithm. */
function float32Levels(sigma: number, next: number): readonly [from: number, middle: number, to: number] {
  const [t, tNext] = [-log32(sigma), -log32(next)];
  const s = Math.fround(t + Math.fround(Math.fround(tNext - t) * 0.5));
  return [exp32(-t), exp32(-s), exp32(-tNext)];
}

/** DPM++ 2M SDE: the multistep variant; its correction is a midpoint. Source: k-diffusion sampling.py `sample_dpmpp_2m_sde` */
export function sampleDpmpp2mSde(denoise: Denoiser, x: Tensor, sigmas: Sigmas, run: SamplerRun): Promise<Tensor> {
  return multistepSde(denoise, x, sigmas, { run, correction: (a) => 0.5 * -Math.expm1(-a) });
}

/** DPM++ 2M SDE Heun: DPM++ 2M SDE with Heun's correction. */
export function sampleDpmpp2mSdeHeun(denoise: Denoiser, x: Tensor, sigmas: Sigmas, run: SamplerRun): Promise<Tensor> {
  return multistepSde(denoise, x, sigmas, { run, correction: (a) => 1 + Math.expm1(-a) / a });
}

/** `correction`: weight of the change between the last two predictions, for a = h·(1 + η). */
async function multistepSde(
  denoise: Denoiser,
  start: Tensor,
  sigmas: Sigmas,
  { run, correction }: { run: SamplerRun; correction: (a: number) => number },
): Promise<Tensor> {
  const { eta } = run.options;
  let x = start;
  let last: Tensor | undefined;
  let hLast = 0;
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const denoised = await denoise(x, sigma);
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised });
    if (next === 0) {
      x = denoised;
      continue;
    }
    const h = Math.log(sigma / next);
    const a = h * (1 + eta);
    const w = last ? (correction(a) * h) / hLast : 0;
    x = weightedSum([
      [(next / sigma) * Math.exp(-eta * h), x],
      [-Math.expm1(-a) + w, denoised],
      ...(last ? [[-w, last] as const] : []),
      ...sdeNoise([sigma, next], run),
    ]);
    [last, hLast] = [denoised, h];
  }
  return x;
}

/** DPM++ 3M SDE: the multistep variant of order 3. Source: k-diffusion sampling.py `sample_dpmpp_3m_sde` */
export async function sampleDpmpp3mSde(
  denoise: Denoiser,
  start: Tensor,
  sigmas: Sigmas,
  run: SamplerRun,
): Promise<Tensor> {
  let x = start;
  let [d1, d2]: (Tensor | undefined)[] = []; // the predictions before, newest first
  let [h1, h2] = [0, 0];
  for (const [i, [sigma, next]] of pairs(sigmas).entries()) {
    const denoised = await denoise(x, sigma);
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised });
    if (next === 0) {
      x = denoised;
      continue;
    }
    const h = Math.log(sigma / next);
    const a = h * (1 + run.options.eta);
    const [p, q] = differenceWeights(a, d1 ? h1 / h : 0, d2 ? h2 / h : 0);
    x = weightedSum([
      [Math.exp(-a), x],
      [-Math.expm1(-a) + p, denoised],
      ...(d1 ? [[q - p, d1] as const] : []),
      ...(d2 ? [[-q, d2] as const] : []),
      ...sdeNoise([sigma, next], run),
    ]);
    [d2, d1] = [d1, denoised];
    [h2, h1] = [h1, h];
  }
  return x;
}

/**
 * Weights of the last two differences between predictions in the corrections of second and third order.
 *
 * @param a         h·(1 + η) of the step
 * @param r0,r1     lengths of the two steps before in units of this one; 0 where there was none
 */
function differenceWeights(a: number, r0: number, r1: number): readonly [last: number, lastButOne: number] {
  const phi2 = Math.expm1(-a) / a + 1;
  if (r0 === 0) return [0, 0];
  if (r1 === 0) return [phi2 / r0, 0];
  const share = (phi2 * r0 - (phi2 / a - 0.5)) / (r0 + r1);
  return [(phi2 + share) / r0, -share / r1];
}

/** The noise a multistep solver owes for its step; none for η = 0. */
function sdeNoise([sigma, next]: readonly [sigma: number, next: number], run: SamplerRun): readonly Term[] {
  const { eta, sNoise } = run.options;
  if (eta === 0) return [];
  const deviation = next * Math.sqrt(-Math.expm1(-2 * eta * Math.log(sigma / next)));
  return [[sNoise * deviation, brownianOf(run)(sigma, next)]];
}

function brownianOf({ brownian }: SamplerRun): IntervalNoise {
  if (!brownian) throw new TypeError('an SDE sampler needs Brownian noise');
  return brownian;
}
