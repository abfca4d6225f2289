import { runPlan, type SamplingPlan } from '../sampling/plan.ts';
import type { SamplerOptions } from '../sampling/sampler.ts';
import { samplers } from '../sampling/samplers.ts';
import { type Draw, runNoise } from './draws.ts';

/** Blocks kept ready beyond the rehearsed ones for a sampler that chooses its steps by what it sees. */
const SPARE = 64;

/**
 * What a run is going to draw, in order: its sampler is run over latents of a single zero. Draws depend on levels and options, not on
 * values, save for the number of them where a sampler chooses its steps.
 */
export async function rehearse(plan: SamplingPlan, options: SamplerOptions): Promise<readonly Draw[]> {
  const draws: Draw[] = [];
  const zero = { data: new Float32Array(1), shape: [1, 1, 1, 1] };
  const recorded = runNoise((draw) => {
    draws.push(draw);
    return zero;
  });
  await runPlan(plan, async (x) => ({ guided: x, uncond: () => x, preview: () => x }), zero, { ...recorded, options });
  if (!samplers[plan.sampler].choosesSteps) return draws;
  return [...draws, ...Array.from({ length: SPARE }, (_, i) => ({ block: draws.length + i }))];
}
