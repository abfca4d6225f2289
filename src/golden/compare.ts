import type { Tensor } from '../engine/tensor/tensor.ts';
import type { GoldenOutcome } from './outcome.ts';

/** Largest absolute difference; Infinity when lengths differ or a value is not a number. */
export function maxError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const error = Object.is(got[i], expected[i]) ? 0 : Math.abs(got[i]! - expected[i]!);
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }
  return worst;
}

/** Largest difference relative to the expected value; Infinity when lengths differ. */
export function maxRelativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const error = got[i] === expected[i] ? 0 : Math.abs(got[i]! - expected[i]!) / Math.abs(expected[i]!);
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }
  return worst;
}

/** `maxError` of two tensors; Infinity when their shapes differ. */
export function tensorError(got: Tensor, expected: Tensor): number {
  return got.shape.join() === expected.shape.join() ? maxError(got.data, expected.data) : Number.POSITIVE_INFINITY;
}

/** One thing compared: its name, how far it is off, and how far it may be. */
export type Check = readonly [what: string, error: number, tolerance: number];

/** The outcome of a case in which several things are compared; it reports the check nearest to, or furthest over, its tolerance. */
export function outcomeOf(area: string, name: string, checks: readonly Check[]): GoldenOutcome {
  const strain = ([, error, tolerance]: Check) => (error === 0 ? 0 : error / tolerance);
  const [worst = ['nothing was compared', Number.POSITIVE_INFINITY, 0] as const] = checks.toSorted(
    (a, b) => strain(b) - strain(a),
  );
  const [what, error, tolerance] = worst;
  const common = { area, name, maxError: error, tolerance };
  if (error <= tolerance) return { ...common, status: 'ok' };
  return { ...common, status: 'failed', reason: `${what} is off by ${error}, allowed ${tolerance}` };
}

/** Runs one case; what it throws becomes its failure. */
export async function attempt(
  area: string,
  name: string,
  run: () => Promise<readonly Check[]>,
): Promise<GoldenOutcome> {
  try {
    return outcomeOf(area, name, await run());
  } catch (error) {
    return {
      area,
      name,
      status: 'failed',
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}
