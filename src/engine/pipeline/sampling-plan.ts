import type { Params } from '../../edit/fields.ts';
import { stableDiffusionAlphas, zeroTerminalSnr } from '../sampling/alphas.ts';
import { type Img2imgSteps, img2imgSigmas, img2imgSteps } from '../sampling/img2img-steps.ts';
import {
  lcmPreconditioning,
  type Preconditioning,
  sigmaPreconditioning,
  timestepPreconditioning,
} from '../sampling/preconditioning.ts';
import { type Sampler, samplers } from '../sampling/samplers.ts';
import type { Sigmas } from '../sampling/schedulers.ts';
import { scheduleFor, schedulerFor, sigmasFor, timestepsFor } from '../sampling/sigmas.ts';
import type { CheckpointFacts } from '../weights/checkpoint-facts.ts';

/** Which steps a request makes, in the space of its sampler. */
export interface SamplingPlan {
  readonly sampler: Sampler;
  readonly alphas: Float32Array;
  readonly preconditioning: Preconditioning;
  /** The whole schedule, which Brownian noise is laid over; empty for timestep samplers. */
  readonly allSigmas: Sigmas;
  /** What img2img leaves of it. */
  readonly sigmas: Sigmas;
  /** Ascending, for timestep samplers: what is used, then the one the start noise belongs to. */
  readonly timesteps: readonly number[];
  readonly startTimestep: number;
  /** Steps really made. */
  readonly steps: number;
  /** Model calls expected in a run: what progress counts. */
  readonly calls: number;
  /** Calls prompt schedules are laid out over: denoising strength does not shorten it. */
  readonly promptSteps: number;
  /** The schedule type really used, as infotext says it. */
  readonly scheduleType: string;
}

/** As A1111, but where its schedule would have no step at all the shortest one is taken. */
function stepsOf({ steps, denoisingStrength, exactSteps }: Params): Img2imgSteps {
  return img2imgSteps(steps, denoisingStrength, exactSteps && denoisingStrength > 0);
}

/** Source: A1111 modules/sd_samplers_common.py, sd_samplers_kdiffusion.py, sd_samplers_timesteps.py */
export function samplingPlan(params: Params, facts: CheckpointFacts): SamplingPlan {
  const sampler = samplers[params.sampler];
  const own = stableDiffusionAlphas();
  const alphas = facts.zeroTerminalSnr ? zeroTerminalSnr(own) : own;
  const steps = stepsOf(params);
  const schedule = scheduleFor(params.sampler, alphas);
  const perStep = sampler.secondOrder ? 2 : 1;
  const common = {
    sampler,
    alphas,
    promptSteps: params.steps * perStep,
    scheduleType: schedulerFor(params.sampler, params.scheduler) ?? 'Automatic',
  };
  if (sampler.space === 'timesteps') {
    const all = timestepsFor(steps.scheduleSteps);
    const timesteps = all.slice(0, steps.tEnc);
    const made = Math.max(0, timesteps.length - 1);
    const preconditioning = timestepPreconditioning(alphas, facts.prediction);
    const startTimestep = all[Math.min(steps.tEnc, all.length - 1)]!;
    return {
      ...common,
      preconditioning,
      allSigmas: [],
      sigmas: [],
      timesteps,
      startTimestep,
      steps: made,
      calls: made,
    };
  }
  const allSigmas = sigmasFor(schedule, params, steps.scheduleSteps, { isSdxl: facts.family === 'sdxl' });
  const sigmas = img2imgSigmas(allSigmas, steps);
  const preconditioning =
    params.sampler === 'LCM' ? lcmPreconditioning(schedule) : sigmaPreconditioning(schedule, facts.prediction);
  const made = sigmas.length - 1;
  const calls = made * perStep;
  return { ...common, preconditioning, allSigmas, sigmas, timesteps: [], startTimestep: 0, steps: made, calls };
}
