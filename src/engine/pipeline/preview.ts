import type { FamilyName } from '../../edit/catalog.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';

/** Rows: latent channels; columns: red, green, blue. Source: A1111 modules/sd_vae_approx.py `cheap_approximation` */
const sdMatrix = [
  [0.298, 0.207, 0.208],
  [0.187, 0.286, 0.173],
  [-0.158, 0.189, 0.264],
  [-0.184, -0.271, -0.473],
] as const;
const sdxlMatrix = [
  [0.3448, 0.4168, 0.4395],
  [-0.1953, -0.029, 0.025],
  [0.1074, 0.0886, -0.0163],
  [-0.373, -0.2499, -0.2088],
] as const;

/** What a latent will roughly look like, without a network: scaled [B, 4, h, w] → pixels [B, 3, h, w] around [−1, 1]. */
export function cheapPreview(family: FamilyName, latent: Tensor): Tensor {
  const matrix = family === 'sdxl' ? sdxlMatrix : sdMatrix;
  const [batch = 0, channels = 0, height = 0, width = 0] = latent.shape;
  if (channels !== matrix.length) throw new RangeError(`a latent of ${channels} channels, expected ${matrix.length}`);
  const area = height * width;
  const out = new Float32Array(batch * 3 * area);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < area; i++) {
      for (let colour = 0; colour < 3; colour++) {
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += latent.data[(b * channels + c) * area + i]! * matrix[c]![colour]!;
        out[(b * 3 + colour) * area + i] = sum;
      }
    }
  }
  return tensor(out, [batch, 3, height, width]);
}
