import type { Tensor } from './tensor.ts';

/**
 * Spherical interpolation of two noises [C, H, W], `low` at 0 and `high` at 1, with one angle per channel and column.
 * as A1111: the vectors run along the height, and nearly parallel noises (mean cosine > 0.9995) are mixed linearly with the
 * weights the wrong way round. Source: A1111 modules/rng.py `slerp`
 */
export function slerp(t: number, low: Tensor, high: Tensor): Tensor {
  const [channels = 0, height = 0, width = 0] = low.shape;
  if (high.shape.join() !== low.shape.join()) throw new RangeError(`slerp of [${low.shape}] and [${high.shape}]`);
  const cosines = columnCosines(low, high);
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
  const out = new Float32Array(low.data.length);
  for (let c = 0; c < channels; c++) {
    for (let x = 0; x < width; x++) {
      const [p, q] = mean > 0.9995 ? [t, 1 - t] : weights(t, cosines[c * width + x]!);
      for (let y = 0; y < height; y++) {
        const i = (c * height + y) * width + x;
        out[i] = p * low.data[i]! + q * high.data[i]!;
      }
    }
  }
  return { data: out, shape: low.shape };
}

function weights(t: number, cosine: number): readonly [low: number, high: number] {
  const angle = Math.acos(cosine);
  const sine = Math.sin(angle);
  return [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
}

/** Cosine of the angle between the columns of two tensors: [C, H, W] twice → C·W values. */
function columnCosines(low: Tensor, high: Tensor): Float64Array {
  const [channels = 0, height = 0, width = 0] = low.shape;
  const out = new Float64Array(channels * width);
  for (let c = 0; c < channels; c++) {
    for (let x = 0; x < width; x++) {
      let [dot, ll, hh] = [0, 0, 0];
      for (let y = 0; y < height; y++) {
        const i = (c * height + y) * width + x;
        dot += low.data[i]! * high.data[i]!;
        ll += low.data[i]! ** 2;
        hh += high.data[i]! ** 2;
      }
      out[c * width + x] = dot / Math.sqrt(ll * hh);
    }
  }
  return out;
}
