import type { Params } from '../../edit/fields.ts';
import { drawerOf, type NoiseRecipe, type RunNoise, runNoise } from '../noise/draws.ts';
import type { NoisePool } from '../noise/noise-pool.ts';
import { rehearse } from '../noise/rehearsal.ts';
import type { Conditioning } from '../sampling/conditioning.ts';
import { type Guided, type GuidedDenoiser, guidedDenoiser, type Network } from '../sampling/guidance.ts';
import { type MaskBlend, maskBlend } from '../sampling/mask-blend.ts';
import {
  preconditioningFor,
  progressAt,
  runPlan,
  type SamplingPlan,
  samplerOptions,
  startLatent,
} from '../sampling/plan.ts';
import type { Prediction } from '../sampling/preconditioning.ts';
import type { Padding } from '../sampling/prompt-step.ts';
import { samplers } from '../sampling/samplers.ts';
import { softMaskBlend } from '../sampling/soft-inpainting.ts';
import { blend, scale } from '../tensor/arithmetic.ts';
import { type ImageRngOptions, startNoise } from '../tensor/image-rng.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** What one batch of pictures is painted from. */
export interface Batch {
  /** [B, 4, h, w], masked content already in it. */
  readonly init: Tensor;
  /** [h, w], 1 = repaint; null without a mask. */
  readonly nmask: Tensor | null;
  /** Further input channels of an inpainting checkpoint, [1 or B, C, h, w]. */
  readonly imageConditioning: Tensor | null;
  readonly seeds: readonly number[];
  readonly subseeds: readonly number[];
}

/** A U-Net, and what it is told. */
export interface Painter {
  readonly network: Network;
  readonly prediction: Prediction;
  readonly conditioning: Conditioning;
  /** What is done where prompt and negative prompt have different lengths. */
  readonly padding?: Padding | undefined;
}

/** One that takes over once so much of the noise is gone. */
export interface Refining {
  readonly at: number;
  readonly takeOver: () => Promise<Painter>;
}

/** A U-Net, and what is asked of it. */
export interface Painting extends Painter {
  /** The image conditioning is the picture to be edited (InstructPix2Pix). */
  readonly isEditing?: boolean;
  readonly refining?: Refining | undefined;
  readonly params: Params;
  readonly plan: SamplingPlan;
  /** Told after every model call, before the next; rejecting stops the run. `latent` makes the present guess, [B, 4, h, w]. */
  readonly onCall: (latent: () => Tensor) => Promise<void>;
  /** Draws the noise while the network computes; without, it is drawn when it is asked for. The numbers are the same. */
  readonly pool?: NoisePool;
}

/** Which noise every picture of a batch gets. Source: A1111 modules/rng.py */
export function noiseOptionsFor(
  params: Params,
  { seeds, subseeds }: Pick<Batch, 'seeds' | 'subseeds'>,
  shape: readonly number[],
): ImageRngOptions {
  const [, channels = 0, height = 0, width = 0] = shape;
  return {
    source: params.randnSource,
    shape: [channels, height, width],
    seeds,
    variation: { subseeds, strength: params.subseedStrength },
    seedResizeFrom: { width: params.seedResizeFromW, height: params.seedResizeFromH },
    etaNoiseSeedDelta: params.etaNoiseSeedDelta,
  };
}

/**
 * One batch from start latent to finished latents [B, 4, h, w]: noise, sampling under guidance and mask, final blend.
 * Source: A1111 modules/processing.py `StableDiffusionProcessingImg2Img.sample`
 */
export async function paint(painting: Painting, batch: Batch): Promise<Tensor> {
  const { params, plan } = painting;
  const { init, nmask } = batch;
  if (plan.isIdle) return init;
  const from = noiseOptionsFor(params, batch, init.shape);
  using drawn = await laterDraws(painting, { ...from, sigmas: plan.sigmas });
  const first = scale(params.initialNoiseMultiplier, startNoise(from));
  const start = startLatent(plan, init, first, params.extraNoise);
  const options = samplerOptions(plan.sampler, params);
  const painted = await runPlan(plan, guidance(painting, batch), start, { ...drawn, options });
  return nmask && !params.softInpainting ? blend(init, painted, nmask) : painted;
}

/** What the sampler draws after the start noise. */
async function laterDraws({ params, plan, pool }: Painting, recipe: NoiseRecipe): Promise<RunNoise & Disposable> {
  if (!pool) return { ...runNoise(drawerOf(recipe)), [Symbol.dispose]() {} };
  return pool.drawAhead(recipe, await rehearse(plan, samplerOptions(plan.sampler, params)));
}

function blendFor(params: Params, { init, nmask }: Batch): MaskBlend | undefined {
  if (!nmask) return undefined;
  return params.softInpainting ? softMaskBlend(init, nmask, params) : maskBlend(init, nmask);
}

/** Source: A1111 modules/sd_samplers_common.py `apply_refiner` */
function guidance(painting: Painting, batch: Batch): (x: Tensor, level: number) => Promise<Guided> {
  const { plan, refining, onCall } = painting;
  let guided = guidedBy(painting, batch, 0);
  let calls = 0;
  let isRefining = false;
  return async (x, level) => {
    if (refining && !isRefining && progressAt(plan, level) >= refining.at) {
      isRefining = true;
      const refiner = { ...painting, ...(await refining.takeOver()), isEditing: false };
      guided = guidedBy(refiner, { ...batch, imageConditioning: null }, calls);
    }
    calls++;
    const answer = await guided(x, level);
    await onCall(answer.preview);
    return answer;
  };
}

function guidedBy(painting: Painting, batch: Batch, callsBefore: number): GuidedDenoiser {
  const { network, prediction, isEditing = false, params, plan, conditioning, padding } = painting;
  const { cfgFactor } = samplers[plan.sampler];
  const { imageConditioning } = batch;
  const blending = blendFor(params, batch);
  return guidedDenoiser(network, {
    preconditioning: preconditioningFor(plan, prediction),
    conditioning: [conditioning],
    cfgScale: params.cfgScale * (cfgFactor ?? 1),
    totalSteps: plan.totalSteps,
    callsBefore,
    needsUncond: cfgFactor !== undefined,
    sMinUncond: params.sMinUncond,
    sMinUncondAll: params.sMinUncondAll,
    skipEarlyCond: params.skipEarlyCond,
    cfgRescale: params.cfgRescale,
    ...(padding && { padding }),
    ...(blending && { blend: blending }),
    ...(imageConditioning && { imageConditioning }),
    ...(isEditing && params.imageCfgScale !== 1 && { imageCfgScale: params.imageCfgScale }), // as A1111: of 1 there is none
  });
}
