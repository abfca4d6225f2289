import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closeDisc, dilateDisc, erodeDisc, openDisc } from '../../../src/engine/image/disc-morphology.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { somePicture } from './arbitraries.ts';

const someMask = somePicture(1).map((im): Picture => ({ ...im, data: im.data.map((v) => (v > 200 ? 255 : 0)) }));
const someRadius = fc.integer({ min: 0, max: 9 });

/** The definition, pixel by pixel. */
function slowDilate({ width, height, data }: Picture, radius: number): Uint8Array {
  return data.map((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    for (let v = 0; v < height; v++) {
      for (let u = 0; u < width; u++) {
        if (data[v * width + u]! > 0 && (u - x) ** 2 + (v - y) ** 2 <= radius * radius) return 255;
      }
    }
    return 0;
  });
}

const holds = (outer: Picture, inner: Picture) => inner.data.every((v, i) => v === 0 || outer.data[i] === 255);

test('growing by a disc reaches every pixel within its radius, and no other', () => {
  fc.assert(
    fc.property(someMask, someRadius, (mask, radius) => {
      expect(dilateDisc(mask, radius).data).toEqual(slowDilate(mask, radius));
    }),
  );
});

test('opening takes away only, closing adds only, and both do so once', () => {
  fc.assert(
    fc.property(someMask, fc.integer({ min: 1, max: 5 }), (mask, radius) => {
      const [opened, closed] = [openDisc(mask, radius), closeDisc(mask, radius)];
      expect(holds(mask, opened)).toBe(true);
      expect(holds(closed, mask)).toBe(true);
      expect(openDisc(opened, radius).data).toEqual(opened.data);
      expect(closeDisc(closed, radius).data).toEqual(closed.data);
    }),
  );
});

test('shrinking spares what reaches the edge of the picture', () => {
  const full: Picture = { width: 5, height: 4, channels: 1, data: new Uint8Array(20).fill(255) };
  expect(erodeDisc(full, 3).data).toEqual(full.data);
});
