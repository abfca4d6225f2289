import { lincomb, scale } from '../tensor/arithmetic.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Schedule } from './schedule.ts';

/** What a network was trained to predict: the noise, or v = √ᾱ·noise − √(1−ᾱ)·clean. */
export type Prediction = 'eps' | 'v';

/**
 * How a network F is made to answer a sampler: what it is given for (x, level), and what is made of its output.
 * `level` is σ in the space of the σ samplers, a training step in that of the timestep samplers.
 */
export interface Preconditioning {
  /** Space of the sampler; decides what `output` is: a clean latent, or ε. */
  readonly space: 'sigmas' | 'timesteps';
  /** The network's input. */
  input(x: Tensor, level: number): Tensor;
  /** The timestep the network is told; fractional for most σ. */
  timestep(level: number): number;
  /** What the sampler wants to know, from x and the network's output. */
  output(x: Tensor, predicted: Tensor, level: number): Tensor;
  /** The clean latent behind such an output, for previews. */
  clean(x: Tensor, output: Tensor, level: number): Tensor;
}

/** For σ samplers. Source: k-diffusion external.py `DiscreteEpsDDPMDenoiser`, `DiscreteVDDPMDenoiser` */
export function sigmaPreconditioning(schedule: Schedule, prediction: Prediction): Preconditioning {
  return {
    space: 'sigmas',
    input: (x, sigma) => scale(1 / Math.sqrt(sigma ** 2 + 1), x),
    timestep: schedule.sigmaToT,
    output: (x, predicted, sigma) => {
      const { cSkip, cOut } = skipAndOut(prediction, sigma);
      return lincomb(cSkip, x, cOut, predicted);
    },
    clean: (_, denoised) => denoised,
  };
}

/** D(x, σ) = cSkip·x + cOut·F. */
export function skipAndOut(prediction: Prediction, sigma: number): { readonly cSkip: number; readonly cOut: number } {
  if (prediction === 'eps') return { cSkip: 1, cOut: -sigma };
  return { cSkip: 1 / (sigma ** 2 + 1), cOut: -sigma / Math.sqrt(sigma ** 2 + 1) };
}

/**
 * For the sampler LCM: boundary conditions of consistency models, with a data deviation of 0.5 and timesteps scaled by 10.
 * Source: Luo et al. 2023 (arXiv 2310.04378), section 4.3; A1111 modules/sd_samplers_lcm.py
 *
 * @param schedule  an LCM schedule
 */
export function lcmPreconditioning(schedule: Schedule): Preconditioning {
  const plain = sigmaPreconditioning(schedule, 'eps');
  return {
    ...plain,
    output: (x, predicted, sigma) => {
      const { cSkip, cOut } = lcmBoundary(schedule.sigmaToT(sigma));
      return lincomb(cSkip + cOut, x, -cOut * sigma, predicted);
    },
  };
}

/** How much of x (all but none) and of the prediction a consistency model's answer at timestep t consists of. */
export function lcmBoundary(t: number): { readonly cSkip: number; readonly cOut: number } {
  const scaled = t * 10;
  const variance = 0.5 ** 2;
  return { cSkip: variance / (scaled ** 2 + variance), cOut: scaled / Math.sqrt(scaled ** 2 + variance) };
}

/** For timestep samplers: ε, whatever the network predicts. Source: A1111 modules/sd_samplers_timesteps.py */
export function timestepPreconditioning(alphas: Float32Array, prediction: Prediction): Preconditioning {
  const alphaAt = (t: number) => alphas[Math.trunc(t)]!;
  return {
    space: 'timesteps',
    input: (z) => z,
    timestep: (t) => t,
    output: (z, predicted, t) => {
      if (prediction === 'eps') return predicted;
      return lincomb(Math.sqrt(alphaAt(t)), predicted, Math.sqrt(1 - alphaAt(t)), z);
    },
    clean: (z, eps, t) => lincomb(1 / Math.sqrt(alphaAt(t)), z, -Math.sqrt((1 - alphaAt(t)) / alphaAt(t)), eps),
  };
}
