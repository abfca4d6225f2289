/** A distribution as distinct ascending values and the share of all that lie at or below each. */
export interface Quantiles {
  readonly values: Float64Array;
  readonly shares: Float64Array;
}

/** The distribution of some numbers, in any order. */
export function quantilesOf(numbers: ArrayLike<number>): Quantiles {
  const sorted = Float64Array.from(numbers).sort();
  const values = new Float64Array(sorted.length);
  const shares = new Float64Array(sorted.length);
  let n = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i + 1 < sorted.length && sorted[i + 1] === sorted[i]) continue;
    values[n] = sorted[i]!;
    shares[n++] = (i + 1) / sorted.length;
  }
  return { values: values.subarray(0, n), shares: shares.subarray(0, n) };
}

/** y at x of the line through (xs, ys), xs ascending; constant beyond the ends. Source: numpy `interp` */
function interpolated(x: number, xs: Float64Array, ys: Float64Array): number {
  let [lo, hi] = [0, xs.length - 1];
  if (x <= xs[0]!) return ys[0]!;
  if (x >= xs[hi]!) return ys[hi]!;
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1;
    if (xs[mid]! <= x) lo = mid;
    else hi = mid;
  }
  const slope = (ys[hi]! - ys[lo]!) / (xs[hi]! - xs[lo]!);
  return slope * (x - xs[lo]!) + ys[lo]!;
}

/**
 * For each distinct value of `source` the value at the same quantile of `template`.
 * Source: scikit-image exposure `_match_cumulative_cdf`
 */
export function matchedValues(source: Quantiles, template: Quantiles): Float64Array {
  return source.shares.map((share) => interpolated(share, template.shares, template.values));
}
