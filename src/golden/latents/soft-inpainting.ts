import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fields } from '../../edit/fields.ts';
import { toLuma } from '../../engine/image/convert.ts';
import { overlayPicture, uncrop } from '../../engine/image/overlay.ts';
import { percentileFilter, windowWeights } from '../../engine/image/percentile-filter.ts';
import type { Picture } from '../../engine/image/picture.ts';
import { adaptiveMask } from '../../engine/image/soft-inpainting-pixels.ts';
import { latentBlender, softMask } from '../../engine/sampling/soft-inpainting.ts';
import { row } from '../../engine/tensor/rows.ts';
import { attempt, type Check, maxError, tensorError } from '../compare.ts';
import { pictureDifference, readJson, readPicture } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { readGoldenTensors } from '../tensors.ts';

const area = 'img2img/soft_inpainting';

/** Soft inpainting: latent blend, window and filter, masks from what changed, defaults. Files that are not there are passed over. */
export async function* goldenSoftInpainting(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const [file, cases] of Object.entries(casesByFile)) {
    if (!existsSync(join(dir, file))) continue;
    for (const [name, check] of await cases(dir, file)) yield await attempt(area, name, async () => check());
  }
}

type Case = readonly [name: string, check: () => readonly Check[] | Promise<readonly Check[]>];

const casesByFile: Readonly<Record<string, (dir: string, file: string) => Promise<Case[]>>> = {
  'kernel.json': kernel,
  'latent_blend.json': blends,
  'histogram_filter.json': filters,
  'adaptive_masks.json': masks,
  'defaults.json': defaults,
};

type Settings = Readonly<
  Record<
    | 'mask_blend_power'
    | 'mask_blend_scale'
    | 'inpaint_detail_preservation'
    | 'composite_mask_influence'
    | 'composite_difference_threshold'
    | 'composite_difference_contrast',
    number
  >
>;

async function kernel(dir: string, file: string): Promise<Case[]> {
  const { kernel: want, sum } = await readJson<{ kernel: number[][]; sum: number }>(dir, file);
  return [
    [
      'kernel',
      () => [
        ['weights', maxError(windowWeights, want.flat()), 1e-12],
        ['sum', Math.abs(windowWeights.reduce((a, b) => a + b, 0) - sum), 1e-12],
      ],
    ],
  ];
}

async function blends(dir: string, file: string): Promise<Case[]> {
  const golden = await readGoldenTensors(join(dir, 'latent_blend.safetensors'));
  const cases = await readJson<{ settings: Settings; sigma: number; t: string; blend: string }[]>(dir, file);
  const [a, b] = [golden.get('a_original'), golden.get('b_denoised')];
  return cases.map(({ settings, sigma, t, blend }) => [
    `${blend} at sigma ${sigma}`,
    () => {
      const soft = {
        softScheduleBias: settings.mask_blend_power,
        softPreservationStrength: settings.mask_blend_scale,
        softTransitionContrastBoost: settings.inpaint_detail_preservation,
      };
      const share = softMask(golden.get('nmask'), soft, sigma);
      const got = latentBlender(a, soft.softTransitionContrastBoost)(b, golden.get(t));
      const want = golden.get(blend);
      const size = want.data.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
      return [
        ['t', tensorError(share, golden.get(t)), 1e-5],
        ['blend', tensorError(got, want) / size, 1e-5],
      ];
    },
  ]);
}

async function filters(dir: string, file: string): Promise<Case[]> {
  const golden = await readGoldenTensors(join(dir, 'histogram_filter.safetensors'));
  const cases = await readJson<{ out: string; percentile_min: number; percentile_max: number; min_width: number }[]>(
    dir,
    file,
  );
  return cases.map(({ out, percentile_min: low, percentile_max: high, min_width: minWidth }) => [
    `filter ${out}`,
    () => [['values', tensorError(percentileFilter(golden.get('in'), { low, high, minWidth }), golden.get(out)), 1e-6]],
  ]);
}

interface MaskCase {
  readonly case: string;
  readonly settings: Settings;
  readonly width: number;
  readonly height: number;
  readonly paste_to: readonly [x: number, y: number, w: number, h: number] | null;
}

async function masks(dir: string, file: string): Promise<Case[]> {
  const files = await readdir(dir);
  return (await readJson<MaskCase[]>(dir, file)).map((one) => [one.case, () => maskChecks(dir, one, files)]);
}

async function maskChecks(dir: string, one: MaskCase, files: readonly string[]): Promise<Check[]> {
  const golden = await readGoldenTensors(join(dir, `${one.case}.safetensors`));
  const nmask = row(golden.get('nmask'), 0); // its channels are equal
  const change = { init: row(golden.get('latent_orig'), 0), samples: row(golden.get('latent_processed'), 0), nmask };
  const size = { width: one.width, height: one.height };
  const crop = adaptiveMask(
    change,
    {
      preservationStrength: one.settings.mask_blend_scale,
      maskInfluence: one.settings.composite_mask_influence,
      differenceThreshold: one.settings.composite_difference_threshold,
      differenceContrast: one.settings.composite_difference_contrast,
    },
    size,
  );
  const image = await readPicture(dir, `${one.case}_image.png`);
  const mask = await placed(crop, one, image);
  const overlay = `${one.case}_overlay.png`;
  return [
    ['mask', pictureDifference(toLuma(mask), toLuma(await readPicture(dir, `${one.case}_mask.png`))), 1],
    [
      'overlay',
      files.includes(overlay)
        ? pictureDifference(overlayPicture(image, toLuma(mask)), await readPicture(dir, overlay))
        : 0,
      1,
    ],
  ];
}

async function placed(crop: Picture, { paste_to: pasteTo }: MaskCase, image: Picture): Promise<Picture> {
  if (!pasteTo) return crop;
  const [x, y, w, h] = pasteTo;
  return await uncrop(crop, { size: image, pasteTo: { x1: x, y1: y, x2: x + w, y2: y + h }, upscale: null });
}

async function defaults(dir: string, file: string): Promise<Case[]> {
  const golden = await readJson<{ defaults: Record<string, number>; ui_labels: Record<string, string> }>(dir, file);
  const byKey = new Map(Object.values(fields).map((field) => [field.api as string, field]));
  const differs = (got: unknown, want: unknown) => (got === want ? 0 : 1);
  return Object.entries(golden.defaults).map(([key, want]) => [
    `default ${key}`,
    () => [
      ['default', differs(byKey.get(key)?.default, want), 0],
      ['label', differs(byKey.get(key)?.label.en, golden.ui_labels[key]), 0],
    ],
  ]);
}
