import type { SamplerName } from '../../edit/choices.ts';
import type { Params } from '../../edit/fields.ts';
import type { SamplerChoice } from '../../edit/sampler-names.ts';
import { settingsOf } from '../../edit/sampler-settings.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { GuidedDenoiser } from './guidance.ts';
import { type Img2imgSteps, img2imgSigmas } from './img2img-steps.ts';
import {
  lcmPreconditioning,
  type Preconditioning,
  type Prediction,
  sigmaPreconditioning,
  timestepPreconditioning,
} from './preconditioning.ts';
import type { SamplerOptions, SamplerRun } from './sampler.ts';
import type { UnipcRun } from './samplers/unipc.ts';
import { samplers } from './samplers.ts';
import type { Schedule } from './schedule.ts';
import type { Sigmas } from './schedulers.ts';
import { type SigmasOptions, scheduleFor, sigmasFor, timestepsFor } from './sigmas.ts';
import { noisedAtAlpha, noisedAtSigma } from './start-latent.ts';

/** Everything about a run that is known before its first model call. */
export interface SamplingPlan {
  readonly sampler: SamplerName;
  readonly schedule: Schedule;
  /** σ of the whole schedule, uncut: what a Brownian path spans. Empty for timestep samplers. */
  readonly sigmas: Sigmas;
  /** What the sampler is given: σ descending, or timesteps ascending. */
  readonly levels: readonly number[];
  /** Where the start latent's noise level is read, for timestep samplers. */
  readonly noiseTimestep: number;
  /** Model calls as A1111 counts them in advance: prompt schedules and progress go by it, real calls may differ by one. */
  readonly totalSteps: number;
  /** Nothing would be painted: the run should be skipped and the init latent kept, without noise. */
  readonly isIdle: boolean;
}

/** Which levels an img2img run goes through. Source: A1111 modules/sd_samplers_kdiffusion.py, sd_samplers_timesteps.py */
export function planImg2img(
  alphas: Float32Array,
  names: SamplerChoice,
  steps: Img2imgSteps,
  options: SigmasOptions & { readonly quantize?: boolean } = {},
): SamplingPlan {
  const { sampler } = names;
  const { scheduleSteps, tEnc } = steps;
  const schedule = scheduleFor(sampler, alphas, { quantize: options.quantize ?? false });
  const totalSteps = (tEnc + 1) * (samplers[sampler].secondOrder ? 2 : 1);
  const common = { sampler, schedule, totalSteps };
  if (scheduleSteps === 0) return { ...common, sigmas: [], levels: [], noiseTimestep: 0, isIdle: true };
  if (samplers[sampler].space === 'sigmas') {
    const sigmas = sigmasFor(schedule, names, scheduleSteps, options);
    return { ...common, sigmas, levels: img2imgSigmas(sigmas, steps), noiseTimestep: 0, isIdle: false };
  }
  const timesteps = timestepsFor(
    options.alwaysDiscardNextToLastSigma ? scheduleSteps + 1 : scheduleSteps,
    alphas.length,
  );
  const isIdle = tEnc < (sampler === 'UniPC' ? 1 : 2);
  return { ...common, sigmas: [], levels: timesteps.slice(0, tEnc), noiseTimestep: timesteps[tEnc]!, isIdle };
}

/** How the plan's sampler looks at a network that predicts ε or v. LCM takes every network for an ε one, as A1111 does. */
export function preconditioningFor({ sampler, schedule }: SamplingPlan, prediction: Prediction): Preconditioning {
  if (sampler === 'LCM') return lcmPreconditioning(schedule);
  if (samplers[sampler].space === 'timesteps') return timestepPreconditioning(schedule.alphas, prediction);
  return sigmaPreconditioning(schedule, prediction);
}

/** How much of a model's noise is gone at a level: 0 … 0.999, by the training step that is nearest. Source: A1111 modules/sd_samplers_common.py `apply_refiner` */
export function progressAt({ sampler, schedule }: Pick<SamplingPlan, 'sampler' | 'schedule'>, level: number): number {
  if (samplers[sampler].space === 'timesteps') return (999 - Math.trunc(level)) / 1000;
  const { sigmas } = schedule;
  const distance = (i: number) => Math.abs(sigmas[i]! - level);
  const nearest = sigmas.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  return (999 - nearest) / 1000;
}

/** The latent an img2img run starts from: init with as much noise as its first level has. */
export function startLatent(plan: SamplingPlan, init: Tensor, noise: Tensor, extraNoise = 0): Tensor {
  return samplers[plan.sampler].space === 'sigmas'
    ? noisedAtSigma(init, noise, plan.levels[0]!, extraNoise)
    : noisedAtAlpha(init, noise, plan.schedule.alphas[plan.noiseTimestep]!, extraNoise);
}

/** A request's sampler settings in k-diffusion's terms: −1 is the sampler's own eta, sTmax 0 is no limit. */
export function samplerOptions(
  sampler: SamplerName,
  { eta, sChurn, sTmin, sTmax, sNoise }: Pick<Params, 'eta' | 'sChurn' | 'sTmin' | 'sTmax' | 'sNoise'>,
): SamplerOptions {
  return {
    eta: eta < 0 ? (settingsOf(sampler).eta?.own ?? 0) : eta,
    sChurn,
    sTmin,
    sTmax: sTmax || Number.POSITIVE_INFINITY,
    sNoise,
  };
}

/** Runs the plan's sampler from a start latent to the painted one. What `guided` throws ends the run. */
export function runPlan(
  plan: SamplingPlan,
  guided: GuidedDenoiser,
  start: Tensor,
  run: SamplerRun & UnipcRun,
): Promise<Tensor> {
  const entry = samplers[plan.sampler];
  if (entry.space === 'timesteps') {
    return entry.sample(guided, start, plan.levels, { ...run, alphas: plan.schedule.alphas });
  }
  return entry.sample(async (x, sigma) => (await guided(x, sigma)).guided, start, plan.levels, run);
}
