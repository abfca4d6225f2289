import { lincomb } from '../../engine/tensor/arithmetic.ts';
import { row, stack } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import type { GoldenTensors } from '../tensors.ts';

/** A mixture of two Gaussians per pixel, whose perfect denoiser is known; the stand-in for a network in the golden data. */
export interface Mixture {
  /** Means [2, 4, h, w]. */
  readonly means: Tensor;
  readonly weights: readonly number[];
  readonly deviations: readonly number[];
}

/** The mixture an inputs file describes, with the means of that name. */
export function mixtureOf(file: GoldenTensors, means = 'mu'): Mixture {
  const numbers = (key: string) => JSON.parse(file.metadata[key] ?? '[]') as number[];
  return { means: file.get(means), weights: numbers('w'), deviations: numbers('s') };
}

/** The clean latent expected behind x [B, 4, h, w] at noise level σ. */
export function mixtureDenoiser(mixture: Mixture): (x: Tensor, sigma: number) => Tensor {
  return (x, sigma) => stack(Array.from({ length: x.shape[0]! }, (_, i) => denoisedImage(mixture, row(x, i), sigma)));
}

/** The noise in z = √ᾱ·clean + √(1−ᾱ)·noise at the timestep whose σ is given. */
export function mixtureEps(mixture: Mixture): (z: Tensor, sigma: number) => Tensor {
  const denoise = mixtureDenoiser(mixture);
  return (z, sigma) => {
    const x = { ...z, data: z.data.map((value) => value * Math.sqrt(1 + sigma ** 2)) };
    return lincomb(1 / sigma, x, -1 / sigma, denoise(x, sigma));
  };
}

function denoisedImage({ means, weights, deviations }: Mixture, x: Tensor, sigma: number): Tensor {
  const pixels = x.data.length / 4;
  const out = new Float32Array(x.data.length);
  const variances = deviations.map((s) => s ** 2 + sigma ** 2);
  for (let p = 0; p < pixels; p++) {
    const logits = variances.map((v, k) => {
      let squares = 0;
      for (let c = 0; c < 4; c++) squares += (x.data[c * pixels + p]! - means.data[(k * 4 + c) * pixels + p]!) ** 2;
      return Math.log(weights[k]!) - 2 * Math.log(v) - squares / (2 * v);
    });
    const top = Math.max(...logits);
    const shares = logits.map((logit) => Math.exp(logit - top));
    const total = shares.reduce((a, b) => a + b, 0);
    for (let c = 0; c < 4; c++) {
      const i = c * pixels + p;
      out[i] = shares.reduce((sum, share, k) => {
        const mean = means.data[k * 4 * pixels + i]!;
        return sum + ((share / total) * (deviations[k]! ** 2 * x.data[i]! + sigma ** 2 * mean)) / variances[k]!;
      }, 0);
    }
  }
  return { data: out, shape: x.shape };
}
