import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Direction, directions, type Margins, marginsFor } from '../../../src/edit/outpaint-size.ts';
import { crop } from '../../../src/engine/image/paste.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { expandMk2, finishMk2, planMk2 } from '../../../src/engine/outpaint/mk2.ts';
import { mosaicOutpaint } from '../../../src/engine/outpaint/mosaic.ts';
import { finishPoorMans, planPoorMans } from '../../../src/engine/outpaint/poor-mans.ts';
import { samePicture, someSize } from '../image/arbitraries.ts';

const picture: Picture = {
  width: 70,
  height: 50,
  channels: 3,
  data: Uint8Array.from({ length: 70 * 50 * 3 }, (_, i) => (i * 13 + (i >> 7)) % 256),
};
const someSides = fc.subarray([...directions], { minLength: 1 }).map((sides) => new Set<Direction>(sides));
const inside = (x: number, y: number) => ({ x1: x, y1: y, x2: x + picture.width, y2: y + picture.height });

test('an axis that grows becomes a multiple of 64, another stays', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 16, max: 900 }),
      fc.integer({ min: 8, max: 256 }),
      someSides,
      (side, pixels, sides) => {
        const { left, right, up, down } = marginsFor({ width: side, height: side }, pixels, sides);
        expect(left + right === 0 || (side + left + right) % 64 === 0).toBe(true);
        expect(up + down === 0 || (side + up + down) % 64 === 0).toBe(true);
        expect(left > 0).toBe(sides.has('left'));
        expect(right > 0).toBe(sides.has('right'));
      },
    ),
  );
});

/** What of a picture no mask of mk2 covers, its own coordinates; the mask's rectangles include their last pixels. */
function keptBy({ left, right, up, down }: Margins, blur: { x: number; y: number }, { width, height }: Picture) {
  return {
    ...{ x1: left > 0 ? blur.x : 0, y1: up > 0 ? blur.y : 0 },
    ...{ x2: width - (right > 0 ? blur.x : 0) - 1, y2: height - (down > 0 ? blur.y : 0) - 1 },
  };
}

test('mk2 leaves the picture where the mask keeps it, and grows by its plan, whatever the sides and sizes', () => {
  const someOptions = fc.record({
    pixels: fc.integer({ min: 1, max: 4 }).map((n) => 8 * n),
    maskBlur: fc.integer({ min: 0, max: 9 }),
    sides: someSides,
  });
  const someLimit = fc.constantFrom(64, 128, 512).map((side) => ({ width: side, height: side }));
  fc.assert(
    fc.property(someSize(17, 75), someOptions, someLimit, ({ width, height }, given, limit) => {
      const im = crop(picture, { x1: 0, y1: 0, x2: Math.min(width, 70), y2: Math.min(height, 50) });
      const options = { ...given, noiseQ: 1, colorVariation: 0.05 };
      const { expansions, maskBlurX, maskBlurY } = planMk2(im, options);
      expect(expansions.map(({ side }) => side)).toEqual(directions.filter((side) => given.sides.has(side)));
      const { left, right, up, down } = marginsFor(im, given.pixels, given.sides);
      const [x, y] = [left + right > 0 ? given.maskBlur : 0, up + down > 0 ? given.maskBlur : 0];
      expect([maskBlurX, maskBlurY]).toEqual([4 * x, 4 * y]);
      let now = im;
      for (const expansion of expansions) {
        const step = expandMk2(now, expansion, { options, limit });
        const painted = step.init.data.map((v, i) => (step.mask.data[Math.floor(i / 3)] === 255 ? 255 - v : v));
        now = finishMk2(step, { ...step.init, data: painted });
      }
      expect([now.width, now.height]).toEqual([im.width + left + right, im.height + up + down]);
      const kept = keptBy({ left, right, up, down }, { x, y }, im);
      if (kept.x2 <= kept.x1 || kept.y2 <= kept.y1) return;
      const there = { x1: left + kept.x1, y1: up + kept.y1, x2: left + kept.x2, y2: up + kept.y2 };
      expect(samePicture(crop(now, there), crop(im, kept))).toBe(true);
    }),
    { numRuns: 12 },
  );
});

test('the noise of mk2 is the same every time', () => {
  const options = { pixels: 16, maskBlur: 4, sides: new Set<Direction>(['right']), noiseQ: 1, colorVariation: 0.5 };
  const [expansion] = planMk2(picture, options).expansions;
  const made = () => expandMk2(picture, expansion!, { options, limit: { width: 64, height: 64 } }).canvas;
  expect(samePicture(made(), made())).toBe(true);
});

test('poor man’s outpainting keeps the picture when its tiles come back unchanged', () => {
  fc.assert(
    fc.property(someSides, fc.constantFrom(8, 16, 24), (sides, pixels) => {
      const plan = planPoorMans(picture, { width: 64, height: 64 }, { pixels, maskBlur: 4, sides });
      const whole = finishPoorMans(
        plan,
        plan.tiles.map(({ init }) => init),
      );
      expect(samePicture(whole, plan.canvas)).toBe(true);
      const { left, up } = marginsFor(picture, pixels, sides);
      expect(samePicture(crop(whole, inside(left, up)), picture)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('mosaic outpainting never touches the picture itself, and masks every new pixel', () => {
  const some = fc.record({
    sides: someSides,
    method: fc.constantFrom('stretch' as const, 'mirror' as const),
    stretchArea: fc.constantFrom(0.25, 0.5, 0.75),
    stretchRatio: fc.integer({ min: 1, max: 5 }),
    expandX: fc.constantFrom(0.05, 0.5, 1),
    expandY: fc.constantFrom(0.05, 0.5, 1),
    shortTiles: fc.integer({ min: 1, max: 6 }),
    longTiles: fc.constantFrom(12, 24),
    maskOverlap: fc.constantFrom(0.05, 0.15, 0.5),
  });
  fc.assert(
    fc.property(some, (options) => {
      const { image, mask } = mosaicOutpaint(picture, { ...options, feather: 0 })!;
      const x = options.sides.has('left') ? Math.trunc(70 * options.expandX) : 0;
      const y = options.sides.has('up') ? Math.trunc(50 * options.expandY) : 0;
      expect(samePicture(crop(image, inside(x, y)), picture)).toBe(true);
      const missed = mask.data.some((value, i) => {
        const [column, row] = [i % mask.width, Math.floor(i / mask.width)];
        const isNew = column < x || row < y || column >= x + 70 || row >= y + 50;
        return isNew && value !== 255;
      });
      expect(missed).toBe(false);
    }),
    { numRuns: 30 },
  );
});

test('without a side to grow there is nothing to do', () => {
  const options = { method: 'mirror', stretchArea: 0.5, stretchRatio: 2, expandX: 0.5, expandY: 0.5 } as const;
  const more = { feather: 0, shortTiles: 3, longTiles: 24, maskOverlap: 0.15 };
  expect(mosaicOutpaint(picture, { ...options, ...more, sides: new Set() })).toBeNull();
});
