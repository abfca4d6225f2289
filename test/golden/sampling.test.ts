import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { latentAreas } from '../../src/golden/latents.ts';
import type { GoldenOutcome } from '../../src/golden/outcome.ts';
import { goldenSampling } from '../../src/golden/sampling.ts';

const areas = {
  sampling: { run: goldenSampling, atLeast: 140 },
  'img2img/rng': { run: latentAreas.rng!, atLeast: 80 },
  'img2img/steps': { run: latentAreas.steps!, atLeast: 100 },
  'img2img/sampling': { run: latentAreas.sampling!, atLeast: 9 },
  'img2img/soft_inpainting': { run: latentAreas.soft_inpainting!, atLeast: 15 },
};

test.each(Object.entries(areas))('%s agrees with the reference, case by case', async (folder, { run, atLeast }) => {
  const outcomes: GoldenOutcome[] = [];
  for await (const outcome of run(fileURLToPath(new URL(folder, import.meta.url)))) outcomes.push(outcome);
  expect(outcomes.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(outcomes.length).toBeGreaterThanOrEqual(atLeast);
});
