import { brownianNoise } from '../sampling/brownian.ts';
import type { IntervalNoise, NoiseSource } from '../sampling/sampler.ts';
import type { Sigmas } from '../sampling/schedulers.ts';
import { type ImageRng, type LaterNoiseOptions, laterNoise } from '../tensor/image-rng.ts';
import type { Share } from '../tensor/normal-stream.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** What a sampler asks for: the n-th block after the start noise, from 0, or the Brownian noise from one σ to another. */
export type Draw = { readonly block: number } | { readonly sigma: number; readonly next: number };

/** Everything the noise of a run is made of. Plain data: it crosses a thread boundary. */
export interface NoiseRecipe extends LaterNoiseOptions {
  /** The whole schedule, which a Brownian path spans; empty where no path is walked. */
  readonly sigmas: Sigmas;
}

/** The noise of a run, as samplers want it. */
export interface RunNoise {
  readonly noise: NoiseSource;
  readonly brownian: IntervalNoise;
}

/** Numbers the blocks of a run, and has everything drawn by `draw`. */
export function runNoise(draw: (wanted: Draw) => Tensor): RunNoise {
  let block = 0;
  const skip = () => {
    block++;
  };
  return {
    noise: { next: () => draw({ block: block++ }), skip },
    brownian: (sigma, next) => draw({ sigma, next }),
  };
}

/** Draws for a batch: [B, C, h, w], of a share its values alone, [B, n]. Blocks are to be asked for in ascending order. */
export function drawerOf(recipe: NoiseRecipe, share?: Share): (wanted: Draw) => Tensor {
  let brownian: IntervalNoise | undefined;
  let blocks: ImageRng | undefined;
  let at = 0;
  return (wanted) => {
    if ('sigma' in wanted) {
      brownian ??= brownianNoise(recipe.sigmas, { ...recipe, ...(share && { share }) });
      return brownian(wanted.sigma, wanted.next);
    }
    blocks ??= laterNoise(recipe, share);
    for (; at < wanted.block; at++) blocks.skip();
    at++;
    return blocks.next();
  };
}
