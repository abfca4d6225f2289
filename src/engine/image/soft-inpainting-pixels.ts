import { type Tensor, tensor } from '../tensor/tensor.ts';
import { gaussianBlur } from './box-blur.ts';
import { toLuma } from './convert.ts';
import { percentileFilter } from './percentile-filter.ts';
import type { Picture, Size } from './picture.ts';
import { resizeImage } from './resize-image.ts';

/** The part of the soft inpainting settings that decides about pixels. */
export interface PixelMaskSettings {
  /** Preservation strength, 0…8. */
  readonly preservationStrength: number;
  /** 0…1: how far the painted mask, rather than the change of the latents, decides. */
  readonly maskInfluence: number;
  /** Change of a latent that counts as half changed, 0…8. */
  readonly differenceThreshold: number;
  /** 0…8 */
  readonly differenceContrast: number;
}

/** Latents before and after sampling, [4, h, w] each, and the latent mask [h, w]. */
export interface LatentChange {
  readonly init: Tensor;
  readonly samples: Tensor;
  readonly nmask: Tensor;
}

/**
 * What is to be taken from the result once it is known how much each latent changed: grey, of the processing size.
 * Source: A1111 extensions-builtin/soft-inpainting `apply_adaptive_masks`
 */
export function adaptiveMask(change: LatentChange, settings: PixelMaskSettings, size: Size): Picture {
  const [height = 0, width = 0] = change.nmask.shape;
  const distance = distances(change);
  const strong = percentileFilter(distance, { low: 0.9, high: 1, minWidth: 1 });
  const smooth = percentileFilter(strong, { low: 0.25, high: 0.75, minWidth: 1 });
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.fround(255 * changed(smooth.data[i]!, change.nmask.data[i]!, settings));
  }
  const mask = resizeImage('resize and fill', { width, height, channels: 1, data }, size);
  return gaussianBlur(toLuma(mask), 4);
}

/** ‖samples − init‖ over the channels: [h, w]. */
function distances({ init, samples, nmask }: LatentChange): Tensor {
  const plane = nmask.data.length;
  const out = new Float32Array(plane);
  for (let i = 0; i < plane; i++) {
    let sum = 0;
    for (let p = i; p < init.data.length; p += plane) sum += (samples.data[p]! - init.data[p]!) ** 2;
    out[i] = Math.sqrt(sum);
  }
  return tensor(out, nmask.shape);
}

/**
 * 0 unchanged … 1 changed, every operation in float32, for truncation makes a level of the last digit.
 * as A1111: no change over a threshold of 0 is NaN, which counts as unchanged.
 */
function changed(distance: number, mask: number, settings: PixelMaskSettings): number {
  const f = Math.fround;
  const { preservationStrength, maskInfluence, differenceThreshold, differenceContrast } = settings;
  const kept = f(1 - f(Math.min(Math.max(mask, 0), 1) ** (preservationStrength / 2)));
  const weighed = f(f(0.5 * (1 - maskInfluence)) + f(kept * f(maskInfluence)));
  const threshold = f(f(differenceThreshold) * f(weighed / f(f(1.00001) - weighed)));
  const q = f(1 / f(1 + f(f(distance / threshold) ** differenceContrast)));
  const result = f(1 - f(f(f(q * q) * q) * f(f(q * f(f(6 * q) - 15)) + 10)));
  return Number.isNaN(result) ? 0 : result;
}
