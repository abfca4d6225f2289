import { readdir } from 'node:fs/promises';
import {
  type DetailMaskOptions,
  type DetailOrder,
  type Detection,
  detailMasks,
  dynamicDenoisingStrength,
  freeInpaintSize,
  sortDetections,
  strictInpaintSize,
  topK,
  withinRatio,
} from '../../engine/image/detail-mask.ts';
import type { Picture, Region } from '../../engine/image/picture.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, maxDifference, mismatch, pictureDifference, readJson, readPicture } from './case.ts';

const area = 'img2img/adetailer';

type Box = readonly [x1: number, y1: number, x2: number, y2: number];
const regionOf = ([x1, y1, x2, y2]: Box): Region => ({ x1, y1, x2, y2 });

interface MaskCase {
  readonly dilate_erode: number;
  readonly x_offset: number;
  readonly y_offset: number;
  readonly out: string | null;
}

type FilterCase = { image: [number, number]; bboxes: Box[]; confidences: number[] } & Record<string, unknown>;

interface SizeCase {
  readonly inpaint: readonly [number, number];
  readonly bbox: Box;
  readonly free: readonly number[];
  readonly strict_sdxl: readonly number[];
  readonly dynamic_denoise: Readonly<Record<string, number>>;
}

const orders: Readonly<Record<string, DetailOrder>> = {
  None: 'none',
  'Position (left to right)': 'left to right',
  'Position (center to edge)': 'center to edge',
  'Area (large to small)': 'large to small',
};

/** ADetailer's masks, choice of detections and sizes. */
export async function* adetailer(dir: string): AsyncGenerator<GoldenOutcome> {
  yield* masks(dir);
  for (const [i, one] of (await readJson<FilterCase[]>(dir, 'filter_sort.json')).entries()) {
    for (const [key, expected] of Object.entries(one)) {
      const actual = choice(one, key);
      if (actual) yield await judge({ area, name: `${i} ${key}`, tolerance: 0 }, () => mismatch(actual(), expected));
    }
  }
  for (const [i, one] of (await readJson<SizeCase[]>(dir, 'crop_size.json')).entries()) {
    yield await judge({ area, name: `crop_size ${i}`, tolerance: 1e-9 }, () => sizes(one));
  }
}

async function* masks(dir: string): AsyncGenerator<GoldenOutcome> {
  const options = { dilateErode: 4, xOffset: 0, yOffset: 0, merge: 'none' } satisfies DetailMaskOptions;
  for (const [i, one] of (await readJson<MaskCase[]>(dir, 'mask_preprocess.json')).entries()) {
    yield await judge({ area, name: `mask_preprocess ${i}`, tolerance: 0 }, async () => {
      const { dilate_erode: dilateErode, x_offset: xOffset, y_offset: yOffset } = one;
      const input = await readPicture(dir, 'mask_in.png');
      const [actual] = detailMasks([input], { ...options, dilateErode, xOffset, yOffset });
      return difference(actual, one.out === null ? null : await readPicture(dir, one.out));
    });
  }
  const files = await readdir(dir);
  const inputs = files.filter((file) => /^merge_in\d+\.png$/.test(file)).sort();
  for (const [file, merge] of [
    ['merge_Merge.png', 'merge'],
    ['merge_Merge_and_Invert.png', 'merge and invert'],
  ] as const) {
    if (!files.includes(file)) continue;
    yield await judge({ area, name: file, tolerance: 0 }, async () => {
      const pictures = await Promise.all(inputs.map((name) => readPicture(dir, name)));
      return difference(detailMasks(pictures, { ...options, merge })[0], await readPicture(dir, file));
    });
  }
}

function difference(actual: Picture | undefined, expected: Picture | null): number {
  if (!actual || !expected) return mismatch(actual ?? null, expected);
  return pictureDifference(actual, expected);
}

/** What a key such as `top2_Area` or `ratio_0.02_0.2` asks for. */
function choice({ image, bboxes, confidences }: FilterCase, key: string): (() => number[]) | undefined {
  const [width, height] = image;
  const detections = bboxes.map((box, i): Detection => ({ box: regionOf(box), confidence: confidences[i]! }));
  const [, kind, rest = ''] = /^(ratio|top|sort)_?(.*)$/.exec(key) ?? [];
  const [first = '', second = ''] = rest.split('_');
  if (kind === 'ratio') return () => withinRatio(detections, { width, height }, [Number(first), Number(second)]);
  if (kind === 'top') return () => topK(detections, Number(first), second === 'Area' ? 'area' : 'confidence');
  const order = orders[rest];
  return kind === 'sort' && order ? () => sortDetections(detections, { width, height }, order) : undefined;
}

/** The reference's picture for the dynamic strengths, and its base strength. */
const dynamicOn = { image: { width: 1500, height: 1400 }, strength: 0.4 };

function sizes({ inpaint, bbox, free, strict_sdxl, dynamic_denoise }: SizeCase): number {
  const [size, box] = [{ width: inpaint[0], height: inpaint[1] }, regionOf(bbox)];
  const [a, b] = [freeInpaintSize(size, box), strictInpaintSize(size, box)];
  const { image, strength } = dynamicOn;
  const powers = Object.keys(dynamic_denoise).map(Number);
  return Math.max(
    mismatch([a.width, a.height], free),
    mismatch([b.width, b.height], strict_sdxl),
    maxDifference(
      powers.map((power) => dynamicDenoisingStrength(strength, power, { box, image })),
      Object.values(dynamic_denoise),
    ),
  );
}
