import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultParams } from '../../src/edit/fields.ts';
import type { PartialParams } from '../../src/edit/params.ts';
import { andThen, placementInScript } from '../../src/edit/placement.ts';
import { outlineOf, scriptOf } from '../../src/edit/script.ts';

const init = { width: 512, height: 384 };
const processing = { width: 512, height: 512 };
const placed = (given: PartialParams) => {
  const script = scriptOf({ ...defaultParams, ...given })!;
  return { script, at: placementInScript(script, init, processing, 'just resize') };
};

test.each(['outpainting mk2', "poor man's outpainting"] as const)(
  '%s keeps the picture whole, inside what it grows to',
  (name) => {
    const sides = fc.subarray(['left', 'right', 'up', 'down'], { minLength: 1 });
    fc.assert(
      fc.property(
        sides,
        fc.integer({ min: 1, max: 32 }),
        fc.integer({ min: 1, max: 3 }),
        (chosen, n, outpaintPasses) => {
          const direction = chosen.join(' ');
          const { script, at } = placed({ script: name, direction, pixels: 8 * n, outpaintPasses });
          expect(at.output).toEqual(outlineOf(script, init, processing).output);
          expect({ width: at.width, height: at.height }).toEqual(init);
          expect(at.x).toBeGreaterThanOrEqual(chosen.includes('left') ? 8 * n * outpaintPasses - 64 : 0);
          expect(at.x + at.width).toBeLessThanOrEqual(at.output.width);
          expect(at.y + at.height).toBeLessThanOrEqual(at.output.height);
          if (!chosen.includes('left')) expect(at.x).toBe(0);
          if (!chosen.includes('up')) expect(at.y).toBe(0);
        },
      ),
    );
  },
);

test('a second pass grows from where the first one ended', () => {
  const once = placed({ script: 'outpainting mk2', direction: 'left', pixels: 128 }).at;
  const twice = placed({ script: 'outpainting mk2', direction: 'left', pixels: 128, outpaintPasses: 2 }).at;
  expect([once.x, once.output.width]).toEqual([128, 640]);
  expect([twice.x, twice.output.width]).toEqual([256, 768]);
});

test('placements follow one another', () => {
  const grown = { output: { width: 640, height: 512 }, x: 128, y: 0, width: 512, height: 512 };
  const doubled = { output: { width: 1280, height: 1024 }, x: 0, y: 0, width: 1280, height: 1024 };
  expect(andThen(grown, doubled)).toEqual({ output: doubled.output, x: 256, y: 0, width: 1024, height: 1024 });
});
