import type { OutpaintDraft } from './draft.ts';
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

/** `16:9` as a number. @throws RangeError for anything else */
function ratioOf(text: string): number {
  const parts = /^(\d{1,4}(?:\.\d+)?):(\d{1,4}(?:\.\d+)?)$/.exec(text);
  const ratio = parts ? Number(parts[1]) / Number(parts[2]) : Number.NaN;
  if (!(ratio > 0 && Number.isFinite(ratio))) throw new RangeError(`${text} is no ratio`);
  return ratio;
}

interface Growth {
  readonly sides: readonly Direction[];
  /** On each of them, px. */
  readonly pixels: number;
}

/** What brings a picture to a shape: both sides of the axis that is too short, half of what is missing each. */
function growthTo(text: string, { width, height }: Size): Growth {
  const ratio = ratioOf(text);
  const isNarrow = width / height < ratio;
  const missing = isNarrow ? height * ratio - width : width / ratio - height;
  return { sides: isNarrow ? ['left', 'right'] : ['up', 'down'], pixels: upTo8(upTo8(Math.max(0, missing)) / 2) };
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

/** The parameters of an edit that grows a picture as a dialog says; null when it would not grow. */
export function outpaintParams(draft: Omit<OutpaintDraft, 'node'>, init: Size): PartialParams | null {
  const { sides, pixels } = draft.ratio === null ? draft : growthTo(draft.ratio, init);
  if (sides.length === 0 || pixels <= 0) return null;
  const { script } = draft;
  const direction = sides.join(' ');
  if (script === 'mosaic outpaint') {
    const [mosaicExpandX, mosaicExpandY] = [share(pixels, init.width), share(pixels, init.height)];
    return { script, mosaicDirection: direction, mosaicExpandX, mosaicExpandY };
  }
  const outpaintPasses = Math.ceil(pixels / MOST_PER_PASS);
  const grown = { script, direction, outpaintPasses, pixels: upTo8(pixels / outpaintPasses) };
  return draft.preset && script === 'outpainting mk2' ? { ...preset, ...grown } : grown;
}
