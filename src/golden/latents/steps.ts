import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SamplerName } from '../../edit/choices.ts';
import { stableDiffusionAlphas } from '../../engine/sampling/alphas.ts';
import { brownianNoise } from '../../engine/sampling/brownian.ts';
import { guidedDenoiser } from '../../engine/sampling/guidance.ts';
import { img2imgSigmas, img2imgSteps } from '../../engine/sampling/img2img-steps.ts';
import { planImg2img, preconditioningFor, runPlan, samplerOptions, startLatent } from '../../engine/sampling/plan.ts';
import { samplers } from '../../engine/sampling/samplers.ts';
import { timestepsFor } from '../../engine/sampling/sigmas.ts';
import { imageRng } from '../../engine/tensor/image-rng.ts';
import { attempt, type Check, maxError } from '../compare.ts';
import { readJson } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { toyConditioning, toyNetwork } from './toy-network.ts';

const area = 'img2img/steps';

/** How many steps img2img makes, and which timesteps the network is asked at. Files that are not there are passed over. */
export async function* goldenSteps(dir: string): AsyncGenerator<GoldenOutcome> {
  if (existsSync(join(dir, 'steps.json'))) {
    for (const one of await readJson<StepsCase[]>(dir, 'steps.json')) {
      const name = `${one.steps} steps at ${one.denoising_strength}${one.fix_steps ? ', exact' : ''}`;
      yield await attempt(area, name, async () => checkCounts(one));
    }
  }
  if (existsSync(join(dir, 'model_calls.json'))) {
    for (const one of await readJson<CallsCase[]>(dir, 'model_calls.json')) {
      const name = `calls of ${one.sampler}, ${one.steps} steps at ${one.denoising_strength}`;
      yield await attempt(area, name, () => checkCalls(one));
    }
  }
}

interface StepsCase {
  readonly steps: number;
  readonly denoising_strength: number;
  readonly fix_steps: boolean;
  readonly schedule_steps: number;
  readonly t_enc: number;
  readonly k_sigma_sched_start_index: number;
  readonly k_model_steps: number;
  /** Absent where the reference fails. */
  readonly timesteps_total?: number;
  readonly timesteps_used?: number;
  readonly noise_timestep?: number;
  readonly ddim_model_steps?: number;
}

function checkCounts(one: StepsCase): Check[] {
  const counted = img2imgSteps(one.steps, one.denoising_strength, one.fix_steps);
  const { scheduleSteps, tEnc } = counted;
  const indices = Array.from({ length: scheduleSteps + 1 }, (_, i) => i);
  const used = img2imgSigmas(indices, counted);
  const exact = (what: string, got: number, want: number): Check => [what, Math.abs(got - want), 0];
  const sigmas = [
    exact('schedule steps', scheduleSteps, one.schedule_steps),
    exact('t_enc', tEnc, one.t_enc),
    exact('first level used', used[0]!, one.k_sigma_sched_start_index),
    exact('steps of σ samplers', used.length - 1, one.k_model_steps),
  ];
  if (one.timesteps_total === undefined) return sigmas;
  const timesteps = timestepsFor(scheduleSteps);
  return [
    ...sigmas,
    exact('timesteps', timesteps.length, one.timesteps_total),
    exact('timesteps used', timesteps.slice(0, tEnc).length, one.timesteps_used!),
    exact('noise timestep', timesteps[tEnc]!, one.noise_timestep!),
    exact('steps of DDIM', Math.max(tEnc - 1, 0), one.ddim_model_steps!),
  ];
}

interface CallsCase {
  readonly sampler: SamplerName;
  readonly steps: number;
  readonly denoising_strength: number;
  readonly model_calls: number;
  readonly t_seen: readonly number[];
}

async function checkCalls({ sampler, steps, denoising_strength: strength, ...want }: CallsCase): Promise<Check[]> {
  const counted = img2imgSteps(steps, strength, false);
  const plan = planImg2img(stableDiffusionAlphas(), { sampler, scheduler: 'Automatic' }, counted);
  const { network, asked } = toyNetwork();
  const guided = guidedDenoiser(network, {
    preconditioning: preconditioningFor(plan, 'eps'),
    conditioning: [toyConditioning],
    cfgScale: 7 * (samplers[sampler].cfgFactor ?? 1),
    totalSteps: plan.totalSteps,
    needsUncond: samplers[sampler].cfgFactor !== undefined,
  });
  const brownian = brownianNoise([0.01, ...plan.sigmas], { source: 'CPU', shape: [4, 2, 2], seeds: [1] });
  const noise = imageRng({ source: 'CPU', shape: [4, 2, 2], seeds: [1] });
  const options = samplerOptions(sampler, { eta: -1, sChurn: 0, sTmin: 0, sTmax: 0, sNoise: 1 });
  const init = { data: new Float32Array(16), shape: [1, 4, 2, 2] };
  await runPlan(plan, guided, startLatent(plan, init, noise.next()), { noise, brownian, options });
  return [
    ['model calls', Math.abs(asked.length - want.model_calls), 0],
    [
      'timesteps seen',
      maxError(
        asked.map(({ t }) => t),
        want.t_seen,
      ),
      0.01,
    ],
  ];
}
