import { join } from 'node:path';
import { toLuma, toRgb, toRgba } from '../../engine/image/convert.ts';
import { overlayPicture, uncrop } from '../../engine/image/overlay.ts';
import { percentileFilter, windowWeights } from '../../engine/image/percentile-filter.ts';
import type { Picture } from '../../engine/image/picture.ts';
import { adaptiveMask } from '../../engine/image/soft-inpainting-pixels.ts';
import { row } from '../../engine/tensor/rows.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { readGoldenTensors } from '../tensors.ts';
import { judge, maxDifference, pictureDifference, readJson, readPicture } from './case.ts';

const area = 'img2img/soft_inpainting';

interface FilterCase {
  readonly out: string;
  readonly percentile_min: number;
  readonly percentile_max: number;
  readonly min_width: number;
}

interface MaskCase {
  readonly case: string;
  readonly settings: {
    readonly mask_blend_scale: number;
    readonly composite_mask_influence: number;
    readonly composite_difference_threshold: number;
    readonly composite_difference_contrast: number;
  };
  readonly width: number;
  readonly height: number;
  readonly paste_to: readonly [x: number, y: number, width: number, height: number] | null;
}

/** The part of soft inpainting that makes pixel masks out of what changed in the latents. */
export async function* softInpaintingPixels(dir: string): AsyncGenerator<GoldenOutcome> {
  const { kernel } = await readJson<{ kernel: number[][] }>(dir, 'kernel.json');
  yield await judge({ area, name: 'kernel', tolerance: 1e-12 }, () => maxDifference(windowWeights, kernel.flat()));
  const golden = await readGoldenTensors(join(dir, 'histogram_filter.safetensors'));
  for (const one of await readJson<FilterCase[]>(dir, 'histogram_filter.json')) {
    const range = { low: one.percentile_min, high: one.percentile_max, minWidth: one.min_width };
    yield await judge({ area, name: `histogram_filter ${one.out}`, tolerance: 1e-6 }, () =>
      maxDifference(percentileFilter(golden.get('in'), range).data, golden.get(one.out).data),
    );
  }
  for (const one of await readJson<MaskCase[]>(dir, 'adaptive_masks.json')) yield* adaptive(dir, one);
}

async function* adaptive(dir: string, one: MaskCase): AsyncGenerator<GoldenOutcome> {
  const source = await readPicture(dir, `${one.case}_image.png`);
  const mask = await placedMask(dir, one, source);
  const overlay = overlayPicture(toRgb(source), toLuma(mask));
  for (const [part, actual] of [
    ['mask', mask],
    ['overlay', overlay],
  ] as const) {
    yield await judge({ area, name: `${one.case} ${part}`, tolerance: 1 }, async () => {
      const expected = await readPicture(dir, `${one.case}_${part}.png`);
      return pictureDifference(expected.channels === 4 ? toRgba(actual) : actual, expected);
    });
  }
}

async function placedMask(dir: string, one: MaskCase, source: Picture): Promise<Picture> {
  const { get } = await readGoldenTensors(join(dir, `${one.case}.safetensors`));
  const change = {
    init: row(get('latent_orig'), 0),
    samples: row(get('latent_processed'), 0),
    nmask: row(get('nmask'), 0),
  };
  const settings = {
    preservationStrength: one.settings.mask_blend_scale,
    maskInfluence: one.settings.composite_mask_influence,
    differenceThreshold: one.settings.composite_difference_threshold,
    differenceContrast: one.settings.composite_difference_contrast,
  };
  const mask = adaptiveMask(change, settings, one);
  if (!one.paste_to) return mask;
  const [x, y, width, height] = one.paste_to;
  const pasteTo = { x1: x, y1: y, x2: x + width, y2: y + height };
  return await uncrop(mask, { size: source, pasteTo, upscale: null });
}
