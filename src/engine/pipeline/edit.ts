import { infotextOf } from '../../edit/infotext.ts';
import type { EditedImage, EditOutcome, EditRequest } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import { conditioningMask, maskedPixels, nearestResized } from '../image/conditioning-pixels.ts';
import { encodePng } from '../image/encode.ts';
import { withInfotext } from '../image/infotext-file.ts';
import { resizeLatent } from '../image/latent-resize.ts';
import { latentMask } from '../image/mask.ts';
import type { Picture } from '../image/picture.ts';
import { toPictures, toPixels } from '../image/pixels.ts';
import { latentSize } from '../image/processing-size.ts';
import { resample } from '../image/resample.ts';
import { plainUpscalers } from '../image/upscaler.ts';
import { readPrompts } from '../prompt/prompt.ts';
import type { Tokenize } from '../prompt/tokenizer.ts';
import { stableDiffusionAlphas, zeroTerminalSnr } from '../sampling/alphas.ts';
import type { Conditioning } from '../sampling/conditioning.ts';
import type { Network } from '../sampling/guidance.ts';
import { img2imgSteps } from '../sampling/img2img-steps.ts';
import { type BatchSeeds, jobSeeds } from '../sampling/job-seeds.ts';
import { planImg2img, type SamplingPlan } from '../sampling/plan.ts';
import { samplers } from '../sampling/samplers.ts';
import { schedulerFor } from '../sampling/sigmas.ts';
import { withMaskedContent } from '../sampling/start-latent.ts';
import { concatChannels, concatRows, row, rows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { CheckpointFacts } from '../weights/checkpoint-facts.ts';
import { type Canvas, canvasOptionsFor, prepareCanvas } from './canvas.ts';
import { composite, softened } from './composite.ts';
import { encodePrompts, promptDefaults } from './conditioning.ts';
import { labelVector } from './label-vector.ts';
import type { Checkpoint } from './models.ts';
import { noiseFor, paint } from './paint.ts';
import type { Reporter } from './reporter.ts';

/** The opened model, and what infotext says of it. */
export interface Models {
  readonly checkpoint: Checkpoint;
  readonly tokenize: Tokenize;
  /** First 10 hex digits of the checkpoint's SHA-256. */
  readonly modelHash: string;
  /** Version of this program. */
  readonly version: string;
}

/** The pictures of a request, read. */
export interface Sources {
  readonly init: Picture;
  /** Grey, of the picture's size, 255 = repaint; as `requestMask` makes it. */
  readonly mask: Picture | null;
}

/**
 * One edit from request to PNG files, top to bottom. Latents are [B, 4, H/8, W/8], pixels RGB in [−1, 1].
 * The same request, pictures and model give the same bytes.
 *
 * @throws Refusal 'cancelled', 'out-of-memory', 'prompt-too-long', 'bad-weight', 'unknown-name' for a network the prompt names
 * Source: A1111 modules/processing.py `process_images_inner`
 */
export async function edit(
  models: Models,
  request: EditRequest,
  sources: Sources,
  report: Reporter,
): Promise<EditOutcome<Uint8Array>> {
  const { params } = request;
  const { facts } = models.checkpoint;
  const plan = planFor(request, facts);
  const steps = stepsOf(plan);
  report.plan({ calls: plan.totalSteps * params.batchCount, steps: steps * params.batchCount, family: facts.family });
  report.phase('preparing');
  const canvas = await prepareCanvas(sources, canvasOptionsFor(params, request, upscalerOf(request)));
  const conditioning = await encodeWords(models, request);
  const start = startFrom({ request, encoded: await encodeCanvas(models.checkpoint, request, canvas) });
  report.phase('sampling');
  const painted: Painted[] = [];
  for (const batch of jobSeeds(params)) {
    painted.push(...(await paintBatch(models, { request, plan, conditioning, start, report }, batch)));
  }
  report.phase('decoding');
  const images: EditedImage<Uint8Array>[] = [];
  for (const one of painted) images.push(await finish(models, { request, canvas, start }, one));
  return { images, seconds: report.seconds(), stepsRun: steps };
}

/** Where the exact number of steps is asked for at no strength at all, the shortest plain run is made. */
function planFor({ params }: EditRequest, facts: CheckpointFacts): SamplingPlan {
  const { steps, denoisingStrength, exactSteps } = params;
  const alphas = facts.zeroTerminalSnr ? zeroTerminalSnr(stableDiffusionAlphas()) : stableDiffusionAlphas();
  const cut = img2imgSteps(steps, denoisingStrength, exactSteps && denoisingStrength > 0);
  return planImg2img(alphas, params, cut, { isSdxl: facts.family === 'sdxl' });
}

/** Steps really made: from each level to the next. */
function stepsOf({ levels, isIdle }: SamplingPlan): number {
  return isIdle ? 0 : levels.length - 1;
}

function upscalerOf({ params }: EditRequest) {
  return params.upscaler === 'None' ? null : plainUpscalers[params.upscaler];
}

/** @throws Refusal 'unknown-name' for a LoRA or hypernetwork: there is none to be had */
async function encodeWords(models: Models, { params }: EditRequest): Promise<Conditioning> {
  const read = readPrompts(params);
  const [lora] = read.loras.mentions;
  if (lora) throw new Refusal('unknown-name', { kind: 'LoRA', given: lora.name, nearest: [] });
  const [hypernet] = read.hypernets.mentions;
  if (hypernet) throw new Refusal('unknown-name', { kind: 'hypernetwork', given: hypernet.name, nearest: [] });
  return await encodePrompts(models.tokenize, models.checkpoint.encodeText, {
    ...promptDefaults,
    zeroEmptyNegative: models.checkpoint.facts.family === 'sdxl',
    prompt: read.prompt,
    negativePrompt: read.negativePrompt,
    steps: params.steps * (samplers[params.sampler].secondOrder ? 2 : 1), // not shortened by denoising strength
    clipSkip: params.clipSkip,
  });
}

/** What the picture became for the networks. */
interface Encoded {
  /** [1, 4, h, w]; [B, 4, h, w] once masked content is in it. */
  readonly latent: Tensor;
  /** [h, w], 1 = repaint; null without a mask. */
  readonly nmask: Tensor | null;
  /** Further input channels of inpainting checkpoints, [1, 5, h, w]. */
  readonly imageConditioning: Tensor | null;
}

async function encodeCanvas(checkpoint: Checkpoint, request: EditRequest, canvas: Canvas): Promise<Encoded> {
  const { params } = request;
  const encoded = await checkpoint.encodeImage(toPixels([canvas.image]));
  const size = latentSize(request);
  const latent =
    params.resizeMode === 'latent upscale' && !canvas.inpaint?.pasteTo ? resizeLatent(encoded, size) : encoded;
  const isRounded = params.maskRound && !params.softInpainting;
  const nmask = canvas.inpaint && latentMask(canvas.inpaint.maskForLatents, size, isRounded);
  const isInpainting = checkpoint.facts.variant === 'inpainting';
  return { latent, nmask, imageConditioning: isInpainting ? await seenByModel(checkpoint, request, canvas) : null };
}

/** Mask and masked picture as inpainting checkpoints are shown them. Source: A1111 `inpainting_image_conditioning` */
async function seenByModel(checkpoint: Checkpoint, request: EditRequest, canvas: Canvas): Promise<Tensor> {
  const isRounded = checkpoint.facts.family === 'sdxl' || (request.params.maskRound && !request.params.softInpainting);
  const mask = conditioningMask(canvas.inpaint?.maskForLatents ?? null, request, isRounded);
  const pixels = toPixels([resample(canvas.image, request, 'lanczos')]);
  const latent = await checkpoint.encodeImage(maskedPixels(pixels, mask, 1));
  return concatChannels(nearestResized(mask, latentSize(request)), latent);
}

/** What every batch starts from: [B, 4, h, w], masked content in it. As A1111, later batches take the noise of the first. */
function startFrom({ request, encoded }: { request: EditRequest; encoded: Encoded }): Encoded {
  const { params } = request;
  const latent = concatRows(Array.from({ length: params.batchSize }, () => encoded.latent));
  if (!encoded.nmask) return { ...encoded, latent };
  const plain = { ...params, subseedStrength: 0, seedResizeFromW: 0, seedResizeFromH: 0 };
  const noise = noiseFor(plain, jobSeeds(params)[0]!, latent.shape).next();
  return { ...encoded, latent: withMaskedContent(latent, encoded.nmask, params.maskedContent, noise) };
}

/** SDXL is told sizes besides the pooled text; the others have no pooled text. As A1111 in img2img: the processing size, uncropped. */
function networkOf(checkpoint: Checkpoint, { width, height }: EditRequest): Network {
  const sizes = { original: { width, height }, target: { width, height }, cropTop: 0, cropLeft: 0 };
  return (x, timesteps, context, pooled) =>
    checkpoint.unet(x, timesteps, context, pooled && labelVector(pooled, sizes));
}

/** One finished latent [1, 4, h, w], and its place in the batch. */
interface Painted {
  readonly latent: Tensor;
  readonly pick: number;
  readonly seed: number;
  readonly subseed: number;
}

interface Run {
  readonly request: EditRequest;
  readonly plan: SamplingPlan;
  readonly conditioning: Conditioning;
  readonly start: Encoded;
  readonly report: Reporter;
}

async function paintBatch(
  { checkpoint }: Models,
  { request, plan, conditioning, start, report }: Run,
  { seeds, subseeds }: BatchSeeds,
): Promise<readonly Painted[]> {
  const { params } = request;
  const { latent: init, nmask, imageConditioning } = start;
  const painting = {
    network: networkOf(checkpoint, request),
    prediction: checkpoint.facts.prediction,
    params,
    plan,
    conditioning,
    onCall: report.called,
  };
  const latents = await paint(painting, { init, nmask, imageConditioning, seeds, subseeds });
  return seeds.map((seed, i) => ({ latent: rows(latents, i, i + 1), pick: i, seed, subseed: subseeds[i]! }));
}

interface Finishing {
  readonly request: EditRequest;
  readonly canvas: Canvas;
  readonly start: Encoded;
}

/** Decodes one latent, puts the result together and writes it down. */
async function finish(
  models: Models,
  { request, canvas, start }: Finishing,
  one: Painted,
): Promise<EditedImage<Uint8Array>> {
  const { params } = request;
  const [decoded] = toPictures(await models.checkpoint.decodeLatent(one.latent));
  const isSoft = params.softInpainting && start.nmask !== null;
  const change = isSoft && { init: row(start.latent, one.pick), samples: row(one.latent, 0), nmask: start.nmask! };
  const over = change ? await softened(canvas, change, softPixels(request)) : canvas;
  const { overlayInpaint } = params;
  const { image } = await composite(decoded!, over, { overlayInpaint, upscale: upscalerOf(request) });
  const infotext = infotextOf(request, {
    seed: one.seed,
    subseed: one.subseed,
    modelHash: models.modelHash,
    version: models.version,
    scheduleType: schedulerFor(params.sampler, params.scheduler) ?? 'Automatic',
    usesEtaNoise: samplers[params.sampler].usesEnsd ?? false,
    masked: canvas.inpaint !== null,
    inpaintingModel: start.imageConditioning !== null,
  });
  const file = withInfotext(await encodePng(image), infotext);
  return { image: file, width: image.width, height: image.height, seed: one.seed, infotext };
}

function softPixels({ params }: EditRequest) {
  return {
    preservationStrength: params.softPreservationStrength,
    maskInfluence: params.softMaskInfluence,
    differenceThreshold: params.softDifferenceThreshold,
    differenceContrast: params.softDifferenceContrast,
  };
}
