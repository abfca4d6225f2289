import { expect, test } from 'vitest';
import { scaleInto, weightedSum } from '../../../src/engine/tensor/arithmetic.ts';

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

test('a weighted sum of one to nine terms holds every one of them', () => {
  for (let count = 1; count <= 9; count++) {
    const terms = Array.from({ length: count }, (_, j) => {
      return [2 ** -j, { data: Float32Array.of(3, j), shape: [2] }] as const;
    });
    const expected = [0, 1].map((i) => terms.reduce((sum, [weight, { data }]) => sum + weight * data[i]!, 0));
    expect([...weightedSum(terms).data]).toEqual(expected); // exact: nothing here needs more than 24 bits
  }
});

test('tensors of different sizes do not add up', () => {
  const [two, three] = [2, 3].map((length) => ({ data: new Float32Array(length), shape: [length] }));
  for (const at of [1, 2, 3, 4]) {
    const terms = Array.from({ length: 5 }, (_, i) => [1, i === at ? three! : two!] as const);
    expect(() => weightedSum(terms.slice(0, at + 1))).toThrow(RangeError);
  }
  expect(() => scaleInto(two!.data, 2, three!.data)).toThrow(RangeError);
});
