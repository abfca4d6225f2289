import { automaticScheduler, type SamplerName, type SchedulerName } from '../../edit/choices.ts';
import { settingsOf } from '../../edit/sampler-settings.ts';
import { discreteSchedule, lcmSchedule, type Schedule } from './schedule.ts';
import { type Sigmas, schedulers } from './schedulers.ts';

/** A1111's settings that bend schedules; left out, they are off. */
export interface SigmasOptions {
  /** SDXL has its own Align Your Steps table. */
  readonly isSdxl?: boolean;
  /** Replace the ends of the model's table, where the schedule type looks at them. 0: no. */
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  /** Curvature for Karras and Polyexponential. 0: their own. */
  readonly rho?: number;
  /** Beta's shape; 0.6 each. */
  readonly betaAlpha?: number;
  readonly betaBeta?: number;
  /** 0.1 … 10 in place of the model's ends. */
  readonly useOldKarrasSchedulerSigmas?: boolean;
  /** For every sampler, not only those that do so by nature. */
  readonly alwaysDiscardNextToLastSigma?: boolean;
}

/** The schedule a sampler works on: LCM has its own, all others share the model's. */
export function scheduleFor(sampler: SamplerName, alphas: Float32Array, options?: { quantize?: boolean }): Schedule {
  return sampler === 'LCM' ? lcmSchedule(alphas) : discreteSchedule(alphas, options);
}

/** The schedule type that will be used, Automatic resolved; undefined when the sampler has none of its own. */
export function schedulerFor(sampler: SamplerName, scheduler: SchedulerName): keyof typeof schedulers | undefined {
  return scheduler === 'Automatic' ? automaticScheduler[sampler] : scheduler;
}

/**
 * The noise levels of a whole run of `steps` steps, before img2img cuts off its beginning.
 * Source: A1111 modules/sd_samplers_kdiffusion.py `get_sigmas`
 *
 * @param schedule  as `scheduleFor` gives it
 */
export function sigmasFor(
  schedule: Schedule,
  { sampler, scheduler }: { readonly sampler: SamplerName; readonly scheduler: SchedulerName },
  steps: number,
  options: SigmasOptions = {},
): Sigmas {
  const isDiscarding = settingsOf(sampler).discardsNextToLastSigma || options.alwaysDiscardNextToLastSigma;
  const formula = schedulers[schedulerFor(sampler, scheduler) ?? 'Uniform'];
  const old = options.useOldKarrasSchedulerSigmas;
  const sigmas = formula(isDiscarding ? steps + 1 : steps, {
    schedule,
    sigmaMin: options.sigmaMin || (old ? 0.1 : schedule.sigmaMin),
    sigmaMax: options.sigmaMax || (old ? 10 : schedule.sigmaMax),
    rho: options.rho || undefined,
    isSdxl: options.isSdxl ?? false,
    betaAlpha: options.betaAlpha ?? 0.6,
    betaBeta: options.betaBeta ?? 0.6,
  });
  return isDiscarding ? [...sigmas.slice(0, -2), sigmas.at(-1)!] : sigmas;
}

/**
 * Training steps of a run of the DDIM family, ascending: 1, 1 + s, 1 + 2s … with s = ⌊1000/steps⌋, so there may be more than `steps`.
 * Source: A1111 modules/sd_samplers_timesteps.py
 */
export function timestepsFor(steps: number, trainingSteps = 1000): number[] {
  const stride = Math.max(Math.floor(trainingSteps / steps), 1);
  const timesteps: number[] = [];
  for (let t = 0; t < trainingSteps; t += stride) timesteps.push(Math.min(t + 1, trainingSteps - 1));
  return timesteps;
}
