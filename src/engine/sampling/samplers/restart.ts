import { addScaled } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Denoiser, pairs, type SamplerRun } from '../sampler.ts';
import { karras, type Sigmas } from '../schedulers.ts';
import { heunStep } from './heun.ts';

/**
 * Restart: Heun steps; after σ ≈ 0.1 the latent is noised up to σ ≈ 2 again and brought down once or twice more.
 * Source: Xu et al. 2023 (arXiv 2306.14878); A1111 modules/sd_samplers_extra.py
 */
export async function sampleRestart(
  denoise: Denoiser,
  start: Tensor,
  sigmas: Sigmas,
  run: SamplerRun,
): Promise<Tensor> {
  let x = start;
  let reached: number | undefined;
  for (const [i, [sigma, next]] of restartPairs(sigmas).entries()) {
    if (reached !== undefined && reached < sigma) {
      x = addScaled(x, Math.sqrt(sigma ** 2 - reached ** 2), run.noise.next());
    }
    const denoised = await denoise(x, sigma);
    run.onStep?.({ i, sigma, sigmaHat: sigma, x, denoised });
    x = await heunStep(denoise, x, denoised, [sigma, next]);
    reached = next;
  }
  return x;
}

/**
 * The steps really made. From 20 on, some are saved on the way down and spent on restarts.
 * as A1111: the schedule type then only gives the two ends of a Karras schedule.
 */
function restartPairs(sigmas: Sigmas): (readonly [sigma: number, next: number])[] {
  const steps = sigmas.length - 1;
  if (steps < 20) return pairs(sigmas);
  const [restartSteps, times] = steps >= 36 ? [Math.floor(steps / 4), 2] : [9, 1];
  const base = karras(steps - restartSteps * times, sigmas.at(-2)!, sigmas[0]!);
  const low = indexNearest(base, 0.1);
  const high = indexNearest(base, 2);
  const list = pairs(base);
  if (high >= low) return list;
  const again = pairs(karras(restartSteps + 1, base[low]!, base[high]!).slice(0, -1));
  list.splice(low, 0, ...Array.from({ length: times }, () => again).flat()); // pair low − 1 ends at base[low]
  return list;
}

function indexNearest(sigmas: Sigmas, wanted: number): number {
  const distances = sigmas.map((sigma) => Math.abs(sigma - wanted));
  return distances.indexOf(Math.min(...distances));
}
