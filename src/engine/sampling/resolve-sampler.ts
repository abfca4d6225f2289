import { type SamplerName, type SchedulerName, samplerNames, schedulerNames } from '../../edit/choices.ts';
import { samplers } from './samplers.ts';
import { schedulers } from './schedulers.ts';

/** A sampler and its schedule type. */
export interface ResolvedSampler {
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
): ResolvedSampler {
  let name = samplerName;
  let scheduler = schedulerNames.find((label) => label === schedulerName || internalName(label) === schedulerName);
  for (const label of schedulerNames) {
    const ending = spellings(label).find((spelling) => name.endsWith(` ${spelling}`));
    if (ending === undefined) continue;
    name = name.slice(0, -ending.length - 1);
    scheduler = label;
  }
  const sampler = samplerNames.find((known) => known === name) ?? samplerNames[0];
  const isOwn = samplers[sampler].scheduler === scheduler;
  return { sampler, scheduler: scheduler === undefined || (toAutomatic && isOwn) ? 'Automatic' : scheduler };
}

function internalName(label: SchedulerName): string {
  return label === 'Automatic' ? 'automatic' : schedulers[label].name;
}

function spellings(label: SchedulerName): readonly string[] {
  const aliases = label === 'Automatic' ? [] : (schedulers[label].aliases ?? []);
  return [label, internalName(label), ...aliases];
}
