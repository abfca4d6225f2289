import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SamplerName, SchedulerName } from '../../edit/choices.ts';
import { latentMask } from '../../engine/image/mask.ts';
import { toPictures, toPixels } from '../../engine/image/pixels.ts';
import { latentSize } from '../../engine/image/processing-size.ts';
import { type Canvas, prepareCanvas } from '../../engine/pipeline/canvas.ts';
import { composite, softened } from '../../engine/pipeline/composite.ts';
import { stableDiffusionAlphas } from '../../engine/sampling/alphas.ts';
import { brownianNoise } from '../../engine/sampling/brownian.ts';
import { guidedDenoiser } from '../../engine/sampling/guidance.ts';
import { img2imgSteps } from '../../engine/sampling/img2img-steps.ts';
import { jobSeeds } from '../../engine/sampling/job-seeds.ts';
import { type MaskBlend, maskBlend } from '../../engine/sampling/mask-blend.ts';
import {
  planImg2img,
  preconditioningFor,
  runPlan,
  type SamplingPlan,
  samplerOptions,
  startLatent,
} from '../../engine/sampling/plan.ts';
import { samplers } from '../../engine/sampling/samplers.ts';
import { softMaskBlend } from '../../engine/sampling/soft-inpainting.ts';
import { scale } from '../../engine/tensor/arithmetic.ts';
import { type ImageRng, imageRng } from '../../engine/tensor/image-rng.ts';
import { concatRows, row } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import { pictureDifference, readJson, readPicture } from '../img2img/case.ts';
import { canvasOptionsOf, type Processing } from '../img2img/processing.ts';
import { toyDecode, toyEncode } from '../img2img/toy-vae.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import { toyConditioning, toyNetwork } from './toy-network.ts';

const area = 'img2img/sampling';
const LATENT = 2e-4;
const PICTURE = 2;

interface SamplingCase {
  readonly case: string;
  readonly params: Partial<Processing> & {
    readonly sampler_name: SamplerName;
    readonly scheduler?: SchedulerName;
    readonly steps: number;
    readonly denoising_strength: number;
    readonly cfg_scale?: number;
  };
  readonly options: Readonly<Record<string, unknown>>;
  readonly soft_inpainting: (Readonly<Record<string, number>> & { readonly enabled?: unknown }) | null;
  readonly model_calls: number;
}

/** Whole img2img runs with a toy network and a toy VAE, from picture to picture. */
export async function* goldenImg2imgSampling(dir: string): AsyncGenerator<GoldenOutcome> {
  const files = await readdir(dir);
  for (const one of await readJson<SamplingCase[]>(dir, 'cases.json')) {
    yield await attempt(area, one.case, () => runCase(dir, one, files));
  }
}

/** What a run is made from. */
interface Run {
  readonly one: SamplingCase;
  readonly plan: SamplingPlan;
  readonly canvas: Canvas;
  readonly init: Tensor;
  readonly nmask: Tensor | undefined;
  readonly seeds: readonly number[];
}

async function runCase(dir: string, one: SamplingCase, files: readonly string[]): Promise<Check[]> {
  const golden = await readGoldenTensors(join(dir, `${one.case}.safetensors`));
  const run = await prepared(dir, one, files);
  const rng = rngFor(run);
  const noise = rng.next();
  const { network, asked } = toyNetwork();
  const samples = await sampled(run, { rng, noise, network });
  return [
    ['init latent', tensorError(run.init, golden.get('init_latent')), LATENT],
    ['noise', tensorError(noise, golden.get('noise')), LATENT],
    ['nmask', golden.tensors.has('nmask') ? tensorError(run.nmask!, golden.get('nmask')) : 0, LATENT],
    ['first model input', firstInputError(asked[0]?.input, golden), LATENT],
    ['samples', tensorError(samples, golden.get('samples')), LATENT],
    ['model calls', Math.abs(asked.length - one.model_calls), 0],
    ...(await pictureChecks(dir, run, samples, files)),
  ];
}

function firstInputError(input: Tensor | undefined, golden: GoldenTensors): number {
  if (!golden.tensors.has('first_model_input')) return 0;
  return input ? tensorError(input, golden.get('first_model_input')) : Number.POSITIVE_INFINITY;
}

async function prepared(dir: string, one: SamplingCase, files: readonly string[]): Promise<Run> {
  const { params, options } = one;
  const processing: Processing = {
    width: 96,
    height: 80,
    ...params,
    mask_round: params.mask_round ?? one.soft_inpainting === null,
  };
  const maskFile = `${one.case}_mask.png`;
  const source = {
    init: await readPicture(dir, `${one.case}_init.png`),
    mask: files.includes(maskFile) ? await readPicture(dir, maskFile) : null,
  };
  const canvas = await prepareCanvas(source, canvasOptionsOf(processing));
  const batchSize = params.batch_size ?? 1;
  const latent = toyEncode(toPixels([canvas.image]));
  const { sampler_name: sampler, scheduler = 'Automatic', steps, denoising_strength: strength } = params;
  const counted = img2imgSteps(steps, strength, options.img2img_fix_steps === true);
  const counts = { seed: params.seed ?? 1, subseed: 0, subseedStrength: 0, batchSize, batchCount: 1 };
  return {
    one,
    plan: planImg2img(stableDiffusionAlphas(), { sampler, scheduler }, counted),
    canvas,
    init: concatRows(Array.from({ length: batchSize }, () => latent)),
    nmask: canvas.inpaint
      ? latentMask(canvas.inpaint.maskForLatents, latentSize(canvas.size), processing.mask_round ?? true)
      : undefined,
    seeds: jobSeeds(counts)[0]!.seeds,
  };
}

function rngFor({ one, init, seeds }: Run): ImageRng {
  const [, channels = 0, height = 0, width = 0] = init.shape;
  const etaNoiseSeedDelta = numberOf(one, 'eta_noise_seed_delta', 0);
  return imageRng({ source: 'CPU', shape: [channels, height, width], seeds, etaNoiseSeedDelta });
}

/** An option of the case, wherever the manifest keeps it. */
function numberOf({ options, params }: SamplingCase, key: string, otherwise: number): number {
  const value = options[key] ?? (params as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'number' ? value : otherwise;
}

async function sampled(
  run: Run,
  { rng, noise, network }: { rng: ImageRng; noise: Tensor; network: ReturnType<typeof toyNetwork>['network'] },
): Promise<Tensor> {
  const { one, plan, init, seeds } = run;
  const { sampler } = plan;
  const blend = blendOf(run);
  const guided = guidedDenoiser(network, {
    preconditioning: preconditioningFor(plan, 'eps'),
    conditioning: [toyConditioning],
    cfgScale: (one.params.cfg_scale ?? 7) * (samplers[sampler].cfgFactor ?? 1),
    needsUncond: samplers[sampler].cfgFactor !== undefined,
    totalSteps: plan.totalSteps,
    ...(blend ? { blend } : {}),
  });
  const start = startLatent(
    plan,
    init,
    scale(numberOf(one, 'initial_noise_multiplier', 1), noise),
    numberOf(one, 'img2img_extra_noise', 0),
  );
  const painted = await runPlan(plan, guided, start, {
    noise: rng,
    options: samplerOptions(sampler, {
      eta: numberOf(one, 'eta', -1),
      sChurn: numberOf(one, 's_churn', 0),
      sTmin: numberOf(one, 's_tmin', 0),
      sTmax: numberOf(one, 's_tmax', 0),
      sNoise: numberOf(one, 's_noise', 1),
    }),
    ...(samplers[sampler].usesBrownianNoise
      ? { brownian: brownianNoise(plan.sigmas, { source: 'CPU', shape: init.shape.slice(1), seeds }) }
      : {}),
  });
  return blend && !one.soft_inpainting ? blend(painted, 0) : painted;
}

function blendOf({ one, init, nmask }: Run): MaskBlend | undefined {
  if (!nmask) return undefined;
  const soft = one.soft_inpainting;
  if (!soft) return maskBlend(init, nmask);
  return softMaskBlend(init, nmask, {
    softScheduleBias: soft.schedule_bias!,
    softPreservationStrength: soft.preservation_strength!,
    softTransitionContrastBoost: soft.transition_contrast_boost!,
  });
}

async function pictureChecks(dir: string, run: Run, samples: Tensor, files: readonly string[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [i, painted] of toPictures(toyDecode(samples)).entries()) {
    const file = `${run.one.case}_result${i}.png`;
    if (!files.includes(file)) continue;
    const canvas = await canvasFor(run, row(samples, i), i);
    const { image } = await composite(painted, canvas, { overlayInpaint: true, upscale: null });
    checks.push([`picture ${i}`, pictureDifference(image, await readPicture(dir, file)), PICTURE]);
  }
  return checks;
}

/** Soft inpainting decides about the overlay once it is known what changed. */
async function canvasFor({ one, canvas, init, nmask }: Run, samples: Tensor, i: number): Promise<Canvas> {
  const soft = one.soft_inpainting;
  if (!soft || !nmask) return canvas;
  return await softened(
    canvas,
    { init: row(init, i), samples, nmask },
    {
      preservationStrength: soft.preservation_strength!,
      maskInfluence: soft.mask_influence!,
      differenceThreshold: soft.difference_threshold!,
      differenceContrast: soft.difference_contrast!,
    },
  );
}
