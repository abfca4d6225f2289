import { automaticScheduler, type SamplerName, type SchedulerName, samplerNames, schedulerNames } from './choices.ts';

/** Further spellings of schedule types: A1111's internal names, and those of old sampler names. Source: A1111 modules/sd_schedulers.py */
export const schedulerSpellings: Readonly<Record<SchedulerName, readonly string[]>> = {
  Automatic: ['automatic'],
  Uniform: ['uniform'],
  Karras: ['karras'],
  Exponential: ['exponential'],
  Polyexponential: ['polyexponential'],
  'SGM Uniform': ['sgm_uniform', 'SGMUniform'],
  'KL Optimal': ['kl_optimal'],
  'Align Your Steps': ['align_your_steps'],
  Simple: ['simple'],
  Normal: ['normal'],
  DDIM: ['ddim'],
  Beta: ['beta'],
  Turbo: ['turbo'],
  'Align Your Steps GITS': ['align_your_steps_GITS'],
  'Align Your Steps 11': ['align_your_steps_11'],
  'Align Your Steps 32': ['align_your_steps_32'],
};

/** A sampler and its schedule type. */
export interface SamplerChoice {
  readonly sampler: SamplerName;
  readonly scheduler: SchedulerName;
}

/**
 * What the names in an infotext or an API request mean. Old combined names ("DPM++ 2M Karras") are taken apart; an unknown sampler
 * becomes the first one, an unknown schedule type Automatic. Case matters.
 * Source: A1111 modules/sd_samplers.py `get_sampler_and_scheduler`
 *
 * @param toAutomatic  a schedule type that is the sampler's own becomes Automatic, as A1111 does when it reads infotexts
 */
export function resolveSampler(
  samplerName: string,
  schedulerName?: string,
  { toAutomatic = false } = {},
): SamplerChoice {
  const called = (label: SchedulerName) => [label, ...schedulerSpellings[label]];
  let name = samplerName;
  let scheduler = schedulerNames.find(
    (label) => label === schedulerName || schedulerSpellings[label][0] === schedulerName,
  );
  for (const label of schedulerNames) {
    const ending = called(label).find((spelling) => name.endsWith(` ${spelling}`));
    if (ending === undefined) continue;
    name = name.slice(0, -ending.length - 1);
    scheduler = label;
  }
  const sampler = samplerNames.find((known) => known === name) ?? samplerNames[0];
  const isOwn = automaticScheduler[sampler] === scheduler;
  return { sampler, scheduler: scheduler === undefined || (toAutomatic && isOwn) ? 'Automatic' : scheduler };
}
