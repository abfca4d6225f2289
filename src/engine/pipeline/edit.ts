import type { Params } from '../../edit/fields.ts';
import { infotextOf, type NamedHash } from '../../edit/infotext.ts';
import type { EditedImage, EditOutcome, EditRequest } from '../../edit/request.ts';
import { scriptOf } from '../../edit/script.ts';
import { Refusal } from '../../errors.ts';
import { encodePng } from '../image/encode.ts';
import { withInfotext } from '../image/infotext-file.ts';
import type { Picture, Size } from '../image/picture.ts';
import { toPictures } from '../image/pixels.ts';
import { plainUpscalers } from '../image/upscaler.ts';
import type { NoisePool } from '../noise/noise-pool.ts';
import { type ReadPrompts, readPrompts } from '../prompt/prompt.ts';
import { stableDiffusionAlphas, zeroTerminalSnr } from '../sampling/alphas.ts';
import { img2imgSteps } from '../sampling/img2img-steps.ts';
import { type BatchSeeds, jobSeeds } from '../sampling/job-seeds.ts';
import { planImg2img, type SamplingPlan } from '../sampling/plan.ts';
import { samplers } from '../sampling/samplers.ts';
import { schedulerFor } from '../sampling/sigmas.ts';
import { row, rows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { CheckpointFacts } from '../weights/checkpoint-facts.ts';
import { type Canvas, canvasOptionsFor, prepareCanvas } from './canvas.ts';
import { composite, maskResults, softened } from './composite.ts';
import { type Encoded, encodeAll, startFrom } from './encoded.ts';
import type { Job, Made } from './job.ts';
import { withLabels } from './label-vector.ts';
import type { Checkpoint } from './models.ts';
import { type Painter, paint } from './paint.ts';
import { partOf, type Reporter } from './reporter.ts';
import { runScript, strengthsOf } from './scripts.ts';
import { type FindStyles, withStyles } from './styles.ts';
import { encodeWords, type Words, type WordTools } from './words.ts';

/** The opened model, what it works with, and what infotext says of it. */
export interface Models extends WordTools {
  /** Draws noise while the network computes; without, it is drawn when it is asked for. */
  readonly pool?: NoisePool;
  readonly findStyles: FindStyles;
  /** First 10 hex digits of the checkpoint's SHA-256. */
  readonly modelHash: string;
  readonly refiner?: Refiner;
  /** The VAE file in place of the checkpoint's own, with the first 10 hex digits of its SHA-256. */
  readonly vae?: NamedHash;
  /** Version of this program. */
  readonly version: string;
}

/** A checkpoint that takes over near the end of a run. */
export interface Refiner {
  readonly checkpoint: Checkpoint;
  /** Its name, and the first 10 hex digits of its SHA-256 in brackets. */
  readonly title: string;
  /** Makes room for it, or for the first checkpoint again; to be called before either computes after the other. */
  turn(to: 'refiner' | 'checkpoint'): Promise<void>;
}

/** The pictures of a request, read. */
export interface Sources {
  readonly init: Picture;
  /** Grey, of the picture's size, 255 = repaint; as `requestMask` or `sketched` makes it. */
  readonly mask: Picture | null;
}

/**
 * One edit from request to PNG files. The same request, pictures and model give the same bytes.
 *
 * @throws Refusal 'cancelled', 'out-of-memory', 'prompt-too-long', 'bad-weight', 'unknown-name' for a network the prompt names
 * Source: A1111 modules/img2img.py
 */
export async function edit(
  models: Models,
  request: EditRequest,
  sources: Sources,
  report: Reporter,
): Promise<EditOutcome<Uint8Array>> {
  const { width, height } = request;
  const params = await withStyles(request.params, models.findStyles);
  const read = readPrompts(params);
  const { facts } = models.checkpoint;
  const size = { width, height };
  const plans = strengthsOf(params, sources.init, size).map((denoisingStrength) =>
    planFor({ ...params, denoisingStrength }, facts),
  );
  const steps = sum(plans.map(stepsOf));
  report.plan({ calls: sum(plans.map(({ totalSteps }) => totalSteps)), steps, latentSpace: facts.latentSpace });
  report.phase('preparing');
  const { remarks, ...words } = await encodeWords(models, params, read);
  const refine = models.refiner && refinerFor(models, models.refiner, { params, read });
  const studio: Studio = { models, ...words, ...(refine && { refine }) };
  const job: Job = { params, asked: { ...params, ...read.written }, size, init: [sources.init], mask: sources.mask };
  const script = scriptOf(params);
  const made = script
    ? await runScript(script, job, (part) => processImages(studio, part, partOf(report)))
    : await processImages(studio, job, report);
  report.phase('decoding');
  const images: EditedImage<Uint8Array>[] = [];
  for (const one of made) images.push(await written(one));
  return {
    images,
    seconds: report.seconds(),
    stepsRun: steps / params.batchCount,
    ...(remarks.length > 0 && { remarks }),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, v) => total + v, 0);

async function written({ image, infotext, ...made }: Made): Promise<EditedImage<Uint8Array>> {
  const { width, height } = image;
  return { ...made, image: withInfotext(await encodePng(image), infotext), width, height, infotext };
}

/** What all jobs of a request share. */
interface Studio extends Omit<Words, 'remarks'> {
  readonly models: Models;
  /** Has the refiner take over. */
  readonly refine?: (size: Size) => Promise<Painter>;
}

/** @throws Refusal 'weights-unsupported' for one that paints latents of another kind */
function refinerFor(models: Models, refiner: Refiner, { params, read }: { params: Params; read: ReadPrompts }) {
  const { checkpoint, title, turn } = refiner;
  if (checkpoint.facts.latentSpace !== models.checkpoint.facts.latentSpace) {
    throw new Refusal('weights-unsupported', { file: title, why: `it refines no pictures of ${params.checkpoint}` });
  }
  let words: Promise<Words> | undefined;
  return async (size: Size): Promise<Painter> => {
    await turn('refiner');
    words ??= encodeWords({ ...models, checkpoint }, params, read);
    return painterOf(checkpoint, await words, size);
  };
}

function painterOf(
  { unet, facts }: Checkpoint,
  { conditioning, padding }: Omit<Words, 'remarks'>,
  size: Size,
): Painter {
  const labelled = withLabels(conditioning, facts.unet, size);
  return { network: unet, prediction: facts.prediction, conditioning: labelled, padding };
}

/**
 * One job from pictures to pictures, top to bottom. Latents are [B, 4, H/8, W/8], pixels RGB in [−1, 1].
 * Source: A1111 modules/processing.py `process_images_inner`
 */
async function processImages(studio: Studio, job: Job, report: Reporter): Promise<readonly Made[]> {
  const { models } = studio;
  const plan = planFor(job.params, models.checkpoint.facts);
  report.phase('preparing');
  const canvases = await canvasesOf(job);
  const start = startFrom(job, await encodeAll(models.checkpoint, job, canvases));
  report.phase('sampling');
  const painted: Painted[] = [];
  for (const batch of jobSeeds(job.params)) {
    painted.push(...(await paintBatch(studio, { job, plan, start, report }, batch)));
  }
  report.phase('decoding');
  const made: Made[] = [];
  for (const one of painted) {
    made.push(...(await finish(studio, { job, canvas: canvases[one.pick] ?? canvases[0]!, start }, one)));
  }
  return made;
}

/** Every picture to start from, ready to be encoded. */
async function canvasesOf(job: Job): Promise<readonly Canvas[]> {
  const { params, size, mask, latentMask, maskBlur, colorTarget } = job;
  const options = {
    ...canvasOptionsFor(params, size, upscalerOf(params)),
    ...(maskBlur && { maskBlurX: maskBlur.x, maskBlurY: maskBlur.y }),
  };
  const canvases: Canvas[] = [];
  for (const init of job.init) {
    const canvas = await prepareCanvas({ init, mask, ...(latentMask && { latentMask }) }, options);
    canvases.push(colorTarget && params.colorCorrection ? { ...canvas, colorTarget } : canvas);
  }
  return canvases;
}

/** Where the exact number of steps is asked for at no strength at all, the shortest plain run is made. */
function planFor(params: Params, facts: CheckpointFacts): SamplingPlan {
  const { steps, denoisingStrength, exactSteps } = params;
  const alphas = facts.zeroTerminalSnr ? zeroTerminalSnr(stableDiffusionAlphas()) : stableDiffusionAlphas();
  const cut = img2imgSteps(steps, denoisingStrength, exactSteps && denoisingStrength > 0);
  const { sigmaMin, sigmaMax, rho, betaDistAlpha, betaDistBeta, alwaysDiscardNextToLastSigma } = params;
  const bends = { sigmaMin, sigmaMax, rho, betaAlpha: betaDistAlpha, betaBeta: betaDistBeta };
  const isSdxl = facts.family === 'sdxl';
  return planImg2img(alphas, params, cut, { ...bends, alwaysDiscardNextToLastSigma, isSdxl });
}

/** Steps really made: from each level to the next. */
function stepsOf({ levels, isIdle }: SamplingPlan): number {
  return isIdle ? 0 : levels.length - 1;
}

function upscalerOf({ upscaler }: Params) {
  return upscaler === 'None' ? null : plainUpscalers[upscaler];
}

/** One finished latent [1, 4, h, w], and its place in the batch. */
interface Painted {
  readonly latent: Tensor;
  readonly pick: number;
  readonly seed: number;
  readonly subseed: number;
  readonly isRefined: boolean;
}

interface Run {
  readonly job: Job;
  readonly plan: SamplingPlan;
  readonly start: Encoded;
  readonly report: Reporter;
}

async function paintBatch(
  studio: Studio,
  { job, plan, start, report }: Run,
  { seeds, subseeds }: BatchSeeds,
): Promise<readonly Painted[]> {
  const { models, refine } = studio;
  const { checkpoint, pool, refiner } = models;
  const { params, size } = job;
  const { latent: init, nmask, imageConditioning } = start;
  let isRefined = false;
  const takeOver = async () => {
    isRefined = true;
    return await refine!(size);
  };
  const painting = {
    ...painterOf(checkpoint, studio, size),
    ...{ params, plan },
    onCall: report.called,
    isEditing: checkpoint.facts.variant === 'instruct-pix2pix',
    ...(refine && { refining: { at: params.refinerSwitchAt, takeOver } }),
    ...(pool && { pool }),
  };
  const latents = await paint(painting, { init, nmask, imageConditioning, seeds, subseeds });
  if (isRefined) await refiner!.turn('checkpoint');
  return seeds.map((seed, i) => {
    return { latent: rows(latents, i, i + 1), pick: i, seed, subseed: subseeds[i]!, isRefined };
  });
}

interface Finishing {
  readonly job: Job;
  readonly canvas: Canvas;
  readonly start: Encoded;
}

/** Decodes one latent and puts the result together; what was asked for beside it follows. */
async function finish(studio: Studio, { job, canvas, start }: Finishing, one: Painted): Promise<readonly Made[]> {
  const { params } = job;
  const [decoded] = toPictures(await studio.models.checkpoint.decodeLatent(one.latent));
  const isSoft = params.softInpainting && start.nmask !== null;
  const change = isSoft && { init: row(start.latent, one.pick), samples: row(one.latent, 0), nmask: start.nmask! };
  const over = change ? await softened(canvas, change, softPixels(params)) : canvas;
  const { overlayInpaint, returnMask, returnMaskComposite } = params;
  const result = await composite(decoded!, over, { overlayInpaint, upscale: upscalerOf(params) });
  const made = { seed: one.seed, infotext: infotextFor(studio, { job, canvas, start }, one) };
  if (!over.inpaint || !(returnMask || returnMaskComposite)) return [{ ...made, image: result.image }];
  const { mask, maskComposite } = maskResults(result, over.inpaint);
  return [
    { ...made, image: result.image },
    ...(returnMask ? [{ ...made, image: mask, role: 'mask' as const }] : []),
    ...(returnMaskComposite ? [{ ...made, image: maskComposite, role: 'mask composite' as const }] : []),
  ];
}

function infotextFor({ models, extras }: Studio, { job, canvas }: Finishing, one: Painted): string {
  const { modelHash, vae, refiner, version } = models;
  const { sampler, scheduler } = job.params;
  return infotextOf(
    { params: job.asked, ...job.size },
    {
      seed: one.seed,
      subseed: one.subseed,
      modelHash,
      ...(vae && { vae }),
      ...(refiner && one.isRefined && { refiner: refiner.title }),
      version,
      loraHashes: extras.loraHashes,
      embeddingHashes: extras.embeddings.filter(({ hash }) => hash !== ''),
      scheduleType: schedulerFor(sampler, scheduler) ?? 'Automatic',
      usesEtaNoise: samplers[sampler].usesEnsd ?? false,
      mask: canvas.inpaint ? 'used' : job.mask ? 'blank' : 'none',
      inpaintingModel: models.checkpoint.facts.variant === 'inpainting',
      editingModel: models.checkpoint.facts.variant === 'instruct-pix2pix',
    },
  );
}

function softPixels(params: Params) {
  return {
    preservationStrength: params.softPreservationStrength,
    maskInfluence: params.softMaskInfluence,
    differenceThreshold: params.softDifferenceThreshold,
    differenceContrast: params.softDifferenceContrast,
  };
}
