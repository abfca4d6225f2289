import { type SamplerName, timestepSamplers } from './choices.ts';

/** Samplers with eta in the sense of k-diffusion, whose own is 1. */
const ancestral: readonly SamplerName[] = [
  'DPM++ SDE',
  'DPM++ 2M SDE',
  'DPM++ 2M SDE Heun',
  'DPM++ 2S a',
  'DPM++ 3M SDE',
  'Euler a',
  'DPM2 a',
  'DPM fast',
  'DPM adaptive',
];
/** Samplers with DDIM's eta, whose own is 0. */
const implicit: readonly SamplerName[] = ['DDIM', 'DDIM CFG++'];
/** Samplers with Karras' churn. */
const churning: readonly SamplerName[] = ['Euler', 'Heun', 'DPM2'];
/** Ancestral samplers that do not scale their noise. */
const plainNoise: readonly SamplerName[] = ['Euler a', 'DPM adaptive'];
/** Samplers that leave out the last level but one without being asked. */
const discarding: readonly SamplerName[] = ['DPM++ 3M SDE', 'DPM2', 'DPM2 a'];

/** Which settings a sampler looks at; the others have no effect on it. */
export interface SamplerSettings {
  /** What its eta is called in an infotext, and what it is where nobody says; null: it has none. */
  readonly eta: { readonly key: 'Eta' | 'Eta DDIM'; readonly own: number } | null;
  readonly churn: boolean;
  readonly noise: boolean;
  /** Whether it leaves out the last level but one, always; one level more is computed then. */
  readonly discardsNextToLastSigma: boolean;
  /** Whether it walks over a schedule's levels, not over timesteps of its own. */
  readonly schedule: boolean;
}

/** Source: A1111 modules/sd_samplers_kdiffusion.py `sampler_extra_params`, sd_samplers_common.py `initialize` */
export function settingsOf(sampler: SamplerName): SamplerSettings {
  const isAncestral = ancestral.includes(sampler);
  const etaOf = () => (isAncestral ? ({ key: 'Eta', own: 1 } as const) : null);
  return {
    eta: implicit.includes(sampler) ? { key: 'Eta DDIM', own: 0 } : etaOf(),
    churn: churning.includes(sampler),
    noise: churning.includes(sampler) || (isAncestral && !plainNoise.includes(sampler)),
    discardsNextToLastSigma: discarding.includes(sampler),
    schedule: !timestepSamplers.includes(sampler),
  };
}

/** The curvature that a schedule type has by itself; one without curvature has none. */
export function ownRho(scheduleType: string): number | null {
  if (scheduleType === 'Karras') return 7;
  return scheduleType === 'Polyexponential' ? 1 : null;
}
