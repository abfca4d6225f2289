import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pixelAreas } from '../../src/golden/img2img.ts';
import type { GoldenOutcome } from '../../src/golden/outcome.ts';

/** How many cases agree at least; none is passed over. */
const folders: Readonly<Record<string, number>> = {
  primitives: 70,
  modes: 25,
  resize_image: 28,
  mask_ops: 72,
  pipeline: 84,
  color_correction: 6,
  conditioning: 11,
  soft_inpainting: 9,
  outpaint_mk2: 16,
  poor_mans_outpaint: 14,
  mosaic_outpaint: 14,
  sd_upscale: 18,
  loopback: 15,
  adetailer: 113,
  infotext: 107,
};

test('every folder about pixels is looked at', () => {
  expect(Object.keys(folders).sort()).toEqual(Object.keys(pixelAreas).sort());
});

test.each(Object.entries(folders))('img2img/%s agrees with the reference, case by case', async (folder, expected) => {
  const outcomes: GoldenOutcome[] = [];
  const run = pixelAreas[folder]!;
  for await (const one of run(fileURLToPath(new URL(`img2img/${folder}`, import.meta.url)))) outcomes.push(one);
  const of = (status: GoldenOutcome['status']) => outcomes.filter((outcome) => outcome.status === status);
  expect(of('failed')).toEqual([]);
  expect(of('not covered')).toEqual([]);
  expect(of('ok').length).toBeGreaterThanOrEqual(expected);
});
