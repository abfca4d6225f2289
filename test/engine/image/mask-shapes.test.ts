import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combinedMask, grownMask, movedMask, seamMask } from '../../../src/engine/image/mask-shapes.ts';
import { blank } from '../../../src/engine/image/picture.ts';
import { rectangleMask, someRegion } from './arbitraries.ts';

const size = { width: 32, height: 24 };
const countOf = (data: Uint8Array) => data.filter((v) => v > 0).length;

test('masks combine as sets do', () => {
  fc.assert(
    fc.property(someRegion(size), someRegion(size), (one, other) => {
      const [a, b] = [rectangleMask(size, one), rectangleMask(size, other)];
      const [union, intersect, subtract, xor] = (['union', 'intersect', 'subtract', 'xor'] as const).map((how) =>
        countOf(combinedMask(a, b, how).data),
      );
      expect(union).toBe(xor! + intersect!);
      expect(subtract).toBe(countOf(a.data) - intersect!);
    }),
  );
});

test('what was grown and then shrunk holds what it was', () => {
  fc.assert(
    fc.property(someRegion(size), fc.integer({ min: 1, max: 5 }), (region, by) => {
      const mask = rectangleMask(size, region);
      const back = grownMask(grownMask(mask, by), -by);
      expect(mask.data.every((v, i) => v === 0 || back.data[i] === 255)).toBe(true);
    }),
  );
});

test('a moved mask marks the same part of the picture in the larger one', () => {
  const mask = rectangleMask(size, { x1: 4, y1: 2, x2: 8, y2: 6 });
  const output = { width: 100, height: 60 };
  const moved = movedMask(mask, { output, x: 30, y: 10, width: 64, height: 48 });
  expect(moved.data).toEqual(rectangleMask(output, { x1: 38, y1: 14, x2: 46, y2: 22 }).data);
});

test('seams are bands on both sides of the edges that lie inside', () => {
  const output = { width: 100, height: 60 };
  const mask = seamMask({ output, x: 40, y: 0, width: 60, height: 60 }, 8);
  expect(mask.data).toEqual(rectangleMask(output, { x1: 32, y1: 0, x2: 48, y2: 60 }).data);
  expect(seamMask({ output, x: 0, y: 0, ...output }, 8).data).toEqual(blank(output, 1).data);
});
