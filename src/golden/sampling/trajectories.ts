import { join } from 'node:path';
import type { SamplerName } from '../../edit/choices.ts';
import { stableDiffusionAlphas } from '../../engine/sampling/alphas.ts';
import type { Denoiser, EpsModel, SamplerOptions, SamplerRun, SamplerStep } from '../../engine/sampling/sampler.ts';
import { sampleDpmAdaptive } from '../../engine/sampling/samplers/dpm-adaptive.ts';
import { sampleDpmFast } from '../../engine/sampling/samplers/dpm-fast.ts';
import { sampleHeunPp2 } from '../../engine/sampling/samplers/heun.ts';
import { sampleUnipc, type UnipcOptions, unipcDefaults } from '../../engine/sampling/samplers/unipc.ts';
import { samplers } from '../../engine/sampling/samplers.ts';
import { discreteSchedule } from '../../engine/sampling/schedule.ts';
import { addScaled, blend, lerp, lincomb, scale } from '../../engine/tensor/arithmetic.ts';
import { concatRows, rows, stack } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { type Check, maxError } from '../compare.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import { mixtureDenoiser, mixtureEps, mixtureOf } from './analytic-model.ts';
import { blocksOf, recordedNoise } from './recorded-noise.ts';

/** A sampler run of the reference, as `trajectories.json` describes it. */
export interface TrajectoryCase {
  readonly sampler: string;
  readonly file: string;
  readonly mode: 'txt2img' | 'img2img';
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly mask: boolean;
  readonly sigmas?: readonly number[];
  readonly sigma_min?: number;
  readonly sigma_max?: number;
  readonly n?: number;
  readonly timesteps?: readonly number[];
  readonly noise_timestep?: number;
  readonly x_recorded: 'before' | 'after';
  readonly callbacks: readonly (readonly [i: number, sigma: number, sigmaHat: number])[];
  readonly model_calls: number;
  readonly noise_draws: number;
  readonly tol_f32: number;
  readonly tol_f32_final: number;
}

/** Runs a case on the analytic model with the recorded noise, and compares every state on the way. */
export async function runTrajectory(dir: string, name: string, golden: TrajectoryCase): Promise<Check[]> {
  const inputs = await readGoldenTensors(join(dir, 'inputs.safetensors'));
  const expected = await readGoldenTensors(join(dir, golden.file));
  const bank = recordedNoise(
    blocksOf(inputs.get('noise_bank'))
      .slice(1)
      .map((block) => stack([block])),
  );
  const steps: SamplerStep[] = [];
  const run: SamplerRun = {
    noise: bank,
    brownian: () => bank.next(),
    options: optionsOf(golden),
    onStep: (step) => steps.push(step),
  };
  const start = startOf(golden, inputs);
  const model = countedModel(golden, inputs);
  const end = await sampleCase(golden, model, start, run);

  const states = steps.map(({ x }) => x);
  const got = concatRows(golden.x_recorded === 'before' ? [...states, end] : [start, ...states]);
  const x = expected.get(`${name}.x`);
  const finals = [rows(got, got.shape[0]! - 1, got.shape[0]!), rows(x, x.shape[0]! - 1, x.shape[0]!)] as const;
  const denoised = steps.flatMap((step) => (step.denoised ? [step.denoised] : []));
  return [
    ['x', maxError(got.data, x.data), golden.tol_f32],
    ['final x', maxError(finals[0].data, finals[1].data), golden.tol_f32_final],
    ['denoised', maxError(concatRows(denoised).data, expected.get(`${name}.denoised`).data), golden.tol_f32],
    ['number of model calls', Math.abs(model.calls() - golden.model_calls), 0],
    ['number of draws', Math.abs(bank.draws() - golden.noise_draws), 0],
  ];
}

function sampleCase(golden: TrajectoryCase, model: Model, start: Tensor, run: SamplerRun): Promise<Tensor> {
  const { sampler, sigmas = [], timesteps = [], sigma_min: sigmaMin = 0, sigma_max: sigmaMax = 0, n = 0 } = golden;
  const timestepRun = { ...run, alphas: stableDiffusionAlphas() };
  if (sampler === 'HeunPP2') return sampleHeunPp2(model.denoise, start, sigmas, run);
  if (sampler === 'DPM fast') return sampleDpmFast(model.denoise, start, { sigmaMin, sigmaMax, n }, run);
  if (sampler === 'DPM adaptive') return sampleDpmAdaptive(model.denoise, start, { sigmaMin, sigmaMax }, run);
  if (sampler === 'UniPC') {
    const isImg2img = golden.mode === 'img2img';
    return sampleUnipc(model.eps, start, timesteps, { ...timestepRun, unipc: unipcOf(golden.options), isImg2img });
  }
  const entry = samplers[sampler as SamplerName];
  return entry.space === 'sigmas'
    ? entry.sample(model.denoise, start, sigmas, run)
    : entry.sample(model.eps, start, timesteps, timestepRun);
}

interface Model {
  readonly denoise: Denoiser;
  readonly eps: EpsModel;
  calls(): number;
}

/** The analytic model in both spaces, masked as the case asks, counting its calls. */
function countedModel({ mask, sampler }: TrajectoryCase, inputs: GoldenTensors): Model {
  const schedule = discreteSchedule(stableDiffusionAlphas());
  const [init, keep] = [stack([inputs.get('x0')]), inputs.get('mask')];
  const masked = (x: Tensor) => (mask ? blend(x, init, keep) : x);
  const denoise = mixtureDenoiser(mixtureOf(inputs));
  const [epsCond, epsUncond] = [mixtureEps(mixtureOf(inputs)), mixtureEps(mixtureOf(inputs, 'mu_uncond'))];
  let count = 0;
  return {
    calls: () => count,
    denoise: async (x, sigma) => {
      count++;
      return masked(denoise(x, sigma));
    },
    eps: async (z, t) => {
      count++;
      const sigma = schedule.tToSigma(t);
      const [cond, uncond] = [epsCond(masked(z), sigma), epsUncond(masked(z), sigma)];
      return { guided: sampler === 'DDIM CFG++' ? lerp(uncond, cond, 7 / 12.5) : cond, uncond: () => uncond };
    },
  };
}

function startOf(golden: TrajectoryCase, inputs: GoldenTensors): Tensor {
  const noise = rows(inputs.get('noise_bank'), 0, 1);
  const init = stack([inputs.get('x0')]);
  if (golden.timesteps) {
    if (golden.mode === 'txt2img') return noise;
    const alpha = stableDiffusionAlphas()[golden.noise_timestep!]!;
    return lincomb(Math.sqrt(alpha), init, Math.sqrt(1 - alpha), noise);
  }
  const sigma = golden.sigmas?.[0] ?? golden.sigma_max!;
  return golden.mode === 'txt2img' ? scale(sigma, noise) : addScaled(init, sigma, noise);
}

/** Samplers whose functions leave the noise out when nobody names an eta, whatever A1111 then passes. */
const etaless = ['DPM fast', 'DPM adaptive', 'DDIM', 'DDIM CFG++'];

function optionsOf({ sampler, kwargs }: TrajectoryCase): SamplerOptions {
  const number = (key: string, otherwise: number) => (typeof kwargs[key] === 'number' ? kwargs[key] : otherwise);
  return {
    eta: number('eta', etaless.includes(sampler) ? 0 : 1),
    sChurn: number('s_churn', 0),
    sTmin: number('s_tmin', 0),
    sTmax: number('s_tmax', Number.POSITIVE_INFINITY),
    sNoise: number('s_noise', 1),
  };
}

/** A1111's options of UniPC, its defaults where they are not set. */
export function unipcOf(options: TrajectoryCase['options']): UnipcOptions {
  return {
    variant: (options.uni_pc_variant as UnipcOptions['variant']) ?? unipcDefaults.variant,
    skipType: (options.uni_pc_skip_type as UnipcOptions['skipType']) ?? unipcDefaults.skipType,
    order: (options.uni_pc_order as number) ?? unipcDefaults.order,
    lowerOrderFinal: (options.uni_pc_lower_order_final as boolean) ?? unipcDefaults.lowerOrderFinal,
  };
}
