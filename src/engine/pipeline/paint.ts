import type { Params } from '../../edit/fields.ts';
import { brownianNoise } from '../sampling/brownian.ts';
import type { Conditioning } from '../sampling/conditioning.ts';
import { type Guided, guidedDenoiser, type Network } from '../sampling/guidance.ts';
import { type MaskBlend, maskBlend } from '../sampling/mask-blend.ts';
import type { SamplerOptions, SamplerRun } from '../sampling/sampler.ts';
import { softMaskBlend } from '../sampling/soft-inpainting.ts';
import { noisedAtAlpha, noisedAtSigma } from '../sampling/start-latent.ts';
import { blend, scale } from '../tensor/arithmetic.ts';
import { type ImageRng, imageRng } from '../tensor/image-rng.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { SamplingPlan } from './sampling-plan.ts';

/** What one batch of pictures is painted from. */
export interface Batch {
  /** [B, 4, h, w], masked content already in it. */
  readonly init: Tensor;
  /** [h, w], 1 = repaint; null without a mask. */
  readonly nmask: Tensor | null;
  /** Further input channels of an inpainting checkpoint, [1, C, h, w]. */
  readonly imageConditioning: Tensor | null;
  readonly seeds: readonly number[];
  readonly subseeds: readonly number[];
}

/** Told after every model call, before the next one; rejecting stops the run. `latent` [B, 4, h, w] is the present guess. */
export type OnCall = (latent: Tensor) => Promise<void>;

/** The noise of every picture of a batch, first block first. Source: A1111 modules/rng.py */
export function noiseFor(
  params: Params,
  { seeds, subseeds }: Pick<Batch, 'seeds' | 'subseeds'>,
  shape: readonly number[],
): ImageRng {
  const [, channels = 0, height = 0, width = 0] = shape;
  return imageRng({
    source: params.randnSource,
    shape: [channels, height, width],
    seeds,
    variation: { subseeds, strength: params.subseedStrength },
    seedResizeFrom: { width: params.seedResizeFromW, height: params.seedResizeFromH },
    etaNoiseSeedDelta: params.etaNoiseSeedDelta,
  });
}

/** 0 stands for infinity in A1111's s_tmax. */
function samplerOptions(params: Params, { sampler }: SamplingPlan): SamplerOptions {
  return {
    eta: params.eta >= 0 ? params.eta : sampler.eta,
    sChurn: params.sChurn,
    sTmin: params.sTmin,
    sTmax: params.sTmax === 0 ? Number.POSITIVE_INFINITY : params.sTmax,
    sNoise: params.sNoise,
  };
}

function blendFor(params: Params, init: Tensor, nmask: Tensor | null): MaskBlend | undefined {
  if (!nmask) return undefined;
  return params.softInpainting ? softMaskBlend(init, nmask, params) : maskBlend(init, nmask);
}

async function run(
  plan: SamplingPlan,
  params: Params,
  start: { init: Tensor; noise: Tensor },
  ask: (x: Tensor, level: number) => Promise<Guided>,
  common: SamplerRun,
): Promise<Tensor> {
  const { sampler, sigmas, timesteps, alphas, startTimestep } = plan;
  const { init, noise } = start;
  if (sampler.space === 'sigmas') {
    const x = noisedAtSigma(init, noise, sigmas[0]!, params.extraNoise);
    return await sampler.sample(async (latent, sigma) => (await ask(latent, sigma)).guided, x, sigmas, common);
  }
  // Unlike A1111, which returns a noised latent (DDIM, PLMS) or fails (UniPC) where no step is left to take.
  if (timesteps.length < 2) return init;
  const z = noisedAtAlpha(init, noise, alphas[startTimestep]!, params.extraNoise);
  return await sampler.sample(ask, z, timesteps, { ...common, alphas });
}

/**
 * One batch from start latent to finished latents [B, 4, h, w]: noise, sampling under guidance and mask, final blend.
 * Source: A1111 modules/processing.py `StableDiffusionProcessingImg2Img.sample`
 */
export async function paint(
  network: Network,
  {
    params,
    plan,
    conditioning,
    batch,
    onCall,
  }: { params: Params; plan: SamplingPlan; conditioning: Conditioning; batch: Batch; onCall: OnCall },
): Promise<Tensor> {
  const { init, seeds, nmask, imageConditioning } = batch;
  const rng = noiseFor(params, batch, init.shape);
  const noise = scale(params.initialNoiseMultiplier, rng.next());
  const blending = blendFor(params, init, nmask);
  const guided = guidedDenoiser(network, {
    preconditioning: plan.preconditioning,
    conditioning: [conditioning],
    cfgScale: params.cfgScale * (plan.sampler.cfgFactor ?? 1),
    totalSteps: plan.calls,
    needsUncond: plan.sampler.cfgFactor !== undefined,
    sMinUncond: params.sMinUncond,
    ...(blending && { blend: blending }),
    ...(imageConditioning && { imageConditioning }),
  });
  const ask = async (x: Tensor, level: number) => {
    const answer = await guided(x, level);
    await onCall(answer.preview);
    return answer;
  };
  const { source, shape } = { source: params.randnSource, shape: init.shape.slice(1) };
  const painted = await run(plan, params, { init, noise }, ask, {
    noise: rng,
    options: samplerOptions(params, plan),
    ...(plan.sampler.usesBrownianNoise && { brownian: brownianNoise(plan.allSigmas, { source, shape, seeds }) }),
  });
  return nmask && !params.softInpainting ? blend(init, painted, nmask) : painted;
}
