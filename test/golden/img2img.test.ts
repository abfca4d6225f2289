import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pixelAreas } from '../../src/golden/img2img.ts';
import type { GoldenOutcome } from '../../src/golden/outcome.ts';

/** How many cases agree at least, and how many are about something else than what this program does. */
const folders: Readonly<Record<string, { agree: number; notCovered: number }>> = {
  primitives: { agree: 70, notCovered: 0 },
  modes: { agree: 24, notCovered: 1 }, // 16-bit grey, which the reference clips
  resize_image: { agree: 28, notCovered: 0 },
  mask_ops: { agree: 72, notCovered: 0 },
  pipeline: { agree: 79, notCovered: 2 }, // a latent upscale’s overlay, a blank mask’s blur
  color_correction: { agree: 6, notCovered: 0 },
  conditioning: { agree: 10, notCovered: 1 }, // ordinary models take no conditioning
  soft_inpainting: { agree: 9, notCovered: 0 },
  outpaint_mk2: { agree: 16, notCovered: 0 },
  poor_mans_outpaint: { agree: 14, notCovered: 0 },
  mosaic_outpaint: { agree: 14, notCovered: 0 },
  sd_upscale: { agree: 18, notCovered: 0 },
  loopback: { agree: 15, notCovered: 0 },
  adetailer: { agree: 113, notCovered: 0 },
  infotext: { agree: 63, notCovered: 2 }, // A1111's own options
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
  expect(of('not covered')).toHaveLength(expected.notCovered);
  expect(of('ok').length).toBeGreaterThanOrEqual(expected.agree);
});
