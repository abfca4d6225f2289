import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Complex, fft2 } from '../../../src/engine/outpaint/fft.ts';

/** The definition, in n² steps. */
function slowFft2({ re, im }: Complex, rows: number, columns: number): Complex {
  const out = { re: new Float64Array(re.length), im: new Float64Array(re.length) };
  for (let o = 0; o < re.length; o++) {
    const [ky, kx] = [Math.floor(o / columns), o % columns];
    for (let i = 0; i < re.length; i++) {
      const turn = (ky * Math.floor(i / columns)) / rows + (kx * (i % columns)) / columns;
      const [c, s] = [Math.cos(2 * Math.PI * turn), -Math.sin(2 * Math.PI * turn)];
      out.re[o]! += (re[i]! * c - im[i]! * s) / Math.sqrt(rows * columns);
      out.im[o]! += (re[i]! * s + im[i]! * c) / Math.sqrt(rows * columns);
    }
  }
  return out;
}

const someValues = fc
  .tuple(fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 11, 12, 22), fc.constantFrom(1, 2, 4, 6, 9, 10, 13))
  .chain(([rows, columns]) => {
    const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: rows * columns,
      maxLength: rows * columns,
    });
    return fc.record({ rows: fc.constant(rows), columns: fc.constant(columns), re: values, im: values });
  });

const distance = (a: Complex, b: Complex) =>
  Math.max(...a.re.map((v, i) => Math.abs(v - b.re[i]!)), ...a.im.map((v, i) => Math.abs(v - b.im[i]!)));

test('the transform is the sum it is defined by, for lengths with any prime factors', () => {
  fc.assert(
    fc.property(someValues, ({ rows, columns, re, im }) => {
      const data = { re: Float64Array.from(re), im: Float64Array.from(im) };
      expect(distance(fft2(data, { rows, columns }), slowFft2(data, rows, columns))).toBeLessThan(1e-12);
    }),
  );
});

test('there and back again', () => {
  fc.assert(
    fc.property(someValues, ({ rows, columns, re, im }) => {
      const data = { re: Float64Array.from(re), im: Float64Array.from(im) };
      const back = fft2(fft2(data, { rows, columns }), { rows, columns }, true);
      expect(distance(back, data)).toBeLessThan(1e-12);
    }),
  );
});
