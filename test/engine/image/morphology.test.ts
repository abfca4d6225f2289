import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dilate, dilateOrErode, erode } from '../../../src/engine/image/morphology.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { somePicture } from './arbitraries.ts';

/** The definition, window by window. */
function slow(im: Picture, size: number, pick: (values: readonly number[]) => number): Picture {
  const before = size >> 1;
  const data = im.data.map((_, i) => {
    const [x, y] = [i % im.width, Math.floor(i / im.width)];
    const values: number[] = [];
    for (let v = Math.max(0, y - before); v < Math.min(im.height, y - before + size); v++) {
      for (let u = Math.max(0, x - before); u < Math.min(im.width, x - before + size); u++) {
        values.push(im.data[v * im.width + u]!);
      }
    }
    return pick(values);
  });
  return { ...im, data };
}

test('growing and shrinking take the brightest and the darkest of each square', () => {
  fc.assert(
    fc.property(somePicture(1), fc.integer({ min: 1, max: 30 }), (im, size) => {
      expect(dilate(im, size)).toEqual(slow(im, size, (values) => Math.max(...values)));
      expect(erode(im, size)).toEqual(slow(im, size, (values) => Math.min(...values)));
    }),
  );
});

test('an amount of 0 leaves the mask, a negative one shrinks it', () => {
  const mask: Picture = { width: 3, height: 1, channels: 1, data: Uint8Array.of(255, 0, 255) };
  expect(dilateOrErode(mask, 0)).toBe(mask);
  expect(dilateOrErode(mask, 3).data).toEqual(Uint8Array.of(255, 255, 255));
  expect(dilateOrErode(mask, -3).data).toEqual(Uint8Array.of(0, 0, 0));
});
