import type { SchedulerName } from '../../edit/choices.ts';
import { roundHalfEven } from '../tensor/round-half-even.ts';
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

/** Levels found by optimisation, descending; SDXL has tables of its own. */
interface AlignedLevels {
  readonly sd: readonly number[];
  readonly sdxl: readonly number[];
}

/** Source: Sabour et al. 2024, Align Your Steps, quickstart guide */
const aligned11: AlignedLevels = {
  sd: [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029],
  sdxl: [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029],
};

/** Source: Chen et al. 2024 (arXiv 2405.11326), GITS; stable-diffusion-webui-forge modules/sd_schedulers.py */
const alignedGits: AlignedLevels = {
  sd: [14.615, 4.617, 2.507, 1.236, 0.702, 0.402, 0.24, 0.156, 0.104, 0.094, 0.029],
  sdxl: [14.615, 4.734, 2.567, 1.529, 0.987, 0.652, 0.418, 0.268, 0.179, 0.127, 0.029],
};

/** Source: stable-diffusion-webui-forge modules/sd_schedulers.py */
const aligned32: AlignedLevels = {
  sd: [
    14.615, 11.23951352, 8.64363081, 6.64729424, 5.57250862, 4.71648546, 3.99196065, 3.5195609, 3.13490466, 2.79228788,
    2.48773628, 2.21663865, 1.97508351, 1.7793172, 1.61475335, 1.46540953, 1.314849, 1.16642497, 1.03475547, 0.91573744,
    0.80748169, 0.71202361, 0.621739, 0.53065202, 0.4529096, 0.37491455, 0.27461819, 0.2011529, 0.14105873, 0.06682881,
    0.03166121, 0.015,
  ],
  sdxl: [
    14.615, 11.1491618, 8.50522127, 6.48827151, 5.43707402, 4.60398619, 3.89854704, 3.27407457, 2.74396527, 2.29968659,
    1.95448514, 1.67108715, 1.42878152, 1.23181009, 1.06789649, 0.92579443, 0.80290886, 0.69660121, 0.60436903,
    0.52852552, 0.46773344, 0.41393379, 0.36258186, 0.31008517, 0.26518925, 0.22326461, 0.17653877, 0.13959192,
    0.10587381, 0.05519369, 0.02877334, 0.015,
  ],
};

/** A table of levels, resampled to n. */
function alignYourSteps({ sd, sdxl }: AlignedLevels): Formula {
  return (n, { isSdxl }) => {
    const table = isSdxl ? sdxl : sd;
    const levels = n === table.length ? table : resampleLogLinear(table, n);
    return [...levels.map(Math.fround), 0];
  };
}

/** Every schedule type but Automatic, which stands for the sampler's own. Source: modules/sd_schedulers.py of A1111 and Forge */
export const schedulers: Readonly<Record<Exclude<SchedulerName, 'Automatic'>, Formula>> = {
  Uniform: uniform,
  Karras: (n, { sigmaMin, sigmaMax, rho }) => karras(n, sigmaMin, sigmaMax, rho),
  Exponential: exponential,
  Polyexponential: polyexponential,
  'SGM Uniform': sgmUniform,
  'KL Optimal': klOptimal,
  'Align Your Steps': alignYourSteps(aligned11),
  Simple: simple,
  Normal: normal,
  DDIM: ddim,
  Beta: beta,
  Turbo: turbo,
  'Align Your Steps GITS': alignYourSteps(alignedGits),
  'Align Your Steps 11': alignYourSteps(aligned11),
  'Align Your Steps 32': alignYourSteps(aligned32),
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

/** Every n-th part of the training steps, its last one: what few-step models are distilled for. */
function turbo(n: number, { schedule }: SchedulerInput): Sigmas {
  const step = (k: number) => Math.min(Math.max(roundHalfEven((k * 1000) / n - 1), 0), 999);
  return [...Array.from({ length: n }, (_, i) => schedule.tToSigma(step(n - i))), 0];
}
