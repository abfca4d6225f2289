import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alphaComposite } from '../../../src/engine/image/alpha.ts';
import { isOpaque, toLuma, toRgb, toRgba } from '../../../src/engine/image/convert.ts';
import { keptOver, overlayPicture } from '../../../src/engine/image/overlay.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';

const size = { width: 5, height: 4 };
const bytes = (channels: Picture['channels']) =>
  fc
    .uint8Array({ minLength: 20 * channels, maxLength: 20 * channels })
    .map((data): Picture => ({ ...size, channels, data }));

test('what the mask keeps lies over the result as the overlay composited on it would', () => {
  fc.assert(
    fc.property(bytes(3), bytes(3), bytes(1), (result, source, mask) => {
      const composited = toRgb(alphaComposite(toRgba(result), overlayPicture(source, mask)));
      expect(keptOver(result, source, mask)).toEqual(composited);
    }),
  );
});

test('a result of another size than its mask is nobody’s', () => {
  const [small, large] = [1, 2].map((width) => ({ width, height: 1, data: new Uint8Array(3 * width) }));
  const mask: Picture = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
  expect(() => keptOver({ ...large!, channels: 3 }, { ...small!, channels: 3 }, mask)).toThrow(RangeError);
});

test('an RGBA picture is opaque when every alpha is 255, whatever its size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 11 }), fc.option(fc.nat(10), { nil: undefined }), (width, at) => {
      const data = new Uint8Array(4 * width).fill(255);
      const isHit = at !== undefined && at < width;
      if (isHit) data[4 * at + 3] = 254;
      expect(isOpaque({ width, height: 1, channels: 4, data })).toBe(!isHit);
    }),
  );
});

test('a grey in three channels is that grey', () => {
  const data = Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3));
  expect([...toLuma({ width: 256, height: 1, channels: 3, data }).data]).toEqual([...Array(256).keys()]);
});
