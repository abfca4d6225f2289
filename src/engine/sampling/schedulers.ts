import type { SchedulerName } from '../../edit/choices.ts';
import { betaPpf } from './beta-ppf.ts';
import { exp32, linspace32 } from './float32.ts';
import type { Schedule } from './schedule.ts';

/** Noise levels of one run, descending, float32 values; the last is 0, except KL Optimal's. */
export type Sigmas = readonly number[];

/** What a formula may look at besides the number of steps. */
export interface SchedulerInput {
  readonly schedule: Schedule;
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  /** Curvature of Karras (7 if undefined) and Polyexponential (1 if undefined). */
  readonly rho?: number | undefined;
  /** Align Your Steps has a table of its own for SDXL. */
  readonly isSdxl: boolean;
  /** Shape of the Beta distribution. */
  readonly betaAlpha: number;
  readonly betaBeta: number;
}

/** n steps → noise levels. */
type Formula = (n: number, input: SchedulerInput) => Sigmas;

/** Every schedule type but Automatic, which stands for the sampler's own. Source: A1111 modules/sd_schedulers.py */
export const schedulers: Readonly<Record<Exclude<SchedulerName, 'Automatic'>, Formula>> = {
  Uniform: uniform,
  Karras: (n, { sigmaMin, sigmaMax, rho }) => karras(n, sigmaMin, sigmaMax, rho),
  Exponential: exponential,
  Polyexponential: polyexponential,
  'SGM Uniform': sgmUniform,
  'KL Optimal': klOptimal,
  'Align Your Steps': alignYourSteps,
  Simple: simple,
  Normal: normal,
  DDIM: ddim,
  Beta: beta,
};

/**
 * Noise levels denser towards `low`, then 0: n + 1 values. The two roots are float64, the rest float32, as in the reference.
 * Source: Karras et al. 2022 (arXiv 2206.00364), eq. 5
 */
export function karras(n: number, low: number, high: number, rho = 7): Sigmas {
  const f = Math.fround;
  const top = high ** (1 / rho);
  const span = f(low ** (1 / rho) - top);
  return [...linspace32(0, 1, n).map((r) => f(f(f(top) + f(r * span)) ** rho)), 0];
}

function uniform(n: number, { schedule }: SchedulerInput): Sigmas {
  return [...linspace32(schedule.tMax, schedule.tMin, n).map(schedule.tToSigma), 0];
}

function exponential(n: number, { sigmaMin, sigmaMax }: SchedulerInput): Sigmas {
  return [...linspace32(Math.log(sigmaMax), Math.log(sigmaMin), n).map(exp32), 0];
}

function polyexponential(n: number, { sigmaMin, sigmaMax, rho = 1 }: SchedulerInput): Sigmas {
  const f = Math.fround;
  const [low, high] = [Math.log(sigmaMin), Math.log(sigmaMax)];
  const ramp = linspace32(1, 0, n).map((r) => f(r ** rho));
  return [...ramp.map((r) => exp32(f(f(r * f(high - low)) + f(low)))), 0];
}

function sgmUniform(n: number, { schedule, sigmaMin, sigmaMax }: SchedulerInput): Sigmas {
  const ts = linspace32(schedule.sigmaToT(sigmaMax), schedule.sigmaToT(sigmaMin), n + 1);
  return [...ts.slice(0, -1).map(schedule.tToSigma), 0];
}

/** Ends at σmin, not at 0: the picture keeps that much noise. Source: Sabour et al. 2024 (arXiv 2404.14507), section 3 */
function klOptimal(n: number, { sigmaMin, sigmaMax }: SchedulerInput): Sigmas {
  const f = Math.fround;
  const [low, high] = [f(Math.atan(sigmaMin)), f(Math.atan(sigmaMax))];
  return Array.from({ length: n + 1 }, (_, i) => {
    const share = f(i / n);
    return f(Math.tan(f(f(share * low) + f(f(1 - share) * high))));
  });
}

const ALIGNED_SD = [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029];
const ALIGNED_SDXL = [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029];

/** A table of levels found by optimisation, resampled to n. Source: Sabour et al. 2024, Align Your Steps, quickstart guide */
function alignYourSteps(n: number, { isSdxl }: SchedulerInput): Sigmas {
  const table = isSdxl ? ALIGNED_SDXL : ALIGNED_SD;
  const levels = n === table.length ? table : resampleLogLinear(table, n);
  return [...levels.map(Math.fround), 0];
}

/** A descending table read at n points, linear in ln σ; one point is the table's lowest value. */
function resampleLogLinear(table: readonly number[], n: number): number[] {
  const logs = table.map(Math.log).reverse();
  const last = logs.length - 1;
  const at = (position: number) => {
    const low = Math.min(Math.floor(position), last - 1);
    return logs[low]! + (position - low) * (logs[low + 1]! - logs[low]!);
  };
  return Array.from({ length: n }, (_, i) => Math.exp(at(n === 1 ? 0 : (i / (n - 1)) * last))).reverse();
}

function simple(n: number, { schedule: { sigmas } }: SchedulerInput): Sigmas {
  return [...Array.from({ length: n }, (_, i) => sigmas[sigmas.length - 1 - Math.floor((i * sigmas.length) / n)]!), 0];
}

function normal(n: number, { schedule, sigmaMin, sigmaMax }: SchedulerInput): Sigmas {
  return [...linspace32(schedule.sigmaToT(sigmaMax), schedule.sigmaToT(sigmaMin), n).map(schedule.tToSigma), 0];
}

/** as A1111: the stride is rounded down, so there can be more levels than steps. */
function ddim(n: number, { schedule: { sigmas } }: SchedulerInput): Sigmas {
  const stride = Math.max(Math.floor(sigmas.length / n), 1);
  const levels: number[] = [];
  for (let i = 1; i < sigmas.length; i += stride) levels.push(sigmas[i]!);
  return [...levels.reverse(), 0];
}

/** as A1111: the quantiles are spread over σ; the paper spreads them over time. Source: Lee et al. 2024 (arXiv 2407.12173) */
function beta(n: number, { sigmaMin, sigmaMax, betaAlpha, betaBeta }: SchedulerInput): Sigmas {
  const quantiles = Array.from({ length: n }, (_, i) => (n === 1 ? 1 : 1 - i / (n - 1)));
  const level = (q: number) => Math.fround(sigmaMin + betaPpf(q, betaAlpha, betaBeta) * (sigmaMax - sigmaMin));
  return [...quantiles.map(level), 0];
}
