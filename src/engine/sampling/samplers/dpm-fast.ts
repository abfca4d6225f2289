import { addScaled } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Denoiser, pairs, type SamplerRun } from '../sampler.ts';
import {
  type EpsAt,
  epsAt,
  type Interval,
  innerEps,
  noisyEnd,
  type SolverRange,
  solveOrder1,
  solveOrder2,
  solveOrder3,
} from './dpm-solver.ts';
import { eulerStep } from './steps.ts';

/**
 * DPM fast: a fixed number of model calls shared out among solvers of order 3, the rest among lower orders; ends at σmin, not 0.
 * Source: Lu et al. 2022 (arXiv 2206.00927), section 3.4; k-diffusion sampling.py `dpm_solver_fast`
 */
export async function sampleDpmFast(
  denoise: Denoiser,
  start: Tensor,
  range: SolverRange,
  run: SamplerRun,
): Promise<Tensor> {
  const { sigmaMin, sigmaMax, n } = range;
  if (sigmaMin === sigmaMax) return eulerStep(start, await denoise(start, sigmaMax), sigmaMax, 0); // one level: no way to go
  const epsOf = epsAt(denoise);
  const orders = ordersFor(n);
  const [tStart, tEnd] = [-Math.log(sigmaMax), -Math.log(sigmaMin)];
  const times = orders.map((_, i) => tStart + (i * (tEnd - tStart)) / orders.length);
  let x = start;
  for (const [i, [t, tNext]] of pairs([...times, tEnd]).entries()) {
    const { tDown, up } = noisyEnd([t, tNext], tEnd, run.options.eta);
    const sigma = Math.exp(-t);
    const eps = await epsOf(x, t);
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised: addScaled(x, -sigma, eps) });
    x = await solve(epsOf, { x, t, tNext: tDown, eps }, orders[i]!);
    x = addScaled(x, up * run.options.sNoise, run.noise.next());
  }
  return x;
}

/** Orders whose sum is n: as many threes as leave room for a lower finish. */
function ordersFor(n: number): readonly number[] {
  const m = Math.floor(n / 3) + 1;
  return n % 3 === 0 ? [...Array<number>(m - 2).fill(3), 2, 1] : [...Array<number>(m - 1).fill(3), n % 3];
}

async function solve(epsOf: EpsAt, interval: Interval, order: number): Promise<Tensor> {
  if (order === 1) return solveOrder1(interval);
  if (order === 2) return solveOrder2(interval, await innerEps(epsOf, interval, 1 / 2), 1 / 2);
  return solveOrder3(epsOf, interval, await innerEps(epsOf, interval, 1 / 3));
}
