import { goldenRng } from './latents/rng.ts';
import { goldenImg2imgSampling } from './latents/sampling.ts';
import { goldenSoftInpainting } from './latents/soft-inpainting.ts';
import { goldenSteps } from './latents/steps.ts';
import type { GoldenArea } from './outcome.ts';

/** The folders of `img2img/` that are about latents, and what checks them. */
export const latentAreas: Readonly<Record<string, GoldenArea>> = {
  rng: goldenRng,
  steps: goldenSteps,
  sampling: goldenImg2imgSampling,
  soft_inpainting: goldenSoftInpainting,
};
