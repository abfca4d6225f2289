import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SamplerName, SchedulerName } from '../../edit/choices.ts';
import { resizeLatent } from '../../engine/image/latent-resize.ts';
import { latentMask } from '../../engine/image/mask.ts';
import { toPictures, toPixels } from '../../engine/image/pixels.ts';
import { latentSize } from '../../engine/image/processing-size.ts';
import { type Canvas, prepareCanvas } from '../../engine/pipeline/canvas.ts';
import { composite, softened } from '../../engine/pipeline/composite.ts';
import { stableDiffusionAlphas } from '../../engine/sampling/alphas.ts';
import { brownianNoise } from '../../engine/sampling/brownian.ts';
import { guidedDenoiser } from '../../engine/sampling/guidance.ts';
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
import { samplers } from '../../engine/sampling/samplers.ts';
import { schedulerFor } from '../../engine/sampling/sigmas.ts';
import { softMaskBlend } from '../../engine/sampling/soft-inpainting.ts';
import { withMaskedContent } from '../../engine/sampling/start-latent.ts';
import { scale } from '../../engine/tensor/arithmetic.ts';
import { type ImageRng, type ImageRngOptions, imageRng, startNoise } from '../../engine/tensor/image-rng.ts';
import { concatRows, row } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import { pictureDifference, readJson, readPicture } from '../img2img/case.ts';
import { pipelineInfotexts } from '../img2img/pipeline-infotext.ts';
import { canvasOptionsOf, noiseOptionsOf, type Processing } from '../img2img/processing.ts';
import { toyDecode, toyEncode } from '../img2img/toy-vae.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { sigmasOptions } from '../sampling/schedules.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import { toyConditioning, toyNetwork } from './toy-network.ts';

const area = 'img2img/sampling';
const LATENT = 2e-4;
const PICTURE = 2;

interface SamplingCase {
  readonly case: string;
  readonly infotext?: string;
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
    if (one.infotext !== undefined) yield* infotexts(await prepared(dir, one, files), one.infotext, files);
  }
}

/** What a run is made from. */
interface Run {
  readonly one: SamplingCase;
  readonly processing: Processing;
  readonly plan: SamplingPlan;
  readonly canvas: Canvas;
  readonly init: Tensor;
  readonly nmask: Tensor | undefined;
  readonly noise: ImageRngOptions;
}

/** The infotext of a case's first picture. */
function infotexts(run: Run, infotext: string, files: readonly string[]): AsyncGenerator<GoldenOutcome> {
  const { one, processing, canvas, noise } = run;
  const { sampler_name: sampler, scheduler = 'Automatic', steps, cfg_scale: cfgScale = 7 } = one.params;
  const number = (key: string, otherwise: number) => numberOf(one, key, otherwise);
  const blank = files.includes(`${one.case}_mask.png`) ? 'blank' : 'none';
  const sampling = {
    ...{ sampler, scheduler, steps, cfgScale, extraNoise: number('img2img_extra_noise', 0) },
    ...{ etaNoiseSeedDelta: number('eta_noise_seed_delta', 0), ...settingsOfRun(run) },
  };
  return pipelineInfotexts({
    ...{ area, name: one.case, params: processing, seeds: noise.seeds, infotexts: [infotext] },
    mask: canvas.inpaint ? 'used' : blank,
    given: { ...sampling, ...(one.soft_inpainting && { softInpainting: true, ...softOf(one.soft_inpainting) }) },
    facts: {
      scheduleType: schedulerFor(sampler, scheduler) ?? 'Automatic',
      usesEtaNoise: samplers[sampler].usesEnsd ?? false,
    },
  });
}

function softOf(soft: Readonly<Record<string, unknown>>) {
  const number = (key: string) => Number(soft[key]);
  return {
    softScheduleBias: number('schedule_bias'),
    softPreservationStrength: number('preservation_strength'),
    softTransitionContrastBoost: number('transition_contrast_boost'),
    softMaskInfluence: number('mask_influence'),
    softDifferenceThreshold: number('difference_threshold'),
    softDifferenceContrast: number('difference_contrast'),
  };
}

async function runCase(dir: string, one: SamplingCase, files: readonly string[]): Promise<Check[]> {
  const golden = await readGoldenTensors(join(dir, `${one.case}.safetensors`));
  const run = await prepared(dir, one, files);
  const rng = imageRng({ ...run.noise, etaNoiseSeedDelta: numberOf(one, 'eta_noise_seed_delta', 0) });
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
  const rounded = one.soft_inpainting === null && (params.mask_round ?? true);
  const source = options.randn_source === 'NV' ? 'NV' : 'CPU';
  const processing: Processing = { width: 96, height: 80, randn_source: source, ...params, mask_round: rounded };
  const maskFile = `${one.case}_mask.png`;
  const pictures = {
    init: await readPicture(dir, `${one.case}_init.png`),
    mask: files.includes(maskFile) ? await readPicture(dir, maskFile) : null,
  };
  const wanted = canvasOptionsOf(processing);
  const canvas = await prepareCanvas(pictures, wanted);
  const size = latentSize(canvas.size);
  const latent = resizeLatent(toyEncode(toPixels([canvas.image])), size);
  const init = concatRows(Array.from({ length: params.batch_size ?? 1 }, () => latent));
  const { sampler_name: sampler, scheduler = 'Automatic', steps, denoising_strength: strength } = params;
  const counted = img2imgSteps(steps, strength, options.img2img_fix_steps === true);
  const nmask = canvas.inpaint ? latentMask(canvas.inpaint.maskForLatents, size, rounded) : undefined;
  const noise = noiseOptionsOf(processing, [4, size.height, size.width]);
  const { shape, seeds } = noise;
  const content = nmask && startNoise({ source, shape, seeds });
  return {
    ...{ one, processing, canvas, nmask, noise },
    plan: planImg2img(stableDiffusionAlphas(), { sampler, scheduler }, counted, sigmasOptions(options)),
    init: nmask && content ? withMaskedContent(init, nmask, wanted.maskedContent, content) : init,
  };
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
  const { one, plan, init } = run;
  const { sampler } = plan;
  const blend = blendOf(run);
  const guided = guidedDenoiser(network, {
    preconditioning: preconditioningFor(plan, 'eps'),
    conditioning: [toyConditioning],
    cfgScale: (one.params.cfg_scale ?? 7) * (samplers[sampler].cfgFactor ?? 1),
    needsUncond: samplers[sampler].cfgFactor !== undefined,
    totalSteps: plan.totalSteps,
    sMinUncond: numberOf(one, 's_min_uncond', 0),
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
    options: samplerOptions(sampler, settingsOfRun(run)),
    ...(samplers[sampler].usesBrownianNoise ? { brownian: brownianNoise(plan.sigmas, run.noise) } : {}),
  });
  return blend && !one.soft_inpainting ? blend(painted, 0) : painted;
}

/** Settings of the sampler, a job's before the options of the page. */
function settingsOfRun({ one }: Run) {
  const number = (key: string, otherwise: number) => numberOf(one, key, otherwise);
  const own = one.params.sampler_name.startsWith('DDIM') ? 'eta_ddim' : 'eta_ancestral';
  return {
    eta: number('eta', number(own, -1)),
    sChurn: number('s_churn', 0),
    sTmin: number('s_tmin', 0),
    sTmax: number('s_tmax', 0),
    sNoise: number('s_noise', 1),
  };
}

function blendOf({ one, init, nmask }: Run): MaskBlend | undefined {
  if (!nmask) return undefined;
  const soft = one.soft_inpainting;
  if (!soft) return maskBlend(init, nmask);
  return softMaskBlend(init, nmask, softOf(soft));
}

async function pictureChecks(dir: string, run: Run, samples: Tensor, files: readonly string[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [i, painted] of toPictures(toyDecode(samples)).entries()) {
    const file = `${run.one.case}_result${i}.png`;
    if (!files.includes(file)) continue;
    const canvas = await canvasFor(run, row(samples, i), i);
    const { image } = await composite(painted, canvas, {
      overlayInpaint: run.processing.overlay_inpaint ?? true,
      upscale: canvasOptionsOf(run.processing).upscale,
    });
    checks.push([`picture ${i}`, pictureDifference(image, await readPicture(dir, file)), PICTURE]);
  }
  return checks;
}

/** Soft inpainting decides about the overlay once it is known what changed. */
async function canvasFor({ one, canvas, init, nmask }: Run, samples: Tensor, i: number): Promise<Canvas> {
  const soft = one.soft_inpainting;
  if (!soft || !nmask) return canvas;
  const { softPreservationStrength, softMaskInfluence, softDifferenceThreshold, softDifferenceContrast } = softOf(soft);
  const settings = {
    preservationStrength: softPreservationStrength,
    maskInfluence: softMaskInfluence,
    differenceThreshold: softDifferenceThreshold,
    differenceContrast: softDifferenceContrast,
  };
  return await softened(canvas, { init: row(init, i), samples, nmask }, settings);
}
