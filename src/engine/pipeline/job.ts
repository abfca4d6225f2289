import type { Params } from '../../edit/fields.ts';
import type { ColorTarget } from '../image/color-correction.ts';
import type { Picture, Size } from '../image/picture.ts';

/** One run of img2img over pictures in memory: what scripts are made of. */
export interface Job {
  /** What is done. A script's own parameters have no effect here. */
  readonly params: Params;
  /** What infotext says was asked for, but for seed and size. */
  readonly asked: Params;
  /** Processing size, px, multiples of 8. */
  readonly size: Size;
  /** One picture, which every picture of a batch starts from, or as many as the batch size, all of one size. */
  readonly init: readonly Picture[];
  /** Grey, 255 = repaint, before "inpaint not masked" and blur. */
  readonly mask: Picture | null;
  /** Takes the mask's place in the latents. Grey, of the processing size, neither inverted nor blurred. */
  readonly latentMask?: Picture;
  /** In place of `params.maskBlur`, px. */
  readonly maskBlur?: { readonly x: number; readonly y: number };
  /** Colours to correct towards in place of those of `init`, when colours are corrected at all. */
  readonly colorTarget?: ColorTarget;
}

/** A finished picture. */
export interface Made {
  /** RGB; a mask composite is RGBA. */
  readonly image: Picture;
  readonly seed: number;
  readonly infotext: string;
  readonly role?: 'mask' | 'mask composite';
}

/** Runs one job to the end: every batch of it, in order. */
export type RunJob = (job: Job) => Promise<readonly Made[]>;

/** Parameters of a single batch that a script starts, without what would add pictures to its results. */
export function batchOf(params: Params, given: Partial<Params>): Params {
  return { ...params, batchCount: 1, returnMask: false, returnMaskComposite: false, ...given };
}

/** Parameters of outpainting: what lies inside its own mask is painted, the whole picture in view. */
export function outpaintBatch(params: Params, given: Partial<Params>): Params {
  const own = { inpaintArea: 'whole picture', maskMode: 'inpaint masked', resizeMode: 'just resize' } as const;
  return batchOf(params, { ...own, ...given });
}
