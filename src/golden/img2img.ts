import { adetailer } from './img2img/adetailer.ts';
import { colorCorrections } from './img2img/color-correction.ts';
import { imageConditioning } from './img2img/conditioning.ts';
import { infotext } from './img2img/infotext.ts';
import { loopback } from './img2img/loopback.ts';
import { maskOps } from './img2img/mask-ops.ts';
import { modes } from './img2img/modes.ts';
import { mosaics } from './img2img/mosaic.ts';
import { outpaintMk2, poorMansOutpaint } from './img2img/outpaint.ts';
import { pipeline } from './img2img/pipeline.ts';
import { primitives } from './img2img/primitives.ts';
import { resizeImages } from './img2img/resize-image.ts';
import { sdUpscale } from './img2img/sd-upscale.ts';
import { softInpaintingPixels } from './img2img/soft-inpainting-pixels.ts';
import type { GoldenArea } from './outcome.ts';

/**
 * Everything about pixels, by the folder of `img2img/` it reads. Noise, schedules, samplers and the latent half of
 * `soft_inpainting` are run elsewhere.
 */
export const pixelAreas: Readonly<Record<string, GoldenArea>> = {
  primitives: primitives,
  modes: modes,
  resize_image: resizeImages,
  mask_ops: maskOps,
  pipeline: pipeline,
  color_correction: colorCorrections,
  conditioning: imageConditioning,
  soft_inpainting: softInpaintingPixels,
  outpaint_mk2: outpaintMk2,
  poor_mans_outpaint: poorMansOutpaint,
  mosaic_outpaint: mosaics,
  sd_upscale: sdUpscale,
  loopback: loopback,
  adetailer: adetailer,
  infotext: infotext,
};
