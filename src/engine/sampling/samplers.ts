import type { SamplerName } from '../../edit/choices.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Denoiser, EpsModel, SamplerRun } from './sampler.ts';
import { sampleDdim, sampleDdimCfgpp, samplePlms } from './samplers/ddim.ts';
import { sampleDpmAdaptive } from './samplers/dpm-adaptive.ts';
import { sampleDpmFast } from './samplers/dpm-fast.ts';
import { type SolverRange, solverRange } from './samplers/dpm-solver.ts';
import { sampleDpm2, sampleDpm2Ancestral } from './samplers/dpm2.ts';
import { sampleDpmpp2m, sampleDpmpp2sAncestral } from './samplers/dpmpp.ts';
import { sampleDpmpp2mSde, sampleDpmpp2mSdeHeun, sampleDpmpp3mSde, sampleDpmppSde } from './samplers/dpmpp-sde.ts';
import { sampleEuler, sampleEulerAncestral } from './samplers/euler.ts';
import { sampleHeun } from './samplers/heun.ts';
import { sampleLcm } from './samplers/lcm.ts';
import { sampleLms } from './samplers/lms.ts';
import { sampleRestart } from './samplers/restart.ts';
import type { TimestepRun } from './samplers/timesteps.ts';
import { sampleUnipc, type UnipcRun } from './samplers/unipc.ts';
import type { Sigmas } from './schedulers.ts';

/** What A1111 knows about a sampler besides its algorithm. */
interface SamplerTraits {
  /** Further names in A1111's API. */
  readonly aliases: readonly string[];
  /** Two model calls per step: prompt schedules are laid out over twice as many calls. */
  readonly secondOrder?: boolean;
  readonly usesBrownianNoise?: boolean;
  /** How many steps it makes depends on what it sees. */
  readonly choosesSteps?: boolean;
  /** ENSD is mentioned in the infotext, unless eta is 0. */
  readonly usesEnsd?: boolean;
  /** What the CFG scale is multiplied by. */
  readonly cfgFactor?: number;
}

/** A sampler over noise levels, in the space x = clean + σ·noise. */
export interface SigmaSampler extends SamplerTraits {
  readonly space: 'sigmas';
  readonly sample: (denoise: Denoiser, x: Tensor, sigmas: Sigmas, run: SamplerRun) => Promise<Tensor>;
}

/** A sampler over training steps, in the space z = √ᾱ·clean + √(1−ᾱ)·noise. */
export interface TimestepSampler extends SamplerTraits {
  readonly space: 'timesteps';
  readonly sample: (
    model: EpsModel,
    z: Tensor,
    timesteps: readonly number[],
    run: TimestepRun & UnipcRun,
  ) => Promise<Tensor>;
}

export type Sampler = SigmaSampler | TimestepSampler;

const k = { space: 'sigmas' } as const;
const vp = { space: 'timesteps' } as const;

/** Every sampler, in A1111's order. Source: A1111 modules/sd_samplers_kdiffusion.py, sd_samplers_timesteps.py, sd_samplers_lcm.py */
export const samplers: Readonly<Record<SamplerName, Sampler>> = {
  'DPM++ 2M': { ...k, aliases: ['k_dpmpp_2m'], sample: sampleDpmpp2m },
  'DPM++ SDE': {
    ...k,
    aliases: ['k_dpmpp_sde'],
    secondOrder: true,
    usesBrownianNoise: true,
    sample: sampleDpmppSde,
  },
  'DPM++ 2M SDE': {
    ...k,
    aliases: ['k_dpmpp_2m_sde'],
    usesBrownianNoise: true,
    sample: sampleDpmpp2mSde,
  },
  'DPM++ 2M SDE Heun': {
    ...k,
    aliases: ['k_dpmpp_2m_sde_heun'],
    usesBrownianNoise: true,
    sample: sampleDpmpp2mSdeHeun,
  },
  'DPM++ 2S a': {
    ...k,
    aliases: ['k_dpmpp_2s_a'],
    secondOrder: true,
    usesEnsd: true,
    sample: sampleDpmpp2sAncestral,
  },
  'DPM++ 3M SDE': {
    ...k,
    aliases: ['k_dpmpp_3m_sde'],
    usesBrownianNoise: true,
    sample: sampleDpmpp3mSde,
  },
  'Euler a': { ...k, aliases: ['k_euler_a', 'k_euler_ancestral'], usesEnsd: true, sample: sampleEulerAncestral },
  Euler: { ...k, aliases: ['k_euler'], sample: sampleEuler },
  LMS: { ...k, aliases: ['k_lms'], sample: sampleLms },
  Heun: { ...k, aliases: ['k_heun'], secondOrder: true, sample: sampleHeun },
  DPM2: {
    ...k,
    aliases: ['k_dpm_2'],
    secondOrder: true,
    sample: sampleDpm2,
  },
  'DPM2 a': {
    ...k,
    aliases: ['k_dpm_2_a'],
    secondOrder: true,
    usesEnsd: true,
    sample: sampleDpm2Ancestral,
  },
  'DPM fast': {
    ...k,
    aliases: ['k_dpm_fast'],
    usesEnsd: true,
    sample: betweenEnds(sampleDpmFast),
  },
  'DPM adaptive': {
    ...k,
    aliases: ['k_dpm_ad'],
    usesEnsd: true,
    choosesSteps: true,
    sample: betweenEnds(sampleDpmAdaptive),
  },
  Restart: { ...k, aliases: ['restart'], secondOrder: true, sample: sampleRestart },
  DDIM: { ...vp, aliases: ['ddim'], sample: sampleDdim },
  'DDIM CFG++': { ...vp, aliases: ['ddim_cfgpp'], cfgFactor: 1 / 12.5, sample: sampleDdimCfgpp },
  PLMS: { ...vp, aliases: ['plms'], sample: samplePlms },
  UniPC: { ...vp, aliases: ['unipc'], sample: sampleUnipc },
  LCM: { ...k, aliases: ['k_lcm'], sample: sampleLcm },
};

/** A solver that looks at nothing but the ends of the levels. */
function betweenEnds(
  solve: (denoise: Denoiser, x: Tensor, range: SolverRange, run: SamplerRun) => Promise<Tensor>,
): SigmaSampler['sample'] {
  return (denoise, x, sigmas, run) => solve(denoise, x, solverRange(sigmas), run);
}
