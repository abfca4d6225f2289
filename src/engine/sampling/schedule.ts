import { exp32, log32, sqrt32 } from './float32.ts';
import { firstNotBelow } from './sorted.ts';

/** The noise levels a model was trained on, and the way between a level σ and the timestep the network is told. */
export interface Schedule {
  /** ᾱ of all 1000 training steps. */
  readonly alphas: Float32Array;
  /** σ of the steps this schedule may use, ascending; 1000 of them, or 50 for LCM. */
  readonly sigmas: Float32Array;
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  /** Timesteps at the two ends of `sigmas`. */
  readonly tMin: number;
  readonly tMax: number;
  /** Fractional timestep of a noise level; levels outside the table clamp to its ends. */
  sigmaToT(sigma: number): number;
  /** σ of a fractional timestep, interpolated in ln σ. Never quantized. */
  tToSigma(t: number): number;
}

/** σ = √((1 − ᾱ)/ᾱ), float32. */
export function sigmasOf(alphas: Float32Array): Float32Array {
  const f = Math.fround;
  return alphas.map((alpha) => sqrt32(f(f(1 - alpha) / alpha)));
}

/**
 * Schedule over all training steps.
 *
 * @param quantize  timesteps are whole numbers (A1111's option `enable_quantization`)
 * Source: k-diffusion external.py `DiscreteSchedule`
 */
export function discreteSchedule(alphas: Float32Array, { quantize = false } = {}): Schedule {
  const sigmas = sigmasOf(alphas);
  const logSigmas = sigmas.map(log32);
  const last = sigmas.length - 1;
  return {
    alphas,
    sigmas,
    sigmaMin: sigmas[0]!,
    sigmaMax: sigmas[last]!,
    tMin: 0,
    tMax: last,
    sigmaToT: (sigma) => (quantize ? nearest(logSigmas, log32(sigma)) : fractionalIndex(logSigmas, log32(sigma))),
    tToSigma: (t) => exp32(interpolate(logSigmas, t)),
  };
}

const LCM_STEPS = 50;

/**
 * Schedule of latent consistency models: every twentieth training step, timesteps always one of 19, 39 … 999.
 * Source: A1111 modules/sd_samplers_lcm.py
 */
export function lcmSchedule(alphas: Float32Array): Schedule {
  const stride = Math.floor(alphas.length / LCM_STEPS);
  const sigmas = sigmasOf(Float32Array.from({ length: LCM_STEPS }, (_, j) => alphas[stride * (j + 1) - 1]!));
  const logSigmas = sigmas.map(log32);
  const clamped = (t: number) => Math.min(Math.max((t - (stride - 1)) / stride, 0), LCM_STEPS - 1);
  return {
    alphas,
    sigmas,
    sigmaMin: sigmas[0]!,
    sigmaMax: sigmas[LCM_STEPS - 1]!,
    tMin: stride - 1,
    tMax: stride * LCM_STEPS - 1,
    sigmaToT: (sigma) => nearest(logSigmas, log32(sigma)) * stride + stride - 1,
    tToSigma: (t) => exp32(interpolate(logSigmas, Math.fround(clamped(t)))),
  };
}

/** Index of the value nearest to `wanted`; the first of equals. */
function nearest(values: Float32Array, wanted: number): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if (Math.abs(Math.fround(wanted - values[i]!)) < Math.abs(Math.fround(wanted - values[best]!))) best = i;
  }
  return best;
}

/** Where `wanted` lies among ascending values, as a fractional index within 0…length − 1. */
function fractionalIndex(values: Float32Array, wanted: number): number {
  const f = Math.fround;
  const above = firstNotBelow(values, wanted);
  const low = Math.min(Math.max(values[above] === wanted ? above : above - 1, 0), values.length - 2);
  const weight = f(f(values[low]! - wanted) / f(values[low]! - values[low + 1]!));
  const w = Math.min(Math.max(weight, 0), 1);
  return f(f(f(1 - w) * low) + f(w * (low + 1)));
}

/** The value at a fractional index. */
function interpolate(values: Float32Array, index: number): number {
  const f = Math.fround;
  const w = f(index - Math.floor(index));
  return f(f(f(1 - w) * values[Math.floor(index)]!) + f(w * values[Math.ceil(index)]!));
}
