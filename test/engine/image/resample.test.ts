import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { type Filter, resample } from '../../../src/engine/image/resample.ts';
import { resizeImage, resizeImageWith } from '../../../src/engine/image/resize-image.ts';
import { plainUpscalers } from '../../../src/engine/image/upscaler.ts';
import { somePicture, someSize } from './arbitraries.ts';

const someFilter = fc.constantFrom<Filter>('nearest', 'box', 'bilinear', 'bicubic', 'lanczos');

test('a plain picture stays plain at any size', () => {
  fc.assert(
    fc.property(someSize(), someSize(), someFilter, fc.nat(255), (from, to, filter, grey) => {
      const plain: Picture = { ...from, channels: 3, data: new Uint8Array(from.width * from.height * 3).fill(grey) };
      const { width, height, data } = resample(plain, to, filter);
      expect([width, height, new Set(data)]).toEqual([to.width, to.height, new Set([grey])]);
    }),
  );
});

test('the same size is the same picture', () => {
  fc.assert(
    fc.property(somePicture(4), someFilter, (im, filter) => {
      expect(resample(im, im, filter)).toBe(im);
    }),
  );
});

test('three channels are resampled as each one alone', () => {
  fc.assert(
    fc.property(somePicture(3), someSize(), someFilter, (im, size, filter) => {
      const all = resample(im, size, filter);
      for (const c of [0, 1, 2]) {
        const one: Picture = { ...im, channels: 1, data: im.data.filter((_, i) => i % 3 === c) };
        expect(all.data.filter((_, i) => i % 3 === c)).toEqual(resample(one, size, filter).data);
      }
    }),
  );
});

test('nothing that is transparent bleeds into what is not', () => {
  const data = Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) =>
    i % 32 < 16 ? [255, 0, 0, 255][i % 4]! : [0, 255, 0, 0][i % 4]!,
  );
  const { data: out } = resample({ width: 8, height: 8, channels: 4, data }, { width: 5, height: 5 }, 'lanczos');
  for (let p = 0; p < out.length; p += 4) expect(out[p + 1]).toBe(0);
});

test.each(['just resize', 'crop and resize', 'resize and fill', 'latent upscale'] as const)(
  '%s always comes to the size asked for',
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(somePicture(3), someSize(8, 40), async (im, size) => {
        const { width, height } = resizeImage(mode, im, size);
        expect([width, height]).toEqual([size.width, size.height]);
        const upscaled = await resizeImageWith(mode, im, { size, upscale: plainUpscalers.Nearest });
        expect([upscaled.width, upscaled.height]).toEqual([size.width, size.height]);
      }),
    );
  },
);
