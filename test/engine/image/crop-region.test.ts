import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cropRegion, expandCropRegion } from '../../../src/engine/image/crop-region.ts';
import { extentOf } from '../../../src/engine/image/extent.ts';
import type { Region, Size } from '../../../src/engine/image/picture.ts';
import { rectangleMask, someRegion, someSize } from './arbitraries.ts';

const contains = (outer: Region, inner: Region) =>
  outer.x1 <= inner.x1 && outer.y1 <= inner.y1 && outer.x2 >= inner.x2 && outer.y2 >= inner.y2;
const whole = ({ width, height }: Size): Region => ({ x1: 0, y1: 0, x2: width, y2: height });

const someMasked = someSize(1, 60).chain((size) => fc.tuple(fc.constant(size), someRegion(size)));

test('the bounding box of a rectangle is the rectangle', () => {
  fc.assert(
    fc.property(someMasked, ([size, region]) => {
      expect(extentOf(rectangleMask(size, region), 0)).toEqual(region);
    }),
  );
});

test('a blank mask has no region to crop', () => {
  expect(cropRegion({ width: 9, height: 7, channels: 1, data: new Uint8Array(63) }, 32)).toBeNull();
});

test('the crop of "only masked" holds the mask and stays inside the picture', () => {
  fc.assert(
    fc.property(someMasked, fc.nat(40), someSize(8, 128), ([size, region], padding, target) => {
      const padded = cropRegion(rectangleMask(size, region), padding)!;
      const grown = expandCropRegion(padded, target, size);
      expect(contains(padded, region)).toBe(true);
      expect(contains(grown, padded)).toBe(true);
      expect(contains(whole(size), grown)).toBe(true);
    }),
  );
});

test('where there is room the crop has the shape it will be painted at', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), someSize(8, 64), (w, h, target) => {
      const region = { x1: 5000, y1: 5000, x2: 5000 + w, y2: 5000 + h };
      const { x1, y1, x2, y2 } = expandCropRegion(region, target, { width: 10_000, height: 10_000 });
      const [width, height] = [x2 - x1, y2 - y1];
      const ratio = target.width / target.height;
      expect(Math.min(Math.abs(width - height * ratio), Math.abs(height - width / ratio))).toBeLessThanOrEqual(1);
    }),
  );
});

test('at an edge the crop is as large as in the middle, as far as the picture has room for it', () => {
  const extent = ({ x1, y1, x2, y2 }: Region) => [x2 - x1, y2 - y1] as const;
  fc.assert(
    fc.property(someMasked, someSize(8, 64), ([size, region], target) => {
      const middle = { x1: region.x1 + 5000, y1: region.y1 + 5000, x2: region.x2 + 5000, y2: region.y2 + 5000 };
      const [width, height] = extent(expandCropRegion(middle, target, { width: 10_000, height: 10_000 }));
      const room = [Math.min(width, size.width), Math.min(height, size.height)];
      expect(extent(expandCropRegion(region, target, size))).toEqual(room);
    }),
  );
});
