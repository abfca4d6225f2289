import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Picture, Region } from '../../../src/engine/image/picture.ts';
import { type Canvas, type CanvasOptions, prepareCanvas } from '../../../src/engine/pipeline/canvas.ts';
import { composite } from '../../../src/engine/pipeline/composite.ts';
import { Refusal } from '../../../src/errors.ts';
import { rectangleMask, somePicture, someRegion } from '../image/arbitraries.ts';

const size = { width: 64, height: 48 };
const options: CanvasOptions = {
  size,
  resizeMode: 'just resize',
  maskBlurX: 2,
  maskBlurY: 2,
  maskRound: true,
  inpaintNotMasked: false,
  maskedContent: 'original',
  inpaintArea: 'whole picture',
  onlyMaskedPadding: 8,
  colorCorrection: false,
  background: [255, 255, 255],
  upscale: null,
};
const overlay = { overlayInpaint: true, upscale: null };
const noise = (width: number, height: number): Picture => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24),
});

/** Whether nothing further from the rectangle than the reach of its blur has changed. */
function isKept(before: Picture, after: Picture, [{ x1, y1, x2, y2 }, reach]: readonly [Region, number]): boolean {
  return before.data.every((v, i) => {
    const [x, y] = [Math.floor(i / 3) % before.width, Math.floor(i / 3 / before.width)];
    const near = x >= x1 - reach && x < x2 + reach && y >= y1 - reach && y < y2 + reach;
    return near || after.data[i] === v;
  });
}

test.each(['whole picture', 'only masked'] as const)(
  'outside the mask and its blur nothing changes, whatever is painted: %s',
  async (inpaintArea) => {
    const inits = somePicture(3, fc.constant(size));
    await fc.assert(
      fc.asyncProperty(inits, someRegion(size), fc.integer({ min: 0, max: 4 }), async (init, region, blur) => {
        const canvas = await prepareCanvas(
          { init, mask: rectangleMask(size, region) },
          { ...options, inpaintArea, maskBlurX: blur, maskBlurY: blur },
        );
        const { image } = await composite(noise(size.width, size.height), canvas, overlay);
        expect(isKept(init, image, [region, Math.trunc(2.5 * blur + 0.5)])).toBe(true);
      }),
      { numRuns: 15 },
    );
  },
);

test('"only masked" gives back a picture of the size that came in', async () => {
  const init = noise(150, 90);
  const mask = rectangleMask(init, { x1: 100, y1: 40, x2: 120, y2: 70 });
  const canvas = await prepareCanvas({ init, mask }, { ...options, inpaintArea: 'only masked' });
  expect([canvas.image.width, canvas.image.height]).toEqual([64, 48]);
  const { image } = await composite(noise(64, 48), canvas, overlay);
  expect([image.width, image.height]).toEqual([150, 90]);
});

test('a blank mask is no mask when only the masked area was to be painted', async () => {
  const mask = rectangleMask(size, { x1: 0, y1: 0, x2: 0, y2: 0 });
  const canvas = await prepareCanvas({ init: noise(64, 48), mask }, { ...options, inpaintArea: 'only masked' });
  expect(canvas.inpaint).toBeNull();
});

test('"inpaint not masked" paints what the mask leaves', async () => {
  const region = { x1: 10, y1: 10, x2: 20, y2: 20 };
  const init = noise(64, 48);
  const not = { ...options, maskBlurX: 0, maskBlurY: 0, inpaintNotMasked: true };
  const canvas = await prepareCanvas({ init, mask: rectangleMask(size, region) }, not);
  const { image } = await composite({ ...init, data: init.data.map((v) => 255 - v) }, canvas, overlay);
  const at = (x: number, y: number) => (y * 64 + x) * 3;
  expect(image.data[at(15, 15)]).toBe(init.data[at(15, 15)]);
  expect(image.data[at(40, 40)]).toBe(255 - init.data[at(40, 40)]!);
});

test('"latent upscale" with a mask lays the overlay over all of the result', async () => {
  const init = noise(32, 24);
  const mask = rectangleMask(init, { x1: 8, y1: 8, x2: 16, y2: 16 });
  const canvas = await prepareCanvas(
    { init, mask },
    { ...options, resizeMode: 'latent upscale', maskBlurX: 0, maskBlurY: 0 },
  );
  const { image, inpaint } = canvas as Canvas & { inpaint: NonNullable<Canvas['inpaint']> };
  expect([image.width, image.height]).toEqual([32, 24]);
  expect([inpaint.source.width, inpaint.source.height]).toEqual([64, 48]);
  expect([inpaint.maskForOverlay.width, inpaint.maskForOverlay.height]).toEqual([64, 48]);
});

test('a mask of another size cannot say what to cut out', async () => {
  const attempt = prepareCanvas(
    { init: noise(64, 48), mask: rectangleMask({ width: 32, height: 24 }, { x1: 1, y1: 1, x2: 9, y2: 9 }) },
    { ...options, inpaintArea: 'only masked' },
  );
  await expect(attempt).rejects.toThrow(Refusal);
});
