import type { MaskedContent } from '../../edit/choices.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';

/**
 * What the latents start from under the mask: noise (not scaled to any sigma) or zeros for the two latent kinds of masked content,
 * else what the VAE made of the picture.
 *
 * @param init  [B, 4, h, w]
 * @param nmask  [h, w], 1 = repaint
 * @param noise  of the first batch, shape of `init`; read for 'latent noise' alone
 * Source: A1111 modules/processing.py `StableDiffusionProcessingImg2Img.init`
 */
export function withMaskedContent(
  init: Tensor,
  nmask: Tensor,
  { content, noise }: { content: MaskedContent; noise: Tensor },
): Tensor {
  if (content === 'fill' || content === 'original') return init;
  const plane = nmask.data.length;
  const out = Float32Array.from(init.data, (v, i) => {
    const m = nmask.data[i % plane]!;
    const kept = v * (1 - m);
    return content === 'latent noise' ? kept + noise.data[i]! * m : kept;
  });
  return tensor(out, init.shape);
}
