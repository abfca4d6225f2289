import fc from 'fast-check';
import { expect, test } from 'vitest';
import { componentsOf, fillHoles, maskOfComponents } from '../../../src/engine/image/components.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { somePicture } from './arbitraries.ts';

const someMask = somePicture(1).map((im): Picture => ({ ...im, data: im.data.map((v) => (v > 128 ? 255 : 0)) }));

/** A mask drawn with characters: `#` is marked. */
function drawn(...rows: readonly string[]): Picture {
  const data = Uint8Array.from(rows.join(''), (c) => (c === '#' ? 255 : 0));
  return { width: rows[0]!.length, height: rows.length, channels: 1, data };
}

test('the parts of a mask are the mask, each pixel once', () => {
  fc.assert(
    fc.property(someMask, fc.constantFrom(4 as const, 8 as const), (mask, neighbours) => {
      const parts = componentsOf(mask, neighbours);
      expect(maskOfComponents(mask, parts).data).toEqual(mask.data);
      const pixels = parts.flatMap((part) => [...part.pixels]);
      expect(new Set(pixels).size).toBe(pixels.length);
    }),
  );
});

test('corners connect eight neighbours, not four', () => {
  const mask = drawn('#..', '.#.', '...');
  expect(componentsOf(mask, 8)).toHaveLength(1);
  expect(componentsOf(mask, 4)).toHaveLength(2);
  expect(componentsOf(mask, 4).map((part) => part.touchesEdge)).toEqual([true, false]);
});

test('a ring is filled unless its hole is too large or open to the edge', () => {
  const ring = drawn('......', '.####.', '.#..#.', '.####.', '......');
  expect(fillHoles(ring, 0.25).data).toEqual(drawn('......', '.####.', '.####.', '.####.', '......').data);
  expect(fillHoles(ring, 0.05).data).toEqual(ring.data);
  const open = drawn('####', '#..#', '#..#');
  expect(fillHoles(open, 1).data).toEqual(open.data);
});
