import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { goldenRng } from './latents/rng.ts';
import { goldenImg2imgSampling } from './latents/sampling.ts';
import { goldenSoftInpainting } from './latents/soft-inpainting.ts';
import { goldenSteps } from './latents/steps.ts';
import type { GoldenArea, GoldenOutcome } from './outcome.ts';

/** The folders of `img2img/` that are about latents, and what checks them. */
export const latentAreas: Readonly<Record<string, GoldenArea>> = {
  rng: goldenRng,
  steps: goldenSteps,
  sampling: goldenImg2imgSampling,
  soft_inpainting: goldenSoftInpainting,
};

/** Every case about latents below `dir`, the folder `img2img` of golden data. Folders that are not there are passed over. */
export async function* goldenLatents(dir: string): AsyncIterable<GoldenOutcome> {
  for (const [folder, area] of Object.entries(latentAreas)) {
    if (existsSync(join(dir, folder))) yield* area(join(dir, folder));
  }
}
