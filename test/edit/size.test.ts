import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveSize } from '../../src/edit/index.ts';
import { Refusal } from '../../src/errors.ts';

const sd1 = { nativeSize: 512, maxPixels: 1_572_864 };
const photo = { width: 768, height: 512 };

describe('the processing size', () => {
  test.each([
    ['src', photo, photo],
    ['src', { width: 4000, height: 3000 }, { width: 1448, height: 1088 }],
    ['src', { width: 200, height: 100 }, { width: 728, height: 360 }],
    ['768x1152', photo, { width: 768, height: 1152 }],
    ['513 × 519', photo, { width: 512, height: 512 }],
    ['1.5x', photo, { width: 1152, height: 768 }],
    ['w384', photo, { width: 384, height: 256 }],
    ['H256', photo, { width: 384, height: 256 }],
  ])('%s of %o is %o', (text, source, size) => {
    expect(resolveSize(text, source, sd1)).toEqual(size);
  });

  test('a tiny model is given the scale it was trained at', () => {
    const { width, height } = resolveSize('src', { width: 1024, height: 1024 }, { ...sd1, nativeSize: 256 });
    expect([width, height]).toEqual([312, 312]);
  });

  test.each(['', 'x', '0x0', '512x', 'w', '99999x99999', '4096x4096', 'big'])('refuses %j', (text) => {
    expect(() => resolveSize(text, photo, sd1)).toThrow(Refusal);
  });

  test('is a multiple of 8, at least 64, and within the budget for every picture', () => {
    const side = fc.integer({ min: 16, max: 16384 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const size = resolveSize('src', { width, height }, sd1);
        for (const s of [size.width, size.height]) expect([s % 8, s >= 64]).toEqual([0, true]);
        expect(size.width * size.height).toBeLessThan(sd1.maxPixels * 1.1 + 64 * 16384);
      }),
    );
  });
});
