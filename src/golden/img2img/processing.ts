import { inpaintAreas, maskedContents, type RandnSource, resizeModes } from '../../edit/choices.ts';
import { parseColor } from '../../engine/image/convert.ts';
import type { Size } from '../../engine/image/picture.ts';
import type { CanvasOptions } from '../../engine/pipeline/canvas.ts';
import { jobSeeds } from '../../engine/sampling/job-seeds.ts';
import type { ImageRngOptions } from '../../engine/tensor/image-rng.ts';
import { upscalerNamed } from './resize-image.ts';

/** The parameters of A1111's processing object that reference runs name; the rest have its API's defaults. */
export interface Processing {
  readonly width: number;
  readonly height: number;
  readonly resize_mode?: number;
  readonly mask_blur?: number;
  readonly mask_blur_x?: number;
  readonly mask_blur_y?: number;
  readonly mask_round?: boolean;
  readonly inpainting_fill?: number;
  readonly inpaint_full_res?: boolean;
  readonly inpaint_full_res_padding?: number;
  readonly inpainting_mask_invert?: number;
  readonly inpainting_mask_weight?: number;
  readonly initial_noise_multiplier?: number;
  readonly subseed?: number;
  readonly subseed_strength?: number;
  readonly seed_resize_from_w?: number;
  readonly seed_resize_from_h?: number;
  readonly upscaler_for_img2img?: string | null;
  readonly batch_size?: number;
  readonly n_iter?: number;
  readonly seed?: number;
  readonly denoising_strength?: number;
  readonly img2img_color_correction?: boolean;
  readonly overlay_inpaint?: boolean;
  readonly img2img_background_color?: string;
  readonly randn_source?: RandnSource;
}

/** The size of a reference run. */
export function processingSizeOf({ width, height }: Processing): Size {
  return { width, height };
}

/** The same in our words. */
export function canvasOptionsOf(p: Processing): CanvasOptions {
  const blur = p.mask_blur ?? 4;
  return {
    size: processingSizeOf(p),
    resizeMode: resizeModes[p.resize_mode ?? 0]!.value,
    maskBlurX: p.mask_blur_x ?? blur,
    maskBlurY: p.mask_blur_y ?? blur,
    maskRound: p.mask_round ?? true,
    inpaintNotMasked: p.inpainting_mask_invert === 1,
    maskedContent: maskedContents[p.inpainting_fill ?? 0]!.value,
    inpaintArea: inpaintAreas[(p.inpaint_full_res ?? true) ? 1 : 0].value,
    onlyMaskedPadding: p.inpaint_full_res_padding ?? 0,
    colorCorrection: p.img2img_color_correction ?? false,
    background: parseColor(p.img2img_background_color ?? '#ffffff'),
    upscale: upscalerNamed(p.upscaler_for_img2img),
  };
}

/** The noise of a reference run's first batch. @param shape  of a latent, [C, h, w] */
export function noiseOptionsOf(p: Partial<Processing>, shape: ImageRngOptions['shape']): ImageRngOptions {
  const { seed = 1, subseed = 0, subseed_strength: subseedStrength = 0, batch_size: batchSize = 1 } = p;
  const [first] = jobSeeds({ seed, subseed, subseedStrength, batchSize, batchCount: 1 });
  const { seeds, subseeds } = first!;
  return {
    ...{ source: p.randn_source ?? 'CPU', shape, seeds },
    variation: { subseeds, strength: subseedStrength },
    seedResizeFrom: { width: p.seed_resize_from_w ?? 0, height: p.seed_resize_from_h ?? 0 },
  };
}
