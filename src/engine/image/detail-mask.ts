import { dilateOrErode } from './morphology.ts';
import type { Picture, Region, Size } from './picture.ts';
import { invert } from './point.ts';

/** What a detector found: a box in px (fractions allowed) and how sure it is, 0…1. */
export interface Detection {
  readonly box: Region;
  readonly confidence: number;
}

/** How several masks become one. ADetailer's names in lower case. */
export type MaskMerge = 'none' | 'merge' | 'merge and invert';

const areaOf = ({ x1, y1, x2, y2 }: Region) => (x2 - x1) * (y2 - y1);

/** Indices of the boxes whose share of the picture lies in [min, max]. Source: adetailer common.py `filter_by_ratio` */
export function withinRatio(
  detections: readonly Detection[],
  image: Size,
  [min, max]: readonly [number, number],
): number[] {
  const area = image.width * image.height;
  return [...detections.keys()].filter((i) => {
    const ratio = areaOf(detections[i]!.box) / area;
    return min <= ratio && ratio <= max;
  });
}

/** Indices of the k largest, or surest, in descending order; all as they are when k is 0. Source: adetailer `filter_k_largest` */
export function topK(detections: readonly Detection[], k: number, by: 'area' | 'confidence'): number[] {
  const indices = [...detections.keys()];
  if (k === 0) return indices;
  const measure = ({ box, confidence }: Detection) => (by === 'area' ? areaOf(box) : confidence);
  return indices.sort((a, b) => measure(detections[b]!) - measure(detections[a]!)).slice(0, k);
}

/** The order in which masks are painted. */
export type DetailOrder = 'none' | 'left to right' | 'center to edge' | 'large to small';

/** Indices in the order asked for; ties stay as they were. Source: adetailer mask.py `sort_bboxes` */
export function sortDetections(detections: readonly Detection[], image: Size, order: DetailOrder): number[] {
  const indices = [...detections.keys()];
  if (order === 'none') return indices;
  const fromCenter = ({ x1, y1, x2, y2 }: Region) =>
    Math.hypot(image.width / 2 - (x1 + x2) / 2, image.height / 2 - (y1 + y2) / 2);
  const keys = {
    'left to right': (box: Region) => box.x1,
    'center to edge': fromCenter,
    'large to small': (box: Region) => -areaOf(box),
  };
  const key = keys[order];
  return indices.sort((a, b) => key(detections[a]!.box) - key(detections[b]!.box));
}

/** Moved right by `x` and up by `y` px; what leaves on one side comes in on the other. Source: adetailer mask.py `offset` */
export function offsetMask(mask: Picture, { x, y }: { x: number; y: number }): Picture {
  const { width, height, data } = mask;
  const out = new Uint8Array(data.length);
  const modulo = (a: number, n: number) => ((a % n) + n) % n;
  for (let row = 0; row < height; row++) {
    const from = modulo(row + y, height) * width;
    for (let column = 0; column < width; column++) {
      out[row * width + column] = data[from + modulo(column - x, width)]!;
    }
  }
  return { ...mask, data: out };
}

/** What happens to the masks of detections before they are painted. */
export interface DetailMaskOptions {
  /** Square to grow (positive) or shrink (negative) by, px, −128…128. */
  readonly dilateErode: number;
  /** px, to the right and upwards, ±200. */
  readonly xOffset: number;
  readonly yOffset: number;
  readonly merge: MaskMerge;
}

/** Moved, grown or shrunk, those that vanished left out, merged. Source: adetailer mask.py `mask_preprocess` */
export function detailMasks(masks: readonly Picture[], options: DetailMaskOptions): Picture[] {
  const { dilateErode, xOffset, yOffset, merge } = options;
  const moved = xOffset || yOffset ? masks.map((mask) => offsetMask(mask, { x: xOffset, y: yOffset })) : masks;
  const grown = moved.map((mask) => dilateOrErode(mask, dilateErode));
  const left = dilateErode === 0 ? grown : grown.filter(({ data }) => data.some((v) => v > 0));
  if (merge === 'none' || left.length === 0) return [...left];
  const union = unionOf(left);
  return [merge === 'merge' ? union : invert(union)];
}

/** Bitwise or of grey pictures of one size. @throws RangeError without any */
export function unionOf(masks: readonly Picture[]): Picture {
  const [first, ...others] = masks;
  if (!first) throw new RangeError('a union of no masks');
  const data = first.data.slice();
  for (const other of others) for (let i = 0; i < data.length; i++) data[i] = data[i]! | other.data[i]!;
  return { ...first, data };
}

/**
 * Denoising strength for a box: weaker (power > 0) or stronger for large ones, power −10…10, 0 leaves it.
 * Source: adetailer `get_dynamic_denoise_strength`
 */
export function dynamicDenoisingStrength(strength: number, power: number, { box, image }: BoxOnImage): number {
  if (power === 0) return strength;
  return strength * (1 - areaOf(box) / (image.width * image.height)) ** power;
}

/** A box and the picture it lies on. */
export interface BoxOnImage {
  readonly box: Region;
  readonly image: Size;
}

/** The whole part, up to a multiple of 8. */
const upTo8 = (side: number) => Math.ceil(Math.trunc(side) / 8) * 8;

/** The inpaint's longer side along the box's longer side, the other by the box's shape, up to multiples of 8. */
export function freeInpaintSize(inpaint: Size, box: Region): Size {
  const long = Math.max(inpaint.width, inpaint.height);
  const ratio = (box.x2 - box.x1) / (box.y2 - box.y1);
  return ratio >= 1
    ? { width: upTo8(long), height: upTo8(long / ratio) }
    : { width: upTo8(long * ratio), height: upTo8(long) };
}

/** The sizes SDXL was trained at, as ADetailer lists them. */
const sdxlSizes: readonly Size[] = [
  [1024, 1024],
  [1152, 896],
  [896, 1152],
  [1216, 832],
  [832, 1216],
  [1344, 768],
  [768, 1344],
  [1536, 640],
  [640, 1536],
].map(([width, height]) => ({ width: width!, height: height! }));

/**
 * Of SDXL's sizes that hold the box and are no smaller than the inpaint in both sides, the one nearest to the box's shape;
 * the inpaint size itself when there is none.
 */
export function strictInpaintSize(inpaint: Size, box: Region): Size {
  const [width, height] = [box.x2 - box.x1, box.y2 - box.y1];
  const fitting = sdxlSizes.filter(
    (size) =>
      size.width >= width && size.height >= height && (size.width >= inpaint.width || size.height >= inpaint.height),
  );
  const distance = (size: Size) => Math.abs(size.width / size.height - width / height);
  return fitting.reduce((best, size) => (distance(size) < distance(best) ? size : best), fitting[0] ?? inpaint);
}
