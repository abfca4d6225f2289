import type { Schedule } from './schedule.ts';

/** What a network was trained to predict: the noise, or v = √ᾱ·noise − √(1−ᾱ)·clean. */
export type Prediction = 'eps' | 'v';

/** Factors of a sum of the latent x and of what is known beside it: a network's output, or an answer made of one. */
export interface Mix {
  readonly x: number;
  readonly known: number;
}

/**
 * How a network F is made to answer a sampler: what it is given for (x, level), and what is made of its output.
 * `level` is σ in the space of the σ samplers, a training step in that of the timestep samplers.
 */
export interface Preconditioning {
  /** Space of the sampler; decides what `output` is: a clean latent, or ε. */
  readonly space: 'sigmas' | 'timesteps';
  /** Factor on x at the network's input. */
  inputScale(level: number): number;
  /** The timestep the network is told; fractional for most σ. */
  timestep(level: number): number;
  /** What the sampler wants to know, of x and the network's output. A mean of outputs gives the mean of the answers. */
  output(level: number): Mix;
  /** The clean latent of x and such an answer, for previews. */
  clean(level: number): Mix;
}

/** For σ samplers. Source: k-diffusion external.py `DiscreteEpsDDPMDenoiser`, `DiscreteVDDPMDenoiser` */
export function sigmaPreconditioning(schedule: Schedule, prediction: Prediction): Preconditioning {
  return {
    space: 'sigmas',
    inputScale: (sigma) => 1 / Math.sqrt(sigma ** 2 + 1),
    timestep: schedule.sigmaToT,
    output: (sigma) => {
      const { cSkip, cOut } = skipAndOut(prediction, sigma);
      return { x: cSkip, known: cOut };
    },
    clean: () => ({ x: 0, known: 1 }),
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
    output: (sigma) => {
      const { cSkip, cOut } = lcmBoundary(schedule.sigmaToT(sigma));
      return { x: cSkip + cOut, known: -cOut * sigma };
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
    inputScale: () => 1,
    timestep: (t) => t,
    output: (t) => {
      if (prediction === 'eps') return { x: 0, known: 1 };
      return { x: Math.sqrt(1 - alphaAt(t)), known: Math.sqrt(alphaAt(t)) };
    },
    clean: (t) => ({ x: 1 / Math.sqrt(alphaAt(t)), known: -Math.sqrt((1 - alphaAt(t)) / alphaAt(t)) }),
  };
}
