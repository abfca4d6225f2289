import { type Tensor, tensor } from '../tensor/tensor.ts';
import type { Size } from './picture.ts';

/** Per output position: the two neighbours and the weight of the second. Half-pixel centres, ends clamped, no antialiasing. */
function taps(from: number, to: number): { low: Int32Array; high: Int32Array; weight: Float32Array } {
  const [low, high, weight] = [new Int32Array(to), new Int32Array(to), new Float32Array(to)];
  const scale = Math.fround(from / to);
  for (let i = 0; i < to; i++) {
    const at = Math.max(Math.fround(scale * (i + 0.5)) - 0.5, 0);
    low[i] = Math.min(Math.trunc(at), from - 1);
    high[i] = Math.min(low[i]! + 1, from - 1);
    weight[i] = at - low[i]!;
  }
  return { low, high, weight };
}

/**
 * Latents [B, C, h, w] resized bilinearly to [B, C, height, width]: resize mode "latent upscale".
 * Source: PyTorch `interpolate(mode='bilinear', align_corners=False, antialias=False)`
 */
export function resizeLatent(latent: Tensor, { width, height }: Size): Tensor {
  const [batch = 1, channels = 1, h = 1, w = 1] = latent.shape;
  const [rows, columns] = [taps(h, height), taps(w, width)];
  const out = new Float32Array(batch * channels * height * width);
  let o = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let y = 0; y < height; y++) {
      const upper = (plane * h + rows.low[y]!) * w;
      const lower = (plane * h + rows.high[y]!) * w;
      const dy = rows.weight[y]!;
      for (let x = 0; x < width; x++) {
        const [left, right, dx] = [columns.low[x]!, columns.high[x]!, columns.weight[x]!];
        const above = latent.data[upper + left]! * (1 - dx) + latent.data[upper + right]! * dx;
        const below = latent.data[lower + left]! * (1 - dx) + latent.data[lower + right]! * dx;
        out[o++] = above * (1 - dy) + below * dy;
      }
    }
  }
  return tensor(out, [batch, channels, height, width]);
}
