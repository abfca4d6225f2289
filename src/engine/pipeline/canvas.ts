import type { InpaintArea, MaskedContent, ResizeMode } from '../../edit/choices.ts';
import type { Params } from '../../edit/fields.ts';
import { maskBlurs } from '../../edit/mask-blur.ts';
import { Refusal } from '../../errors.ts';
import { flatten } from '../image/alpha.ts';
import { type ColorTarget, colorTargetOf } from '../image/color-correction.ts';
import { parseColor, toLuma } from '../image/convert.ts';
import { cropRegion, expandCropRegion } from '../image/crop-region.ts';
import { fill } from '../image/fill.ts';
import { type MaskOptions, prepareMask } from '../image/mask.ts';
import { crop } from '../image/paste.ts';
import { type Picture, type Region, type Rgb, type Size, sameSize } from '../image/picture.ts';
import { doubled } from '../image/point.ts';
import { resample } from '../image/resample.ts';
import { resizeImage, resizeImageWith } from '../image/resize-image.ts';
import type { Upscale } from '../image/upscaler.ts';

/** What decides how a picture and its mask become what the networks work on. */
export interface CanvasOptions extends MaskOptions {
  /** Processing size, px, multiples of 8. */
  readonly size: Size;
  readonly resizeMode: ResizeMode;
  readonly maskedContent: MaskedContent;
  readonly inpaintArea: InpaintArea;
  readonly onlyMaskedPadding: number;
  readonly colorCorrection: boolean;
  readonly background: Rgb;
  /** Enlarges RGB pictures where a size grows; null: Lanczos. */
  readonly upscale: Upscale | null;
}

/** What came in. */
export interface CanvasSource {
  readonly init: Picture;
  readonly mask: Picture | null;
  /** Takes the mask's place in the latents and for masked content "fill": outpainting. Of the processing size. */
  readonly latentMask?: Picture;
}

/** What remains to be known of the mask until the result is put together. */
export interface Inpaint {
  /** Grey, of the processing size: what the latents are masked with. */
  readonly maskForLatents: Picture;
  /** Grey, of the overlay's size. */
  readonly maskForOverlay: Picture;
  /** RGB, of the overlay's size: what is laid over the result where the mask lets it. */
  readonly source: Picture;
  /** Where the painted crop goes back to in the source; null for the whole picture. */
  readonly pasteTo: Region | null;
}

/** A picture ready to be encoded, and how to put the result together. */
export interface Canvas {
  readonly size: Size;
  /** RGB, to be encoded; of the processing size, but for 'latent upscale', where it keeps its own. */
  readonly image: Picture;
  /** Null without a mask, or when it was blank and only the masked area was to be repainted. */
  readonly inpaint: Inpaint | null;
  readonly colorTarget: ColorTarget | null;
}

/** The canvas options that a request's parameters amount to. Soft inpainting keeps the mask's half-tones. */
export function canvasOptionsFor(params: Params, size: Size, upscale: Upscale | null): CanvasOptions {
  const { resizeMode, maskedContent, inpaintArea, onlyMaskedPadding, colorCorrection } = params;
  const { x: maskBlurX, y: maskBlurY } = maskBlurs(params);
  return {
    size,
    resizeMode,
    maskedContent,
    inpaintArea,
    onlyMaskedPadding,
    colorCorrection,
    upscale,
    maskBlurX,
    maskBlurY,
    inpaintNotMasked: params.maskMode === 'inpaint not masked',
    maskRound: params.maskRound && !params.softInpainting,
    background: parseColor(params.backgroundColor),
  };
}

/**
 * Picture and mask, flattened, resized, cropped to "only masked", filled.
 * @throws Refusal 'mask-size' when "only masked" is to cut a picture by a mask of another size
 * Source: A1111 modules/processing.py `StableDiffusionProcessingImg2Img.init`
 */
export async function prepareCanvas(source: CanvasSource, options: CanvasOptions): Promise<Canvas> {
  const init = flatten(source.init, options.background);
  const mask = source.mask && prepareMask(source.mask, options);
  if (mask === null) return await plainCanvas(init, options);
  if (options.inpaintArea === 'whole picture') return await wholeCanvas(init, { ...source, mask }, options);
  if (!sameSize(mask, init)) throw new Refusal('mask-size', { mask: inWords(mask), image: inWords(init) });
  const region = cropRegion(mask, options.onlyMaskedPadding);
  if (region === null) return await plainCanvas(init, options); // as A1111: a blank mask is no mask
  const pasteTo = expandCropRegion(region, options.size, init);
  return await croppedCanvas(init, { ...source, mask, pasteTo }, options);
}

const inWords = ({ width, height }: Size) => `${width}x${height}`;

/** The picture at processing size; 'latent upscale' leaves that to the latents. */
async function resized(init: Picture, { resizeMode, size, upscale }: CanvasOptions): Promise<Picture> {
  return resizeMode === 'latent upscale' ? init : await resizeImageWith(resizeMode, init, { size, upscale });
}

async function plainCanvas(init: Picture, options: CanvasOptions): Promise<Canvas> {
  const image = await resized(init, options);
  return { size: options.size, image, inpaint: null, colorTarget: colorTargetFor(image, options) };
}

async function wholeCanvas(
  init: Picture,
  { mask, latentMask }: { mask: Picture; latentMask?: Picture },
  options: CanvasOptions,
): Promise<Canvas> {
  const image = await resized(init, options);
  const maskForLatents = toLuma(resizeImage(options.resizeMode, mask, options.size));
  const maskForOverlay = doubled(maskForLatents);
  // Unlike A1111, which lays a picture that is still small over the top left corner of an upscaled one.
  const source = resample(image, options.size, 'lanczos');
  const inpaint = { maskForLatents, maskForOverlay, source, pasteTo: null };
  return filledCanvas(image, latentMask ? { ...inpaint, maskForLatents: latentMask } : inpaint, options);
}

async function croppedCanvas(
  source: Picture,
  { mask, latentMask, pasteTo }: { mask: Picture; latentMask?: Picture; pasteTo: Region },
  options: CanvasOptions,
): Promise<Canvas> {
  const { size, upscale } = options;
  const image = await resizeImageWith('resize and fill', crop(source, pasteTo), { size, upscale });
  const maskForLatents = latentMask ?? toLuma(resizeImage('resize and fill', crop(mask, pasteTo), size));
  return filledCanvas(image, { maskForLatents, maskForOverlay: mask, source, pasteTo }, options);
}

function filledCanvas(image: Picture, inpaint: Inpaint, options: CanvasOptions): Canvas {
  const mask = resample(toLuma(inpaint.maskForLatents), image, 'lanczos');
  const filled = options.maskedContent === 'original' ? image : fill(image, mask);
  return { size: options.size, image: filled, inpaint, colorTarget: colorTargetFor(filled, options) };
}

function colorTargetFor(image: Picture, { colorCorrection }: CanvasOptions): ColorTarget | null {
  return colorCorrection ? colorTargetOf(image) : null;
}
