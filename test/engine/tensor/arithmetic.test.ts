import { expect, test } from 'vitest';
import { weightedSum } from '../../../src/engine/tensor/arithmetic.ts';

test('a weighted sum of any length is rounded once', () => {
  for (const length of [1, 1024, 2500]) {
    const terms = [0.1, -7.5, 3e-9].map((weight, j) => {
      const data = Float32Array.from({ length }, (_, i) => Math.sin(i * (j + 1)));
      return [weight, { data, shape: [length] }] as const;
    });
    const expected = Float32Array.from({ length }, (_, i) =>
      terms.reduce((sum, [weight, { data }]) => sum + weight * data[i]!, 0),
    );
    expect(weightedSum(terms)).toEqual({ data: expected, shape: [length] });
  }
});
