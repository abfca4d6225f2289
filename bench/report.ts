/** One measured number beside what it must hold. */
export interface Measured {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** At most this; null for numbers that are only told. */
  readonly limit: number | null;
}

/** A line a number: value, limit, and how much of the limit it takes. */
export function line({ what, value, unit, limit }: Measured): string {
  const shown = (n: number) => `${n >= 100 ? n.toFixed(0) : n.toPrecision(3)} ${unit}`;
  const share = limit !== null && (value === 0 ? 0 : value / limit);
  const ratio = share === false ? '' : `limit ${shown(limit!).padStart(9)}   ratio ${share.toFixed(2)}`;
  return `${what.padEnd(64)} ${shown(value).padStart(10)}   ${ratio}`.trimEnd();
}

/** Middle of several timings: one slow run on a busy machine says nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** ms that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
