import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brownianNoise, brownianPath } from '../../../src/engine/sampling/brownian.ts';
import { row } from '../../../src/engine/tensor/rows.ts';

const options = { source: 'NV', shape: [4, 2, 2] } as const;
const sigmas = [14.614643, 4.0, 1.0, 0.029167539, 0].map(Math.fround);

describe('Brownian noise', () => {
  test('an interval is answered alike whatever was asked before', () => {
    const fresh = () => brownianNoise(sigmas, { ...options, seeds: [5] });
    const used = fresh();
    for (let i = 1; i < 60; i++) used(14 - i / 5, 14 - (i + 1) / 5);
    expect(used(4, 1)).toEqual(fresh()(4, 1));
  });

  test('a picture has the same noise alone and in a batch', () => {
    const both = brownianNoise(sigmas, { ...options, seeds: [5, 6] });
    expect(row(both(4, 1), 1)).toEqual(row(brownianNoise(sigmas, { ...options, seeds: [6] })(4, 1), 0));
  });

  test('increments of neighbouring intervals add up to that of both', () => {
    const increment = brownianPath([0.03, 14], 5, options);
    const time = fc.double({ min: 0.03, max: 14, noNaN: true });
    fc.assert(
      fc.property(time, time, time, (...times) => {
        const [a, b, c] = times.map((t) => Number(t.toFixed(6))).toSorted((p, q) => p - q);
        const [left, right, whole] = [increment(a!, b!), increment(b!, c!), increment(a!, c!)];
        whole.data.forEach((value, i) => {
          expect(left.data[i]! + right.data[i]!).toBeCloseTo(value, 4);
        });
      }),
      { numRuns: 25 },
    );
  });
});
