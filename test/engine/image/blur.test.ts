import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boxBlur, gaussianBlur, gaussianBlurWithin } from '../../../src/engine/image/box-blur.ts';
import { cvBlur, cvGaussianKernel } from '../../../src/engine/image/cv-blur.ts';
import { crop } from '../../../src/engine/image/paste.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { samePicture, somePicture, someRegion, someSize } from './arbitraries.ts';

/** The definition: every window summed, borders reflected without repeating the edge. */
function slowBlur(im: Picture, sigma: number): Picture {
  const kernel = cvGaussianKernel(2 * Math.trunc(2.5 * sigma + 0.5) + 1, sigma);
  const n = im.width;
  const reflect = (i: number): number => (n === 1 ? 0 : i < 0 ? reflect(-i) : i >= n ? reflect(2 * (n - 1) - i) : i);
  const data = im.data.map((_, i) => {
    const [x, row] = [i % n, i - (i % n)];
    const sum = kernel.reduce((a, k, j) => a + k * im.data[row + reflect(x + j - (kernel.length >> 1))]!, 0);
    return Math.min(255, (sum + 128) >> 8);
  });
  return { ...im, data };
}

const transposed = (im: Picture): Picture => ({
  width: im.height,
  height: im.width,
  channels: 1,
  data: im.data.map((_, i) => im.data[(i % im.height) * im.width + Math.floor(i / im.height)]!),
});

const someSigma = fc.integer({ min: 1, max: 20 });

test('the mask blur is the convolution it stands for, however long the kernel', () => {
  fc.assert(
    fc.property(somePicture(1), someSigma, (im, sigma) => {
      expect(cvBlur(im, 'x', sigma)).toEqual(slowBlur(im, sigma));
    }),
  );
});

test('blurring down is blurring across, turned', () => {
  fc.assert(
    fc.property(somePicture(1), someSigma, (im, sigma) => {
      expect(cvBlur(im, 'y', sigma)).toEqual(transposed(cvBlur(transposed(im), 'x', sigma)));
    }),
  );
});

test('a plain area stays what it is', () => {
  const plain: Picture = { width: 40, height: 30, channels: 1, data: new Uint8Array(1200).fill(93) };
  expect(cvBlur(plain, 'x', 7)).toEqual(plain);
  expect(gaussianBlur(plain, 7)).toEqual(plain);
  expect(boxBlur(plain, 3.5)).toEqual(plain);
});

test('a kernel adds up to 256 and is the same from both ends', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), (sigma) => {
      const kernel = cvGaussianKernel(2 * Math.trunc(2.5 * sigma + 0.5) + 1, sigma);
      expect(kernel.reduce((a, b) => a + b)).toBe(256);
      expect([...kernel].reverse()).toEqual([...kernel]);
    }),
  );
});

test('a part of a blurred picture is the same without the rest', () => {
  const cases = someSize(1, 40).chain((size) =>
    fc.tuple(somePicture(4, fc.constant(size)), someRegion(size), fc.constantFrom(0, 0.5, 1, 2, 4, 8, 64)),
  );
  fc.assert(
    fc.property(cases, ([im, region, sigma]) => {
      expect(samePicture(gaussianBlurWithin(im, sigma, region), crop(gaussianBlur(im, sigma), region))).toBe(true);
    }),
  );
});
