import { addScaled, weightedSum } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Denoiser } from '../sampler.ts';
import type { Sigmas } from '../schedulers.ts';
import { ancestralStep, slope } from './steps.ts';

/** The noise levels DPM fast and DPM adaptive go between, and the number of model calls the former may make. */
export interface SolverRange {
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  readonly n: number;
}

/** The range that stands for a list of levels; its last positive level is the end. Source: A1111 modules/sd_samplers_kdiffusion.py */
export function solverRange(sigmas: Sigmas): SolverRange {
  return { sigmaMin: sigmas.at(-2)!, sigmaMax: sigmas[0]!, n: sigmas.length - 1 };
}

/** Predicted noise at x, time t = −ln σ. */
export type EpsAt = (x: Tensor, t: number) => Promise<Tensor>;

/** ε = (x − denoised)/σ of a denoiser, in the solvers' time. */
export function epsAt(denoise: Denoiser): EpsAt {
  return async (x, t) => slope(x, await denoise(x, Math.exp(-t)), Math.exp(-t));
}

/** One interval of a solver: from t to tNext, with ε already known at its start. */
export interface Interval {
  readonly x: Tensor;
  readonly t: number;
  readonly tNext: number;
  readonly eps: Tensor;
}

/** DPM-Solver-1: Lu et al. 2022 (arXiv 2206.00927), eq. 3.7. */
export function solveOrder1({ x, t, tNext, eps }: Interval): Tensor {
  return addScaled(x, -Math.exp(-tNext) * Math.expm1(tNext - t), eps);
}

/** Latent and ε part of the way down: the first inner point of orders 2 and 3. `r`: how far, 0…1. */
export async function innerEps(epsOf: EpsAt, { x, t, tNext, eps }: Interval, r: number): Promise<Tensor> {
  const s = t + r * (tNext - t);
  return epsOf(addScaled(x, -Math.exp(-s) * Math.expm1(r * (tNext - t)), eps), s);
}

/** DPM-Solver-2 from ε at its inner point r: Lu et al. 2022, algorithm 4. */
export function solveOrder2({ x, t, tNext, eps }: Interval, eps1: Tensor, r: number): Tensor {
  const a = Math.exp(-tNext) * Math.expm1(tNext - t);
  return weightedSum([
    [1, x],
    [a / (2 * r) - a, eps],
    [-a / (2 * r), eps1],
  ]);
}

/** DPM-Solver-3 from ε at its inner point ⅓; asks once more at ⅔. Lu et al. 2022, algorithm 5. */
export async function solveOrder3(epsOf: EpsAt, { x, t, tNext, eps }: Interval, eps1: Tensor): Promise<Tensor> {
  const [r1, r2] = [1 / 3, 2 / 3];
  const h = tNext - t;
  const s2 = t + r2 * h;
  const a2 = Math.exp(-s2) * (r2 / r1) * (Math.expm1(r2 * h) / (r2 * h) - 1);
  const u2 = weightedSum([
    [1, x],
    [a2 - Math.exp(-s2) * Math.expm1(r2 * h), eps],
    [-a2, eps1],
  ]);
  const eps2 = await epsOf(u2, s2);
  const a = (Math.exp(-tNext) / r2) * (Math.expm1(h) / h - 1);
  return weightedSum([
    [1, x],
    [a - Math.exp(-tNext) * Math.expm1(h), eps],
    [-a, eps2],
  ]);
}

/**
 * Where the deterministic part of a step ends when noise is added after it, and how much noise.
 *
 * @param tEnd  the run's last time, which is never passed
 */
export function noisyEnd(
  [t, tNext]: readonly [t: number, tNext: number],
  tEnd: number,
  eta: number,
): { readonly tDown: number; readonly up: number } {
  if (eta === 0) return { tDown: tNext, up: 0 };
  const { down } = ancestralStep(Math.exp(-t), Math.exp(-tNext), eta);
  const tDown = Math.min(tEnd, -Math.log(down));
  return { tDown, up: Math.sqrt(Math.max(Math.exp(-2 * tNext) - Math.exp(-2 * tDown), 0)) };
}
