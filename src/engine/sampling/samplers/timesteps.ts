import type { SamplerRun } from '../sampler.ts';

/** What a timestep sampler works with; its `sigma` in `onStep` is the timestep. */
export interface TimestepRun extends SamplerRun {
  /** ᾱ of all training steps. */
  readonly alphas: Float32Array;
}

/** One step of the DDIM family: from timestep t, where ᾱ is `alpha`, to `tNext`, where it is taken to be `next`. */
interface Transfer {
  readonly t: number;
  readonly tNext: number;
  readonly alpha: number;
  readonly next: number;
}

/**
 * The steps over ascending timesteps, highest first; there is none from the lowest timestep on.
 * Source: A1111 modules/sd_samplers_timesteps_impl.py
 */
export function transfers(timesteps: readonly number[], alphas: Float32Array): Transfer[] {
  return timesteps
    .slice(1)
    .map((t, j) => ({ t, tNext: timesteps[j]!, alpha: alphas[t]!, next: alphas[timesteps[j]!]! }))
    .reverse();
}
