import { join } from 'node:path';
import type { RandnSource, SamplerName, SchedulerName } from '../../edit/choices.ts';
import { downcastAlphas, stableDiffusionAlphas, zeroTerminalSnr } from '../../engine/sampling/alphas.ts';
import { brownianNoise } from '../../engine/sampling/brownian.ts';
import type { Conditioning } from '../../engine/sampling/conditioning.ts';
import { type GuidanceOptions, type Guided, guidedDenoiser, type Network } from '../../engine/sampling/guidance.ts';
import { img2imgSteps } from '../../engine/sampling/img2img-steps.ts';
import { type MaskBlend, maskBlend } from '../../engine/sampling/mask-blend.ts';
import {
  planImg2img,
  preconditioningFor,
  runPlan,
  type SamplingPlan,
  samplerOptions,
  startLatent,
} from '../../engine/sampling/plan.ts';
import type { Prediction } from '../../engine/sampling/preconditioning.ts';
import type { SamplerOptions } from '../../engine/sampling/sampler.ts';
import { samplers } from '../../engine/sampling/samplers.ts';
import { type SigmasOptions, scheduleFor, sigmasFor, timestepsFor } from '../../engine/sampling/sigmas.ts';
import { softMaskBlend } from '../../engine/sampling/soft-inpainting.ts';
import { scale } from '../../engine/tensor/arithmetic.ts';
import { imageRng } from '../../engine/tensor/image-rng.ts';
import { concatChannels, concatRows, row, stack } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { type Check, maxError, maxRelativeError } from '../compare.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import { mixtureOf } from './analytic-model.ts';
import { fakeUnet } from './fake-unet.ts';
import { blocksOf, recordedNoise } from './recorded-noise.ts';
import { sigmasOptions } from './schedules.ts';
import { unipcOf } from './trajectories.ts';

type Entry = { readonly end_at_step: number; readonly text: string };

/** A run of the reference's whole sampling stack, as `stack.json` describes it. */
export interface StackCase {
  readonly sampler: SamplerName;
  readonly scheduler: SchedulerName;
  readonly mode: 'txt2img' | 'img2img';
  readonly steps: number;
  readonly denoising_strength?: number;
  readonly cfg_scale: number;
  readonly eta: number | null;
  readonly seeds: readonly number[];
  readonly parameterization: Prediction;
  readonly sdxl: boolean;
  readonly conditioning_key: string;
  readonly cond_stage_key: string;
  readonly image_cfg_scale: number | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly mask: boolean;
  readonly soft_inpainting: readonly number[] | null;
  readonly cond: readonly (readonly { readonly weight: number; readonly schedule: readonly Entry[] }[])[];
  readonly uncond: readonly (readonly Entry[])[];
  readonly total_steps: number;
  readonly events: readonly (readonly [kind: string, ...numbers: number[]])[];
  readonly calls: readonly { readonly step: number; readonly sigma: number }[];
  readonly sigmas_full?: readonly number[];
  readonly tol_f32: number;
  readonly tol_f32_denoised: number;
}

/** Reads an option of the case, with A1111's default for those it does not set. */
const numberOf = ({ options }: StackCase, key: string, otherwise = 0): number =>
  typeof options[key] === 'number' ? options[key] : otherwise;

/** Runs a case with recorded noise, then checks that our own generators make that noise. */
export async function runStack(dir: string, name: string, golden: StackCase): Promise<Check[]> {
  const inputs = await readGoldenTensors(join(dir, 'stack_inputs.safetensors'));
  const expected = await readGoldenTensors(join(dir, 'stack.safetensors'));
  const plan = planOf(golden);
  const init = stack(Array<Tensor>(golden.seeds.length).fill(inputs.get('x0')));
  const blend = blendOf(golden, init, inputs);
  const guide = guidedDenoiser(networkOf(golden, inputs), guidanceOf(golden, plan, inputs, blend));
  const calls: { level: number; guided: Guided }[] = [];
  const brownian = recordedNoise(
    expected.tensors.has(`${name}.brownian`) ? blocksOf(expected.get(`${name}.brownian`)) : [],
  );
  const draws = blocksOf(expected.get(`${name}.draws`));
  const samples = await runPlan(
    plan,
    async (x, level) => {
      const guided = await guide(x, level);
      calls.push({ level, guided });
      return guided;
    },
    startOf(golden, plan, init, draws[0]!),
    {
      noise: recordedNoise(draws.slice(1)),
      brownian: () => brownian.next(),
      options: optionsOf(golden),
      isImg2img: golden.mode === 'img2img',
      unipc: unipcOf(golden.options),
    },
  );
  const isHard = blend !== undefined && golden.soft_inpainting === null;
  const final = isHard ? blend(samples, 0) : samples;
  const guided = calls.map((call) => call.guided);
  const want = (part: string) => expected.get(`${name}.${part}`).data;
  return [
    ['samples', maxError(samples.data, want('samples')), golden.tol_f32],
    ['final', expected.tensors.has(`${name}.final`) ? maxError(final.data, want('final')) : 0, golden.tol_f32],
    [
      'denoised',
      maxError(concatRows(guided.map((call) => call.guided)).data, want('denoised')),
      golden.tol_f32_denoised,
    ],
    ['preview', maxError(guided.at(-1)!.preview().data, want('preview_last')), golden.tol_f32_denoised],
    [
      'levels of the calls',
      maxRelativeError(
        calls.map(({ level }) => level),
        golden.calls.map(({ sigma }) => sigma),
      ),
      3e-6,
    ],
    ['total steps', Math.abs(plan.totalSteps - golden.total_steps), 0],
    ...(golden.sigmas_full && plan.sigmas.length > 0
      ? [['sigmas', maxRelativeError(plan.sigmas, golden.sigmas_full), 3e-6] as const]
      : []),
    ['draws', drawsError(golden, draws), 1e-6],
    ['Brownian noise', brownianError(golden, expected, name), 1e-5],
  ];
}

/** Deviation of our generators from the recorded draws. Source 'GPU' is not recorded. */
function drawsError(golden: StackCase, draws: readonly Tensor[]): number {
  const [, channels = 0, height = 0, width = 0] = draws[0]!.shape;
  const rng = imageRng({
    source: golden.options.randn_source as RandnSource,
    shape: [channels, height, width],
    seeds: golden.seeds,
    etaNoiseSeedDelta: numberOf(golden, 'eta_noise_seed_delta'),
  });
  return Math.max(...draws.map((draw) => maxError(rng.next().data, draw.data)));
}

/** Deviation of our Brownian path, asked at the recorded times. */
function brownianError(golden: StackCase, expected: GoldenTensors, name: string): number {
  const queries = golden.events.filter(([kind]) => kind === 'b');
  if (queries.length === 0) return 0;
  const recorded = blocksOf(expected.get(`${name}.brownian`));
  const noise = brownianNoise(golden.sigmas_full!.map(Math.fround), {
    source: golden.options.randn_source as RandnSource,
    shape: recorded[0]!.shape.slice(1),
    seeds: golden.seeds,
  });
  const errors = queries.map(([, i, from, to]) =>
    maxError(noise(Math.fround(from!), Math.fround(to!)).data, recorded[i!]!.data),
  );
  return Math.max(...errors);
}

function alphasOf({ options }: StackCase): Float32Array {
  const alphas = stableDiffusionAlphas();
  const downcast = options.use_downcasted_alpha_bar === true ? downcastAlphas(alphas) : alphas;
  return options.sd_noise_schedule === 'Zero Terminal SNR' ? zeroTerminalSnr(downcast) : downcast;
}

function planOf(golden: StackCase): SamplingPlan {
  const { sampler, scheduler, steps, options } = golden;
  const settings = { ...sigmasOptions(options), isSdxl: golden.sdxl, quantize: options.enable_quantization === true };
  if (golden.mode === 'txt2img') return planTxt2img(golden, settings);
  const counted = img2imgSteps(steps, golden.denoising_strength!, options.img2img_fix_steps === true);
  return planImg2img(alphasOf(golden), { sampler, scheduler }, counted, settings);
}

/** A run from pure noise, through the whole schedule. */
function planTxt2img(golden: StackCase, settings: SigmasOptions & { readonly quantize: boolean }): SamplingPlan {
  const { sampler, scheduler, steps } = golden;
  const alphas = alphasOf(golden);
  const schedule = scheduleFor(sampler, alphas, settings);
  const isSigmas = samplers[sampler].space === 'sigmas';
  const sigmas = isSigmas ? sigmasFor(schedule, { sampler, scheduler }, steps, settings) : [];
  // The solvers that look at two ends only take those of the model.
  const isFree = sampler === 'DPM fast' || sampler === 'DPM adaptive';
  const ends = [schedule.sigmaMax, ...Array<number>(Math.max(steps - 2, 0)).fill(1), schedule.sigmaMin, 0];
  return {
    sampler,
    schedule,
    sigmas,
    levels: isSigmas
      ? isFree
        ? ends
        : sigmas
      : timestepsFor(settings.alwaysDiscardNextToLastSigma ? steps + 1 : steps, alphas.length),
    noiseTimestep: 0,
    totalSteps: steps * (samplers[sampler].secondOrder ? 2 : 1),
    isIdle: false,
  };
}

function startOf(golden: StackCase, plan: SamplingPlan, init: Tensor, noise: Tensor): Tensor {
  if (golden.mode === 'img2img') {
    const multiplied = scale(numberOf(golden, 'initial_noise_multiplier', 1), noise);
    return startLatent(plan, init, multiplied, numberOf(golden, 'img2img_extra_noise'));
  }
  if (plan.sigmas.length === 0) return noise;
  const sigma = plan.sigmas[0]!;
  return scale(golden.options.sgm_noise_multiplier === true ? Math.sqrt(1 + sigma ** 2) : sigma, noise);
}

function optionsOf(golden: StackCase): SamplerOptions {
  const isVp = samplers[golden.sampler].space === 'timesteps';
  const eta = isVp ? numberOf(golden, 'eta_ddim', 0) : numberOf(golden, 'eta_ancestral', 1);
  return samplerOptions(golden.sampler, {
    eta: golden.eta ?? eta,
    sChurn: numberOf(golden, 's_churn'),
    sTmin: numberOf(golden, 's_tmin'),
    sTmax: numberOf(golden, 's_tmax'),
    sNoise: numberOf(golden, 's_noise', 1),
  });
}

function blendOf(golden: StackCase, init: Tensor, inputs: GoldenTensors): MaskBlend | undefined {
  if (!golden.mask) return undefined;
  const mask = row(inputs.get('mask'), 0);
  const nmask = { ...mask, data: mask.data.map((keep) => 1 - keep) };
  const [bias, strength, boost] = golden.soft_inpainting ?? [];
  if (bias === undefined || strength === undefined || boost === undefined) return maskBlend(init, nmask);
  return softMaskBlend(init, nmask, {
    softScheduleBias: bias,
    softPreservationStrength: strength,
    softTransitionContrastBoost: boost,
  });
}

function guidanceOf(
  golden: StackCase,
  plan: SamplingPlan,
  inputs: GoldenTensors,
  blend: MaskBlend | undefined,
): GuidanceOptions {
  const { sampler, options, image_cfg_scale: imageCfgScale } = golden;
  const imageConditioning = imageConditioningOf(golden, inputs);
  const padding = paddingOf(golden, inputs);
  return {
    preconditioning: preconditioningFor(plan, golden.parameterization),
    conditioning: conditioningOf(golden, inputs),
    cfgScale: golden.cfg_scale * (samplers[sampler].cfgFactor ?? 1),
    needsUncond: sampler === 'DDIM CFG++',
    totalSteps: golden.total_steps,
    sMinUncond: numberOf(golden, 's_min_uncond'),
    sMinUncondAll: options.s_min_uncond_all === true,
    skipEarlyCond: numberOf(golden, 'skip_early_cond'),
    ...(blend ? { blend } : {}),
    ...(imageConditioning ? { imageConditioning } : {}),
    ...(padding ? { padding } : {}),
    ...(golden.cond_stage_key === 'edit' && imageCfgScale !== null && imageCfgScale !== 1 ? { imageCfgScale } : {}),
  };
}

/** Which of the recorded embeddings a case's texts are looked up in. */
function shelfOf({ sdxl, cond, uncond }: StackCase): string {
  if (sdxl) return 'sdxl';
  const texts = [...cond.flat().flatMap(({ schedule }) => schedule), ...uncond.flat()].map(({ text }) => text.trim());
  return texts.includes('long') ? 'long' : 'sd';
}

function conditioningOf(golden: StackCase, inputs: GoldenTensors): Conditioning[] {
  const shelf = shelfOf(golden);
  const scheduled = ({ end_at_step: endAt, text }: Entry) => {
    const key = `${shelf}/${text.trim() || 'empty'}`;
    if (!golden.sdxl) return { endAt, cond: inputs.get(key) };
    return { endAt, cond: inputs.get(`${key}/crossattn`), pooled: inputs.get(`${key}/vector`) };
  };
  return golden.cond.map((parts, image) => ({
    parts: parts.map(({ weight, schedule }) => ({ weight, schedule: schedule.map(scheduled) })),
    uncond: golden.uncond[image]!.map(scheduled),
  }));
}

function paddingOf(golden: StackCase, inputs: GoldenTensors): GuidanceOptions['padding'] {
  if (golden.options.pad_cond_uncond_v0 === true) return 'match cond';
  return golden.options.pad_cond_uncond === true ? { empty: inputs.get(`${shelfOf(golden)}/empty`) } : undefined;
}

/** What the network sees of the picture: for 'hybrid' the repaint mask and half the init latent, for 'edit' the latter. */
function imageConditioningOf(golden: StackCase, inputs: GoldenTensors): Tensor | undefined {
  const half = stack([scale(0.5, inputs.get('x0'))]);
  if (golden.cond_stage_key === 'edit') return half;
  if (golden.conditioning_key !== 'hybrid') return undefined;
  const mask = inputs.get('mask');
  return concatChannels(stack([{ ...mask, data: mask.data.map((keep) => 1 - keep) }]), half);
}

function networkOf(golden: StackCase, inputs: GoldenTensors): Network {
  const hybrid = golden.conditioning_key === 'hybrid' ? 'hybrid' : 'none';
  return fakeUnet(mixtureOf(inputs), {
    alphas: alphasOf(golden),
    prediction: golden.parameterization,
    extra: golden.cond_stage_key === 'edit' ? 'edit' : hybrid,
  });
}
