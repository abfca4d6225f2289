import { firstNotBelow } from '../sorted.ts';

/** The continuous-time noise schedule UniPC works in; time runs from 0.001 (clean) to 1 (noise). */
export interface VpTime {
  logAlpha(tau: number): number;
  /** √(1 − α²) */
  std(tau: number): number;
  /** Half the log signal-to-noise ratio, ln(α/std). */
  lambda(tau: number): number;
  inverseLambda(lambda: number): number;
}

/** How UniPC places its times. */
export type SkipType = 'time_uniform' | 'time_quadratic' | 'logSNR';

/**
 * ln α at times (k + 1)/1000 from ᾱ[k], straight lines between and beyond. Source: A1111 uni_pc.py `NoiseScheduleVP`
 */
export function vpTime(alphas: Float32Array): VpTime {
  const taus = Array.from(alphas, (_, k) => (k + 1) / alphas.length);
  const logs = Array.from(alphas, (alpha) => 0.5 * Math.log(alpha));
  const logAlpha = (tau: number) => interpolate(taus, logs, tau);
  const lambdaOf = (log: number) => log - 0.5 * Math.log1p(-Math.exp(2 * log));
  return {
    logAlpha,
    std: (tau) => Math.sqrt(-Math.expm1(2 * logAlpha(tau))),
    lambda: (tau) => lambdaOf(logAlpha(tau)),
    inverseLambda: (lambda) => {
      const log = -0.5 * Math.log1p(Math.exp(-2 * lambda));
      return interpolate(logs.toReversed(), taus.toReversed(), log);
    },
  };
}

/** steps + 1 times from `start` down to `end`. */
export function unipcTimes(
  time: VpTime,
  skip: SkipType,
  steps: number,
  [start, end]: readonly [number, number],
): number[] {
  const between = (a: number, b: number) => Array.from({ length: steps + 1 }, (_, i) => a + ((b - a) * i) / steps);
  switch (skip) {
    case 'time_uniform':
      return between(start, end);
    case 'time_quadratic':
      return between(Math.sqrt(start), Math.sqrt(end)).map((root) => root ** 2);
    case 'logSNR':
      return between(time.lambda(start), time.lambda(end)).map(time.inverseLambda);
  }
  skip satisfies never;
  throw new RangeError(`no such skip type: ${skip}`);
}

/** y at x on the broken line through (xs, ys), xs ascending; the outermost pieces go on for ever. */
function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  const i = Math.min(Math.max(firstNotBelow(xs, x), 1), xs.length - 1);
  const share = (x - xs[i - 1]!) / (xs[i]! - xs[i - 1]!);
  return ys[i - 1]! + share * (ys[i]! - ys[i - 1]!);
}
