import type { Tensor } from './tensor.ts';

/** a·x + b·y. @throws RangeError when the sizes differ */
export function lincomb(a: number, x: Tensor, b: number, y: Tensor): Tensor {
  requireSameSize(x, y);
  const [p, q] = [x.data, y.data];
  const out = new Float32Array(p.length);
  for (let i = 0; i < out.length; i++) out[i] = a * p[i]! + b * q[i]!;
  return { data: out, shape: x.shape };
}

/** Σ weight·tensor over at least one term, summed in float64 and rounded once. @throws RangeError when the sizes differ */
export function weightedSum(terms: readonly (readonly [weight: number, x: Tensor])[]): Tensor {
  const [first, second, ...others] = terms;
  if (!first) throw new RangeError('weightedSum of no terms');
  if (second && others.length === 0) return lincomb(...first, ...second);
  for (const [, x] of terms) requireSameSize(first[1], x);
  const out = new Float32Array(first[1].data.length);
  const sums = new Float64Array(Math.min(CHUNK, out.length));
  for (let start = 0; start < out.length; start += CHUNK) {
    const length = Math.min(CHUNK, out.length - start);
    sums.fill(0);
    for (const [weight, { data }] of terms) {
      for (let i = 0; i < length; i++) sums[i]! += weight * data[start + i]!;
    }
    for (let i = 0; i < length; i++) out[start + i] = sums[i]!;
  }
  return { data: out, shape: first[1].shape };
}

/** Values summed at a time: their float64 sums stay in the processor's nearest cache. */
const CHUNK = 1024;

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

/** a·x; `x` itself when a is 1. */
export function scale(a: number, x: Tensor): Tensor {
  if (a === 1) return x;
  const out = new Float32Array(x.data.length);
  for (let i = 0; i < out.length; i++) out[i] = a * x.data[i]!;
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
