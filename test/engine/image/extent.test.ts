import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extentOf, isPlain } from '../../../src/engine/image/extent.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';

/** Mostly of one grey, as masks are. */
const sparse = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      channels: fc.constant(1 as const),
      data: fc
        .array(fc.constantFrom(7, 7, 7, 7, 7, 7, 0, 255), { minLength: width * height, maxLength: width * height })
        .map((values) => Uint8Array.from(values)),
    }),
  );

const oddPixels = ({ width, data }: Picture, plain: number) =>
  [...data].flatMap((value, i) => (value === plain ? [] : [{ x: i % width, y: Math.floor(i / width) }]));

test('the extent of a picture is the smallest rectangle around everything that is not plain', () => {
  fc.assert(
    fc.property(sparse, fc.constantFrom(0, 7), (im, plain) => {
      const odd = oddPixels(im, plain);
      const [xs, ys] = [odd.map(({ x }) => x), odd.map(({ y }) => y)];
      const expected = odd.length > 0 && {
        ...{ x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs) + 1, y2: Math.max(...ys) + 1 },
      };
      expect(extentOf(im, plain)).toEqual(expected || null);
      expect(isPlain(im, plain)).toBe(odd.length === 0);
    }),
  );
});

test('a picture of several channels has no extent', () => {
  expect(() => extentOf({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) }, 0)).toThrow(RangeError);
});
