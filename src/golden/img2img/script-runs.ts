import { imageGrid } from '../../engine/image/image-grid.ts';
import type { Picture, Size } from '../../engine/image/picture.ts';
import { invert } from '../../engine/image/point.ts';
import { pictureDifference, readPicture } from './case.ts';

/** One call of img2img that a script made, with the pictures it handed over. */
export interface ScriptCall {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly mask_blur_x: number;
  readonly mask_blur_y: number;
  readonly init_images: readonly string[];
  readonly image_mask?: string;
  readonly latent_mask?: string;
}

/** A whole run of a script; its networks are replaced by "invert colours". */
export interface ScriptRun<Args> {
  readonly name: string;
  readonly script_args: Args;
  readonly p: Size & { readonly seed: number; readonly n_iter?: number; readonly batch_size?: number };
  readonly calls: readonly ScriptCall[];
  readonly outputs: readonly string[];
}

/** What stands in for the networks. */
export const toyResult: (init: Picture) => Picture = invert;

/** What the script gives back: a grid first when there are several pictures. */
export function withGrid(pictures: readonly Picture[]): readonly Picture[] {
  if (pictures.length < 2) return pictures;
  const grid = { rows: -1, batchSize: 1, preventEmptySpots: false, background: [255, 255, 255] as const };
  return [imageGrid(pictures, grid), ...pictures];
}

/** Largest difference from the named golden pictures; infinite when there are more or fewer. */
export async function difference(dir: string, actual: readonly Picture[], files: readonly string[]): Promise<number> {
  if (actual.length !== files.length) return Number.POSITIVE_INFINITY;
  const expected = await Promise.all(files.map((file) => readPicture(dir, file)));
  return Math.max(0, ...actual.map((picture, i) => pictureDifference(picture, expected[i]!)));
}
