import { stableDiffusionAlphas } from '../../engine/sampling/alphas.ts';
import type { Network } from '../../engine/sampling/guidance.ts';
import type { Prediction } from '../../engine/sampling/preconditioning.ts';
import { discreteSchedule } from '../../engine/sampling/schedule.ts';
import { lincomb, scale } from '../../engine/tensor/arithmetic.ts';
import { row, rows, stack } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { type Mixture, mixtureDenoiser, mixtureEps } from './analytic-model.ts';

/** Which network the golden data's stand-in plays. */
export interface FakeUnetOptions {
  readonly alphas?: Float32Array;
  readonly prediction: Prediction;
  /** What further input channels mean: an inpainting checkpoint's five, or InstructPix2Pix' four. */
  readonly extra: 'none' | 'hybrid' | 'edit';
}

/** The analytic model as a U-Net whose means are moved by the prompt and by further input channels. */
export function fakeUnet(
  mixture: Mixture,
  { alphas = stableDiffusionAlphas(), prediction, extra }: FakeUnetOptions,
): Network {
  const schedule = discreteSchedule(alphas);
  return async (x, timesteps, context, pooled) => {
    const answers = timesteps.map((t, i) => {
      const own = row(x, i);
      const g = mean(row(context, i)) + (pooled ? 0.5 * mean(row(pooled, i)) : 0);
      const z = stack([rows(own, 0, 4)]);
      const moved = movedMixture(mixture, g, addition(rows(own, 4, own.shape[0]!), extra));
      const sigma = schedule.tToSigma(Math.min(Math.max(t, 0), 999));
      return row(predict(moved, z, sigma, prediction), 0);
    });
    return stack(answers);
  };
}

function predict(mixture: Mixture, z: Tensor, sigma: number, prediction: Prediction): Tensor {
  const eps = mixtureEps(mixture)(z, sigma);
  if (prediction === 'eps') return eps;
  const clean = mixtureDenoiser(mixture)(scale(Math.sqrt(1 + sigma ** 2), z), sigma);
  const length = Math.sqrt(1 + sigma ** 2);
  return lincomb(1 / length, eps, -sigma / length, clean);
}

/** What further channels [C, h, w] add to the means [4, h, w]. */
function addition(channels: Tensor, extra: FakeUnetOptions['extra']): Float32Array | undefined {
  if (extra === 'none') return undefined;
  if (extra === 'edit') return channels.data.map((value) => 0.2 * value);
  const mask = rows(channels, 0, 1).data;
  return rows(channels, 1, 5).data.map((value, i) => 0.2 * mask[i % mask.length]! * value);
}

function movedMixture(mixture: Mixture, g: number, added: Float32Array | undefined): Mixture {
  const { means } = mixture;
  const data = means.data.map((mu, i) => mu * (1 + 0.25 * g) + 0.15 * g + (added ? added[i % added.length]! : 0));
  return { ...mixture, means: { data, shape: means.shape } };
}

function mean({ data }: Tensor): number {
  return data.reduce((sum, value) => sum + value, 0) / data.length;
}
