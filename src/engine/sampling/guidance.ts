import { scale, weightedSum } from '../tensor/arithmetic.ts';
import { concatChannels, concatRows, rows, stack } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Conditioning } from './conditioning.ts';
import type { MaskBlend } from './mask-blend.ts';
import type { Preconditioning } from './preconditioning.ts';
import { type Padding, type PromptRow, type PromptStep, promptSteps } from './prompt-step.ts';
import { rescaledCfg } from './rescale-cfg.ts';

/**
 * A U-Net: x [N, C, h, w], one (fractional) timestep per row, context [N, T, width] and, for SDXL, pooled text [N, V]
 * → [N, 4, h, w].
 */
export type Network = (x: Tensor, timesteps: readonly number[], context: Tensor, pooled?: Tensor) => Promise<Tensor>;

/** How the network is asked, and what is made of its answers. */
export interface GuidanceOptions {
  readonly preconditioning: Preconditioning;
  /** One for every picture of the batch, or a single one for all. */
  readonly conditioning: readonly Conditioning[];
  readonly cfgScale: number;
  /** Model calls planned for the run; only `skipEarlyCond` looks at it. */
  readonly totalSteps: number;
  readonly blend?: MaskBlend;
  /** Further input channels of inpainting checkpoints, [B or 1, C, h, w]. */
  readonly imageConditioning?: Tensor;
  /** The negative prompt's own prediction is wanted (DDIM CFG++), so it may not be saved. */
  readonly needsUncond?: boolean;
  /** NGMS: below this σ every other call goes without the negative prompt; 0: never. */
  readonly sMinUncond?: number;
  /** NGMS at every call, not only every other. */
  readonly sMinUncondAll?: boolean;
  /** The first share of the run goes without the negative prompt; 0: none. */
  readonly skipEarlyCond?: number;
  readonly padding?: Padding;
  /** 0…1: see `rescaledCfg`; σ samplers only. */
  readonly cfgRescale?: number;
  /** InstructPix2Pix: weight of the picture against the text; the image conditioning is the picture. */
  readonly imageCfgScale?: number;
}

/** What one guided call found out. */
export interface Guided {
  /** The clean latent for σ samplers, ε for timestep samplers; blended with the mask for the former. */
  readonly guided: Tensor;
  /** The same for the negative prompt alone, unblended. */
  readonly uncond: Tensor;
  /** Clean latent as the first part of the prompt alone predicts it: what previews show and an interrupted run returns. */
  readonly preview: Tensor;
}

/** One model call per invocation; they are counted from 0, and prompt schedules follow the count. */
export type GuidedDenoiser = (x: Tensor, level: number) => Promise<Guided>;

/**
 * Classifier-free guidance over a batch: out = uncond + Σ wₖ·scale·(condₖ − uncond) per picture, k over the parts joined by AND.
 * Keeps a count of its calls, so make a new one for every run. Source: A1111 modules/sd_samplers_cfg_denoiser.py
 */
export function guidedDenoiser(network: Network, options: GuidanceOptions): GuidedDenoiser {
  let calls = 0;
  let promptsOf: ((step: number) => readonly PromptStep[]) | undefined;
  let questions: Questions | undefined;
  return async (x, level) => {
    const step = calls++;
    const { preconditioning, blend } = options;
    const isBlendedBefore = preconditioning.space === 'timesteps';
    const input = blend && isBlendedBefore ? blend(x, level) : x;
    promptsOf ??= promptsFor(options, x.shape[0]!);
    const prompts = promptsOf(step);
    const isSkipped = skipsUncond(options, step, level);
    if (questions?.prompts !== prompts || questions.isUncondSkipped !== isSkipped) {
      questions = questionsFor(options, prompts, isSkipped);
    }
    const call = { input, level, ...questions };
    const answers = await evaluate(network, options, call);
    const guided = combine(options, answers, call);
    return {
      guided: blend && !isBlendedBefore ? blend(guided, level) : guided,
      uncond: concatRows(answers.uncond),
      preview: preconditioning.clean(input, concatRows(answers.cond.map(([first]) => first!)), level),
    };
  };
}

/** What the network is asked, call after call, until a prompt changes. */
interface Questions {
  readonly prompts: readonly PromptStep[];
  readonly isUncondSkipped: boolean;
  /** How many predictions there are in all. */
  readonly count: number;
  readonly batches: readonly RowBatch[];
}

/** One model call. */
interface Call extends Questions {
  readonly input: Tensor;
  readonly level: number;
}

/** Predictions [1, 4, h, w] of one call, by picture. */
interface Answers {
  readonly cond: readonly (readonly Tensor[])[];
  /** The first part's prediction where the negative prompt was skipped. */
  readonly uncond: readonly Tensor[];
  /** InstructPix2Pix only: without text and without picture. */
  readonly blind: readonly Tensor[];
}

function promptsFor({ conditioning, padding }: GuidanceOptions, images: number) {
  const each = conditioning.length === 1 ? Array<Conditioning>(images).fill(conditioning[0]!) : conditioning;
  if (each.length !== images) throw new RangeError(`${each.length} conditionings for ${images} pictures`);
  return promptSteps(each, padding);
}

function skipsUncond(options: GuidanceOptions, step: number, level: number): boolean {
  const { skipEarlyCond = 0, sMinUncond = 0, sMinUncondAll = false } = options;
  const isEdit = options.imageCfgScale !== undefined;
  if (skipEarlyCond !== 0 && step / options.totalSteps <= skipEarlyCond) return true;
  if ((step % 2 === 1 || sMinUncondAll) && sMinUncond > 0 && level < sMinUncond && !isEdit) return true;
  // Guidance of scale 1 by one plain prompt is that prompt's own prediction.
  const isPlain = options.conditioning.every(({ parts }) => parts.length === 1 && parts[0]!.weight === 1);
  return options.cfgScale === 1 && isPlain && !isEdit && !options.needsUncond && !options.cfgRescale;
}

/** A row of a batch: which picture it belongs to, what it is told, and whether its image conditioning is hidden from it. */
interface Row {
  readonly image: number;
  readonly prompt: PromptRow;
  readonly isBlind?: boolean;
}

/** Rows that go through the network together: their contexts are equally long. */
interface RowBatch {
  readonly rows: readonly Row[];
  /** Where their predictions belong: those of all prompts, of all negative prompts, of all blind ones. */
  readonly places: readonly number[];
  /** [N, T, width] */
  readonly context: Tensor;
  readonly pooled: Tensor | undefined;
}

/** One batch where the contexts are equally long, else one for each length. */
function questionsFor(
  { imageCfgScale }: GuidanceOptions,
  prompts: readonly PromptStep[],
  isUncondSkipped: boolean,
): Questions {
  const condRows = prompts.flatMap(({ parts }, image): Row[] => parts.map((prompt) => ({ image, prompt })));
  const uncondRows = prompts.map(({ uncond }, image): Row => ({ image, prompt: uncond }));
  const blindRows = imageCfgScale === undefined ? [] : uncondRows.map((row): Row => ({ ...row, isBlind: true }));
  const wanted = isUncondSkipped ? condRows : [...condRows, ...uncondRows, ...blindRows];
  const lengths = new Set(wanted.map(({ prompt }) => prompt.context.shape[0]!));
  const batches = Array.from(lengths, (length): RowBatch => {
    const places = wanted.flatMap(({ prompt }, i) => (prompt.context.shape[0] === length ? [i] : []));
    const chosen = places.map((i) => wanted[i]!);
    const pooled = chosen.flatMap(({ prompt }) => (prompt.pooled ? [prompt.pooled] : []));
    const context = stack(chosen.map(({ prompt }) => prompt.context));
    return { rows: chosen, places, context, pooled: pooled.length > 0 ? stack(pooled) : undefined };
  });
  return { prompts, isUncondSkipped, count: wanted.length, batches };
}

async function evaluate(network: Network, options: GuidanceOptions, call: Call): Promise<Answers> {
  const { prompts, isUncondSkipped, count, batches } = call;
  const answers = Array<Tensor>(count);
  for (const batch of batches) {
    const predictions = await ask(network, options, call, batch);
    for (const [j, i] of batch.places.entries()) answers[i] = predictions[j]!;
  }
  const rest = [...answers];
  const cond = prompts.map(({ parts }) => rest.splice(0, parts.length));
  const first = cond.map(([prediction]) => prediction!);
  return {
    cond,
    uncond: isUncondSkipped ? first : rest.slice(0, prompts.length),
    blind: isUncondSkipped ? first : rest.slice(prompts.length),
  };
}

/** One prediction [1, 4, h, w] per row. */
async function ask(network: Network, options: GuidanceOptions, call: Call, batch: RowBatch): Promise<Tensor[]> {
  const { preconditioning, imageConditioning: seen } = options;
  const { input, level } = call;
  const ofImage = (images: Tensor, { image }: Row) => rows(images, image, image + 1);
  const own = preconditioning.input(input, level);
  const scaled = concatRows(batch.rows.map((row) => ofImage(own, row)));
  const predicted = await network(
    seen ? concatChannels(scaled, concatRows(batch.rows.map((row) => imageRow(seen, row)))) : scaled,
    batch.rows.map(() => preconditioning.timestep(level)),
    batch.context,
    batch.pooled,
  );
  return batch.rows.map((row, j) => preconditioning.output(ofImage(input, row), rows(predicted, j, j + 1), level));
}

function imageRow(conditioning: Tensor, { image, isBlind = false }: Row): Tensor {
  const i = conditioning.shape[0] === 1 ? 0 : image;
  const own = rows(conditioning, i, i + 1);
  return isBlind ? scale(0, own) : own;
}

function combine(options: GuidanceOptions, answers: Answers, call: Call): Tensor {
  const { cfgScale, imageCfgScale, cfgRescale = 0 } = options;
  const isGuided = !call.isUncondSkipped;
  const strength = isGuided ? cfgScale : 1;
  const images = answers.uncond.map((uncond, i) => {
    const cond = answers.cond[i]!;
    if (imageCfgScale !== undefined && isGuided) {
      const { parts } = call.prompts[i]!;
      const texts = cond.map((c, j) => [c, parts.length === 1 ? 1 : parts[j]!.weight] as const); // as A1111: a single weight does not count
      return editGuidance({ texts, uncond, blind: answers.blind[i]! }, cfgScale, imageCfgScale);
    }
    const weights = call.prompts[i]!.parts.map(({ weight }) => weight * strength);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weightedSum([[1 - total, uncond], ...cond.map((c, j) => [weights[j]!, c] as const)]);
  });
  if (cfgRescale === 0 || !isGuided || options.preconditioning.space === 'timesteps') return concatRows(images);
  const cond = concatRows(answers.cond.map(([first]) => first!));
  const uncond = concatRows(answers.uncond);
  return rescaledCfg({ x: call.input, cond, uncond, sigma: call.level, cfgScale }, cfgRescale);
}

/** What InstructPix2Pix predicts: with picture and text, with the picture alone, with neither. */
interface EditAnswers {
  readonly texts: readonly (readonly [prediction: Tensor, weight: number])[];
  readonly uncond: Tensor;
  readonly blind: Tensor;
}

/** Unlike in A1111 there may be several texts, joined by AND. Source: Brooks et al. 2022 (arXiv 2211.09800), eq. 3 */
function editGuidance({ texts, uncond, blind }: EditAnswers, cfgScale: number, imageCfgScale: number): Tensor {
  const total = texts.reduce((sum, [, weight]) => sum + weight, 0);
  return weightedSum([
    [1 - imageCfgScale, blind],
    [imageCfgScale - cfgScale * total, uncond],
    ...texts.map(([prediction, weight]) => [cfgScale * weight, prediction] as const),
  ]);
}
