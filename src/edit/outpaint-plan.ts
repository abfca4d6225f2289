import type { OutpaintDraft } from './draft.ts';
import { fields } from './fields.ts';
import type { Direction } from './outpaint-size.ts';
import type { PartialParams } from './params.ts';
import type { Size } from './size.ts';

/** One pass grows a side by no more, px. */
const MOST_PER_PASS = 256;
const STEP = 8;
const upTo8 = (px: number) => STEP * Math.ceil(px / STEP);

/** Shapes the dialog offers, width to height. */
export const outpaintRatios = ['1:1', '4:3', '16:9', '9:16', '21:9'] as const;
/** Pixels it offers, for each side. */
export const outpaintPixels = [64, 128, 192, 256] as const;

/** Passes at most: the parameter goes no further, and what would need more is too large long before. */
const MOST_PASSES = fields.outpaintPasses.max;

/** Width and height of a shape as people write it (`16:9`, `16/9`); undefined for anything else. */
export function ratioIn(text: string): readonly [number, number] | undefined {
  const [, width, height] = /^\s*(\d{1,4}(?:\.\d{1,3})?)\s*[:：/]\s*(\d{1,4}(?:\.\d{1,3})?)\s*$/.exec(text) ?? [];
  return Number(width) > 0 && Number(height) > 0 ? [Number(width), Number(height)] : undefined;
}

interface Growth {
  readonly sides: readonly Direction[];
  /** On each of them, px. */
  readonly pixels: number;
}

/**
 * What brings a picture to a shape: on both sides of the axis that is too short half of what is missing each, or on one of them all
 * of it, when `along` names only that one. @throws RangeError for what is no ratio
 */
function growthTo(text: string, { width, height }: Size, along: readonly Direction[]): Growth {
  const ratio = ratioIn(text);
  if (!ratio) throw new RangeError(`${text} is no ratio`);
  const wanted = ratio[0] / ratio[1];
  const isNarrow = width / height < wanted;
  const missing = upTo8(Math.max(0, isNarrow ? height * wanted - width : width / wanted - height));
  const axis = isNarrow ? (['left', 'right'] as const) : (['up', 'down'] as const);
  const named = axis.filter((side) => along.includes(side));
  if (named.length === 1) return { sides: named, pixels: missing };
  return { sides: axis, pixels: upTo8(missing / 2) };
}

/** The page of the script recommends these. */
const preset: PartialParams = {
  mk2MaskBlur: 16,
  noiseQ: 0.6,
  colorVariation: 0.05,
  sampler: 'Restart',
  scheduler: 'SGM Uniform',
  denoisingStrength: 0.8,
};

const share = (pixels: number, side: number) => Math.min(1, Math.max(0.05, pixels / side));

/**
 * The parameters of an edit that grows a picture as a dialog says; null when it would not grow.
 * @param along  towards a shape, the side it is to grow on
 */
export function outpaintParams(
  draft: Omit<OutpaintDraft, 'node' | 'prompt'>,
  init: Size,
  along: readonly Direction[] = [],
): PartialParams | null {
  const { sides, pixels } = draft.ratio === null ? draft : growthTo(draft.ratio, init, along);
  if (sides.length === 0 || pixels <= 0) return null;
  const { script } = draft;
  const direction = sides.join(' ');
  if (script === 'mosaic outpaint') {
    const [mosaicExpandX, mosaicExpandY] = [share(pixels, init.width), share(pixels, init.height)];
    return { script, mosaicDirection: direction, mosaicExpandX, mosaicExpandY };
  }
  const outpaintPasses = Math.min(MOST_PASSES, Math.ceil(pixels / MOST_PER_PASS));
  const grown = { script, direction, outpaintPasses, pixels: Math.min(MOST_PER_PASS, upTo8(pixels / outpaintPasses)) };
  return draft.preset && script === 'outpainting mk2' ? { ...preset, ...grown } : grown;
}
