import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combineTiles, splitTiles, tileRows } from '../../../src/engine/image/tiles.ts';
import { samePicture, somePicture, someSize } from './arbitraries.ts';

const someTiling = fc.record({
  tile: someSize(4, 16),
  overlap: fc.integer({ min: 0, max: 3 }),
});

test('tiles cover every pixel of a picture that is no smaller than one', () => {
  fc.assert(
    fc.property(someSize(16, 60), someTiling, (size, { tile, overlap }) => {
      const covered = new Uint8Array(size.width * size.height);
      for (const { x1, y1, x2, y2 } of tileRows(size, tile, overlap).flat()) {
        for (let y = y1; y < y2; y++) covered.fill(1, y * size.width + x1, y * size.width + x2);
      }
      expect(covered.every((c) => c === 1)).toBe(true);
    }),
  );
});

test('tiles put back unchanged are the picture', () => {
  fc.assert(
    fc.property(somePicture(3, someSize(16, 40)), someTiling, (im, { tile, overlap }) => {
      const tiles = splitTiles(im, tileRows(im, tile, overlap));
      expect(samePicture(combineTiles(tiles, im, overlap), im)).toBe(true);
    }),
  );
});
