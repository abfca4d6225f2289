import { type Term, weightedSum } from '../tensor/arithmetic.ts';
import { concatRows, rows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Conditioning } from './conditioning.ts';
import type { MaskBlend } from './mask-blend.ts';
import type { Preconditioning } from './preconditioning.ts';
import { type Padding, type PromptStep, promptSteps } from './prompt-step.ts';
import { layOut, type Portion, type Questions, questionsFor } from './questions.ts';
import { rescaledCfg } from './rescale-cfg.ts';

/**
 * A U-Net: x [N, C, h, w], one (fractional) timestep per row, context [N, T, width] and, for SDXL, pooled text [N, V]
 * → [N, 4, h, w]. x is its own for the time of the call: the next call is written over it.
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
  /** Calls of the run that others made before; by default none. */
  readonly callsBefore?: number;
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
  /** The same for the negative prompt alone, unblended. Computed when it is asked for. */
  readonly uncond: () => Tensor;
  /** Clean latent as the first part of the prompt alone predicts it: what previews show. Computed when it is asked for. */
  readonly preview: () => Tensor;
}

/** One model call per invocation; they are counted from 0, and prompt schedules follow the count. */
export type GuidedDenoiser = (x: Tensor, level: number) => Promise<Guided>;

/**
 * Classifier-free guidance over a batch. What guidance and preconditioning make of the predictions is one sum, since both are linear.
 * Keeps a count of its calls, so make a new one for every run. Source: A1111 modules/sd_samplers_cfg_denoiser.py
 */
export function guidedDenoiser(network: Network, options: GuidanceOptions): GuidedDenoiser {
  const { preconditioning, blend } = options;
  let calls = options.callsBefore ?? 0;
  let promptsOf: ((step: number) => readonly PromptStep[]) | undefined;
  let questions: Questions | undefined;
  return async (x, level) => {
    const step = calls++;
    const isBlendedBefore = preconditioning.space === 'timesteps';
    const input = blend && isBlendedBefore ? blend(x, level) : x;
    promptsOf ??= promptsFor(options, x.shape[0]!);
    const prompts = promptsOf(step);
    const isSkipped = skipsUncond(options, step, level);
    if (questions?.prompts !== prompts || questions.isUncondSkipped !== isSkipped) {
      questions = questionsFor(options, prompts, isSkipped, x.shape);
    }
    const asked = questions;
    const call = { input, level, predictions: await predict(network, preconditioning, { input, level, asked }) };
    const guided = guide(options, asked, call);
    return {
      guided: blend && !isBlendedBefore ? blend(guided, level) : guided,
      uncond: () => answer(preconditioning, call, asked.uncond),
      preview: () => {
        const { x: ofInput, known } = preconditioning.clean(level);
        const first = answer(preconditioning, call, asked.first);
        return ofInput === 0
          ? first
          : weightedSum([
              [ofInput, input],
              [known, first],
            ]);
      },
    };
  };
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

/** One model call, and what came of it. */
interface Call {
  /** [B, 4, h, w] */
  readonly input: Tensor;
  readonly level: number;
  /** The network's, [1, 4, h, w] each, by place. */
  readonly predictions: readonly Tensor[];
}

async function predict(
  network: Network,
  preconditioning: Preconditioning,
  { input, level, asked }: Omit<Call, 'predictions'> & { readonly asked: Questions },
): Promise<readonly Tensor[]> {
  const predictions: Tensor[] = [];
  const timestep = preconditioning.timestep(level);
  for (const batch of asked.batches) {
    layOut(batch, input, preconditioning.inputScale(level));
    const timesteps = batch.rows.map(() => timestep);
    const predicted = await network(batch.input, timesteps, batch.context, batch.pooled);
    for (const [j, place] of batch.places.entries()) predictions[place] = rows(predicted, j, j + 1);
  }
  return predictions;
}

/** What the sampler would be told of each picture, [B, 4, h, w], had the network predicted the sum of these portions. */
function answer(preconditioning: Preconditioning, call: Call, portions: readonly (readonly Portion[])[]): Tensor {
  const { x, known } = preconditioning.output(call.level);
  const images = portions.map((own, i) => {
    const terms = own.map(({ place, weight }): Term => [known * weight, call.predictions[place]!]);
    return weightedSum(x === 0 ? terms : [[x, rows(call.input, i, i + 1)], ...terms]);
  });
  return concatRows(images);
}

function guide({ preconditioning, cfgScale, cfgRescale = 0 }: GuidanceOptions, asked: Questions, call: Call): Tensor {
  if (cfgRescale === 0 || asked.isUncondSkipped || preconditioning.space === 'timesteps') {
    return answer(preconditioning, call, asked.guided);
  }
  const [cond, uncond] = [asked.first, asked.uncond].map((portions) => answer(preconditioning, call, portions));
  return rescaledCfg({ x: call.input, cond: cond!, uncond: uncond!, sigma: call.level, cfgScale }, cfgRescale);
}
