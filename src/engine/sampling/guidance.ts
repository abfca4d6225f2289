import { scale, weightedSum } from '../tensor/arithmetic.ts';
import { concatChannels, concatRows, rows, stack } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Conditioning } from './conditioning.ts';
import type { MaskBlend } from './mask-blend.ts';
import type { Preconditioning } from './preconditioning.ts';
import { type Padding, type PromptRow, type PromptStep, promptsAt } from './prompt-step.ts';
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
  return async (x, level) => {
    const step = calls++;
    const { preconditioning, blend } = options;
    const isBlendedBefore = preconditioning.space === 'timesteps';
    const input = blend && isBlendedBefore ? blend(x, level) : x;
    const prompts = promptsFor(options, x.shape[0]!, step);
    const isSkipped = skipsUncond(options, step, level);
    const batch = await evaluate(network, options, { input, level, prompts, isUncondSkipped: isSkipped });
    const guided = combine(options, batch, { input, level, prompts, isUncondSkipped: isSkipped });
    return {
      guided: blend && !isBlendedBefore ? blend(guided, level) : guided,
      uncond: concatRows(batch.uncond),
      preview: preconditioning.clean(input, concatRows(batch.cond.map(([first]) => first!)), level),
    };
  };
}

/** One model call. */
interface Call {
  readonly input: Tensor;
  readonly level: number;
  readonly prompts: readonly PromptStep[];
  readonly isUncondSkipped: boolean;
}

/** Predictions [1, 4, h, w] of one call, by picture. */
interface Answers {
  readonly cond: readonly (readonly Tensor[])[];
  /** The first part's prediction where the negative prompt was skipped. */
  readonly uncond: readonly Tensor[];
  /** InstructPix2Pix only: without text and without picture. */
  readonly blind: readonly Tensor[];
}

function promptsFor({ conditioning, padding }: GuidanceOptions, images: number, step: number): PromptStep[] {
  const each = conditioning.length === 1 ? Array<Conditioning>(images).fill(conditioning[0]!) : conditioning;
  if (each.length !== images) throw new RangeError(`${each.length} conditionings for ${images} pictures`);
  return promptsAt(each, step, padding);
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

async function evaluate(network: Network, options: GuidanceOptions, call: Call): Promise<Answers> {
  const { prompts, isUncondSkipped } = call;
  const condRows = prompts.flatMap(({ parts }, image): Row[] => parts.map((prompt) => ({ image, prompt })));
  const uncondRows = prompts.map(({ uncond }, image): Row => ({ image, prompt: uncond }));
  const blindRows =
    options.imageCfgScale === undefined ? [] : uncondRows.map((row): Row => ({ ...row, isBlind: true }));
  const wanted = isUncondSkipped ? condRows : [...condRows, ...uncondRows, ...blindRows];
  const answers = await askInBatches(network, options, call, wanted);

  const cond = prompts.map((_, image) => answers.filter((_, i) => i < condRows.length && wanted[i]!.image === image));
  const rest = answers.slice(condRows.length);
  const first = cond.map(([prediction]) => prediction!);
  return {
    cond,
    uncond: isUncondSkipped ? first : rest.slice(0, prompts.length),
    blind: isUncondSkipped ? first : rest.slice(prompts.length),
  };
}

/** One prediction [1, 4, h, w] per row: in one batch where the contexts are equally long, else in one batch per length. */
async function askInBatches(
  network: Network,
  options: GuidanceOptions,
  call: Call,
  wanted: readonly Row[],
): Promise<Tensor[]> {
  const lengths = [...new Set(wanted.map(({ prompt }) => prompt.context.shape[0]!))];
  const answers = Array<Tensor>(wanted.length);
  for (const length of lengths) {
    const places = wanted.flatMap(({ prompt }, i) => (prompt.context.shape[0] === length ? [i] : []));
    const batch = await ask(
      network,
      options,
      call,
      places.map((i) => wanted[i]!),
    );
    for (const [j, i] of places.entries()) answers[i] = rows(batch, j, j + 1);
  }
  return answers;
}

async function ask(network: Network, options: GuidanceOptions, call: Call, batch: readonly Row[]): Promise<Tensor> {
  const { preconditioning, imageConditioning: seen } = options;
  const { input, level } = call;
  const forEachRow = (images: Tensor) => concatRows(batch.map(({ image }) => rows(images, image, image + 1)));
  const scaled = forEachRow(preconditioning.input(input, level));
  const pooled = batch.flatMap(({ prompt }) => (prompt.pooled ? [prompt.pooled] : []));
  const predicted = await network(
    seen ? concatChannels(scaled, concatRows(batch.map((row) => imageRow(seen, row)))) : scaled,
    batch.map(() => preconditioning.timestep(level)),
    stack(batch.map(({ prompt }) => prompt.context)),
    pooled.length > 0 ? stack(pooled) : undefined,
  );
  return preconditioning.output(forEachRow(input), predicted, level);
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
      return editGuidance([cond[0]!, uncond, answers.blind[i]!], cfgScale, imageCfgScale);
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

/** Source: Brooks et al. 2022 (arXiv 2211.09800), eq. 3 */
function editGuidance(
  [full, imageOnly, blind]: readonly [full: Tensor, imageOnly: Tensor, blind: Tensor],
  cfgScale: number,
  imageCfgScale: number,
): Tensor {
  return weightedSum([
    [1 - imageCfgScale, blind],
    [imageCfgScale - cfgScale, imageOnly],
    [cfgScale, full],
  ]);
}
