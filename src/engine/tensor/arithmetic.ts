import { MOST_TERMS, weightedSumInto } from '../kernels/kernels.ts';
import type { Tensor } from './tensor.ts';

/** A tensor and its factor in a sum. */
export type Term = readonly [weight: number, x: Tensor];

/**
 * Σ weight·tensor over at least one term, in one pass: reading and writing a latent costs more than a multiplication. Summed in float64 and
 * rounded once; beyond five terms, once more for every four. @throws RangeError when the sizes differ
 */
export function weightedSum(terms: readonly Term[]): Tensor {
  const [first, ...others] = terms.slice(0, MOST_TERMS);
  if (!first) throw new RangeError('weightedSum of no terms');
  for (const [, x] of others) requireSameSize(first[1], x);
  const out = new Float32Array(first[1].data.length);
  const summed = [first, ...others];
  weightedSumInto(
    out,
    summed.map(([weight]) => weight),
    summed.map(([, x]) => x.data),
  );
  const sum = { data: out, shape: first[1].shape };
  return terms.length > MOST_TERMS ? weightedSum([[1, sum], ...terms.slice(MOST_TERMS)]) : sum;
}

/** a·x + b·y. @throws RangeError when the sizes differ */
export function lincomb(a: number, x: Tensor, b: number, y: Tensor): Tensor {
  return weightedSum([
    [a, x],
    [b, y],
  ]);
}

/** x + (y − x)·t; t may lie outside 0…1, where it extrapolates. */
export function lerp(x: Tensor, y: Tensor, t: number): Tensor {
  return lincomb(1 - t, x, t, y);
}

/** x + b·y */
export function addScaled(x: Tensor, b: number, y: Tensor): Tensor {
  return lincomb(1, x, b, y);
}

/** x − y */
export function sub(x: Tensor, y: Tensor): Tensor {
  return lincomb(1, x, -1, y);
}

/** Writes a·x, value by value. @throws RangeError when `out` has another length */
export function scaleInto(out: Float32Array, a: number, x: Float32Array): void {
  if (out.length !== x.length) throw new RangeError(`${x.length} values for ${out.length} places`);
  if (a === 1) out.set(x);
  else weightedSumInto(out, [a], [x]);
}

/** a·x; `x` itself when a is 1. */
export function scale(a: number, x: Tensor): Tensor {
  if (a === 1) return x;
  const out = new Float32Array(x.data.length);
  scaleInto(out, a, x.data);
  return { data: out, shape: x.shape };
}

/**
 * x·(1 − mask) + y·mask, element by element: 0 keeps x, 1 takes y.
 *
 * @param mask  repeats over the leading axes of x: [h, w] or [C, h, w] for [B, C, h, w]
 */
export function blend(x: Tensor, y: Tensor, mask: Tensor): Tensor {
  requireSameSize(x, y);
  const [p, q, m] = [x.data, y.data, mask.data];
  if (p.length % m.length !== 0) throw new RangeError(`a mask of ${m.length} does not repeat over ${p.length} values`);
  const out = new Float32Array(p.length);
  for (let start = 0; start < p.length; start += m.length) {
    for (let j = 0; j < m.length; j++) out[start + j] = p[start + j]! * (1 - m[j]!) + q[start + j]! * m[j]!;
  }
  return { data: out, shape: x.shape };
}

function requireSameSize(x: Tensor, y: Tensor): void {
  if (x.data.length !== y.data.length) throw new RangeError(`shapes [${x.shape}] and [${y.shape}] do not match`);
}
