import { linearSolve } from './linear-solve.ts';

/** Choice of the free function B(h), or coefficients that depend on the step. */
export type UnipcVariant = 'bh1' | 'bh2' | 'vary_coeff';

/**
 * Weights of the differences to the older predictions in the predictor.
 * Source: Zhao et al. 2023 (arXiv 2302.04867), theorem 3.1 and appendix E (varying coefficients)
 *
 * @param hh      −h, the length of the step in λ
 * @param ratios  of the older points' distances to h
 */
export function predictorWeights(variant: UnipcVariant, hh: number, ratios: readonly number[]): number[] {
  const n = ratios.length;
  if (n === 0) return [];
  if (variant === 'vary_coeff') return linearSolve(transpose(taylorMatrix(ratios)), phisHat(hh, n).slice(1));
  const b = bh(variant, hh);
  const rho = n === 1 ? [0.5] : linearSolve(vandermonde(ratios), momentsOf(hh, b, n));
  return rho.map((value) => b * value);
}

/** Weights in the corrector: of the differences to the older predictions, and last of that to the newly reached one. */
export function correctorWeights(variant: UnipcVariant, hh: number, ratios: readonly number[]): number[] {
  const q = ratios.length + 1;
  const all = [...ratios, 1];
  if (variant === 'vary_coeff') return varyingCorrector(hh, all);
  const b = bh(variant, hh);
  const rho = q === 1 ? [0.5] : linearSolve(vandermonde(all), momentsOf(hh, b, q));
  return rho.map((value) => b * value);
}

/** as A1111: the newest difference takes its coefficient from row q − 1 of the inverse, not from row q. */
function varyingCorrector(hh: number, all: readonly number[]): number[] {
  const q = all.length;
  const phis = phisHat(hh, q);
  const matrix = transpose(taylorMatrix(all));
  const older = linearSolve(matrix, [...phis.slice(1, q), 0]);
  const row = Math.max(q - 1, 1);
  const newest = linearSolve(
    matrix,
    all.map((_, k) => (k === row - 1 ? phis[q]! : 0)),
  );
  return [...older.slice(0, q - 1), newest[q - 1]!];
}

function bh(variant: 'bh1' | 'bh2', hh: number): number {
  return variant === 'bh1' ? hh : Math.expm1(hh);
}

/** bᵢ = φ⁽ⁱ⁾·i!/B(h), i = 1…n. */
function momentsOf(hh: number, b: number, n: number): number[] {
  const out: number[] = [];
  let factorial = 1;
  let phi = Math.expm1(hh) / hh - 1;
  for (let i = 1; i <= n; i++) {
    factorial *= i;
    out.push((phi * factorial) / b);
    phi = phi / hh - 1 / (factorial * (i + 1));
  }
  return out;
}

/** φ̂₁ … φ̂ₙ₊₁ of the varying-coefficient form. */
function phisHat(hh: number, n: number): number[] {
  const out = [Math.expm1(hh)];
  let factorial = 1;
  for (let k = 1; k <= n; k++) {
    factorial *= k;
    out.push(out[k - 1]! / hh - 1 / factorial);
  }
  return out;
}

/** Row i holds the i-th powers of the ratios, from 0. */
function vandermonde(ratios: readonly number[]): number[][] {
  return ratios.map((_, i) => ratios.map((r) => r ** i));
}

/** Row i holds rᵢᵏ⁻¹/k!, k = 1, 2 … */
function taylorMatrix(ratios: readonly number[]): number[][] {
  return ratios.map((r) => {
    let factorial = 1;
    return ratios.map((_, k) => {
      factorial *= k + 1;
      return r ** k / factorial;
    });
  });
}

function transpose(matrix: readonly (readonly number[])[]): number[][] {
  return matrix.map((_, i) => matrix.map((row) => row[i]!));
}
