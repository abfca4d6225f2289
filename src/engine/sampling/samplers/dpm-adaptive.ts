import { addScaled } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Denoiser, SamplerRun } from '../sampler.ts';
import { epsAt, innerEps, noisyEnd, type SolverRange, solveOrder2, solveOrder3 } from './dpm-solver.ts';
import { eulerStep } from './steps.ts';

const FIRST_STEP = 0.05; // in −ln σ
const RELATIVE_TOLERANCE = 0.05;
const ABSOLUTE_TOLERANCE = 0.0078;
const ACCEPT_SAFETY = 0.81;

/**
 * DPM adaptive: step size chosen by comparing orders 2 and 3; ends at σmin, not 0. Three model calls per attempt; the pictures of a
 * batch share one step size. Source: Lu et al. 2022 (arXiv 2206.00927), appendix C; k-diffusion sampling.py `dpm_solver_adaptive`
 */
export async function sampleDpmAdaptive(
  denoise: Denoiser,
  start: Tensor,
  { sigmaMin, sigmaMax }: Pick<SolverRange, 'sigmaMin' | 'sigmaMax'>,
  run: SamplerRun,
): Promise<Tensor> {
  if (sigmaMin === sigmaMax) return eulerStep(start, await denoise(start, sigmaMax), sigmaMax, 0); // one level: no way to go
  const epsOf = epsAt(denoise);
  const tEnd = -Math.log(sigmaMin);
  let x = start;
  let lower = start; // the second-order result of the last accepted attempt
  let t = -Math.log(sigmaMax);
  let h = FIRST_STEP;
  for (let i = 0; t < tEnd - 1e-5; i++) {
    const tNext = Math.min(tEnd, t + h);
    const { tDown, up } = noisyEnd([t, tNext], tEnd, run.options.eta);
    const sigma = Math.exp(-t);
    const eps = await epsOf(x, t);
    const interval = { x, t, tNext: tDown, eps };
    const eps1 = await innerEps(epsOf, interval, 1 / 3);
    const xLow = solveOrder2(interval, eps1, 1 / 3);
    const xHigh = await solveOrder3(epsOf, interval, eps1);
    const factor = stepFactor(relativeError(xLow, xHigh, lower), run.options.eta);
    if (Number.isNaN(factor)) return xHigh; // unlike k-diffusion, which tries for ever once the network answers no numbers
    const from = x;
    if (factor >= ACCEPT_SAFETY) {
      lower = xLow;
      x = addScaled(xHigh, up, run.noise.next()); // as A1111: sNoise does not reach this sampler
      t = tNext;
    }
    h *= factor;
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised: addScaled(from, -sigma, eps) });
  }
  return x;
}

/** Root mean square of the difference of two results in units of what is tolerated; 1 is just good enough. */
function relativeError(xLow: Tensor, xHigh: Tensor, before: Tensor): number {
  let sum = 0;
  for (let i = 0; i < xLow.data.length; i++) {
    const [low, high] = [xLow.data[i]!, xHigh.data[i]!];
    const size = Math.max(Math.abs(low), Math.abs(before.data[i]!));
    sum += ((low - high) / Math.max(ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE * size)) ** 2;
  }
  return Math.sqrt(sum / xLow.data.length);
}

/** What the next step size is multiplied by: an integral controller, kept within about 0.2 … 2.6. */
function stepFactor(error: number, eta: number): number {
  const order = eta > 0 ? 1.5 : 3;
  return 1 + Math.atan((error + 1e-8) ** (-1 / order) - 1);
}
