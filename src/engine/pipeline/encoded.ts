import { conditioningMask, maskedPixels, nearestResized } from '../image/conditioning-pixels.ts';
import { resizeLatent } from '../image/latent-resize.ts';
import { latentMask } from '../image/mask.ts';
import { toPixels } from '../image/pixels.ts';
import { latentSize } from '../image/processing-size.ts';
import { resample } from '../image/resample.ts';
import { jobSeeds } from '../sampling/job-seeds.ts';
import { withMaskedContent } from '../sampling/start-latent.ts';
import { scale } from '../tensor/arithmetic.ts';
import { startNoise } from '../tensor/image-rng.ts';
import { concatChannels, concatRows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Canvas } from './canvas.ts';
import type { Job } from './job.ts';
import type { Checkpoint } from './models.ts';
import { noiseOptionsFor } from './paint.ts';

/** What the picture became for the networks. */
export interface Encoded {
  /** [K, 4, h, w] of K pictures; [B, 4, h, w] once masked content is in it. */
  readonly latent: Tensor;
  /** [h, w], 1 = repaint; null without a mask. */
  readonly nmask: Tensor | null;
  /** Further input channels: [K, 5, h, w] of inpainting checkpoints, [K, 4, h, w] of InstructPix2Pix. */
  readonly imageConditioning: Tensor | null;
}

/** Each picture on its own, as A1111, so that a picture does not depend on its batch. */
export async function encodeAll(checkpoint: Checkpoint, job: Job, canvases: readonly Canvas[]): Promise<Encoded> {
  const { variant, latentScale } = checkpoint.facts;
  const latents: Tensor[] = [];
  const seen: Tensor[] = [];
  for (const canvas of canvases) {
    const latent = await encodeCanvas(checkpoint, job, canvas);
    latents.push(latent);
    if (variant === 'inpainting') seen.push(await seenByModel(checkpoint, job, canvas));
    // Source: A1111 `edit_image_conditioning`: the encoder's mean, unscaled
    if (variant === 'instruct-pix2pix') seen.push(scale(1 / latentScale, latent));
  }
  const { inpaint } = canvases[0]!; // all have the same mask
  const nmask = inpaint && latentMask(inpaint.maskForLatents, latentSize(job.size), isMaskRound(job));
  return { latent: concatRows(latents), nmask, imageConditioning: seen.length > 0 ? concatRows(seen) : null };
}

async function encodeCanvas(checkpoint: Checkpoint, { params, size }: Job, canvas: Canvas): Promise<Tensor> {
  const encoded = await checkpoint.encodeImage(toPixels([canvas.image]));
  const isResized = params.resizeMode === 'latent upscale' && !canvas.inpaint?.pasteTo;
  return isResized ? resizeLatent(encoded, latentSize(size)) : encoded;
}

function isMaskRound({ params }: Job): boolean {
  return params.maskRound && !params.softInpainting;
}

/** Mask and masked picture as inpainting checkpoints are shown them. Source: A1111 `inpainting_image_conditioning` */
async function seenByModel(checkpoint: Checkpoint, job: Job, canvas: Canvas): Promise<Tensor> {
  const { size, params } = job;
  const isRounded = checkpoint.facts.family === 'sdxl' || isMaskRound(job);
  const mask = conditioningMask(canvas.inpaint?.maskForLatents ?? null, size, isRounded);
  const pixels = toPixels([resample(canvas.image, size, 'lanczos')]);
  const latent = await checkpoint.encodeImage(maskedPixels(pixels, mask, params.inpaintingMaskWeight));
  return concatChannels(nearestResized(mask, latentSize(size)), latent);
}

/** What every batch starts from: [B, 4, h, w], masked content in it. As A1111, later batches take the noise of the first. */
export function startFrom({ params, init }: Job, encoded: Encoded): Encoded {
  if (init.length > 1 && init.length !== params.batchSize) {
    throw new RangeError(`${init.length} pictures for a batch of ${params.batchSize}`);
  }
  const copies = init.length > 1 ? 1 : params.batchSize;
  const latent = concatRows(Array.from({ length: copies }, () => encoded.latent));
  if (!encoded.nmask) return { ...encoded, latent };
  const plain = { ...params, subseedStrength: 0, seedResizeFromW: 0, seedResizeFromH: 0 };
  const noise = startNoise(noiseOptionsFor(plain, jobSeeds(params)[0]!, latent.shape));
  return { ...encoded, latent: withMaskedContent(latent, encoded.nmask, params.maskedContent, noise) };
}
