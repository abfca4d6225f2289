import type { Tensor } from '../tensor/tensor.ts';

/** The clean latent predicted for x [B, 4, h, w] = clean + σ·noise. */
export type Denoiser = (x: Tensor, sigma: number) => Promise<Tensor>;

/** A guided prediction of the noise ε in z [B, 4, h, w] = √ᾱ·clean + √(1−ᾱ)·ε at training step t (may be fractional). */
export type EpsModel = (z: Tensor, t: number) => Promise<EpsPrediction>;

/** ε after guidance; on demand, ε of the negative prompt alone. */
export interface EpsPrediction {
  readonly guided: Tensor;
  readonly uncond: () => Tensor;
}

/** Standard normals in the shape of the latents; every draw is another block. */
export interface NoiseSource {
  next(): Tensor;
  /** Counts as a draw whose values nobody needs. */
  skip(): void;
}

/** Unit-variance noise for the way from one σ to another, the same for the same way however often it is asked. */
export type IntervalNoise = (sigma: number, next: number) => Tensor;

/** How a sampler is tuned; names are k-diffusion's. */
export interface SamplerOptions {
  /** Share of fresh noise per step, 0 (none, the ODE) … 1. */
  readonly eta: number;
  /** Amount of stochasticity of Karras et al. 2022, algorithm 2; acts where sTmin ≤ σ ≤ sTmax. */
  readonly sChurn: number;
  readonly sTmin: number;
  readonly sTmax: number;
  /** Factor on fresh noise. */
  readonly sNoise: number;
}

/** What happened in one iteration of a sampler. */
export interface SamplerStep {
  readonly i: number;
  readonly sigma: number;
  /** σ the network was asked at, after churn. */
  readonly sigmaHat: number;
  readonly x: Tensor;
  /** Undefined where nothing was predicted for this x. */
  readonly denoised: Tensor | undefined;
}

/** What a sampler works with besides latents and levels. */
export interface SamplerRun {
  readonly noise: NoiseSource;
  /** Needed by the four SDE samplers only. */
  readonly brownian?: IntervalNoise;
  readonly options: SamplerOptions;
  /** Called once per iteration, by σ samplers with x before the step, by timestep samplers and DPM adaptive with x after it. */
  readonly onStep?: (step: SamplerStep) => void;
}

/** [σ₀, σ₁], [σ₁, σ₂] …: where each iteration starts and ends. */
export function pairs(sigmas: readonly number[]): (readonly [sigma: number, next: number])[] {
  return sigmas.slice(1).map((next, i) => [sigmas[i]!, next] as const);
}
