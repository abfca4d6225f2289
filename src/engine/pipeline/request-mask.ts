import type { Params } from '../../edit/fields.ts';
import type { MaskSource } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import { channelOf, toLuma } from '../image/convert.ts';
import { isPlain } from '../image/extent.ts';
import { binaryMask } from '../image/mask.ts';
import { dilate, erode } from '../image/morphology.ts';
import { type Picture, type Size, sameSize } from '../image/picture.ts';
import { invert, thresholded } from '../image/point.ts';
import { resample } from '../image/resample.ts';

type Reading = Extract<MaskSource, { kind: 'image' }>['read'] | 'alpha of init';

/** Largest difference of the aspects of picture and mask, as a share: messengers round sizes when they recompress. */
const ASPECT_TOLERANCE = 0.01;

function read(im: Picture, reading: Reading): Picture {
  switch (reading) {
    case 'auto':
      return binaryMask(im, false);
    case 'white':
      return toLuma(im);
    case 'black':
      return invert(toLuma(im));
    case 'alpha':
      return im.channels === 4 ? channelOf(im, 3) : toLuma(im);
    case 'alpha of init': // what is transparent is to be painted
      return im.channels === 4 ? invert(channelOf(im, 3)) : toLuma({ ...im, data: new Uint8Array(im.data.length) });
    default:
      return reading satisfies never;
  }
}

const inWords = ({ width, height }: Size) => `${width}x${height}`;

function fitted(mask: Picture, size: Size): Picture {
  if (sameSize(mask, size)) return mask;
  const aspects = (mask.width * size.height) / (mask.height * size.width);
  if (Math.abs(aspects - 1) > ASPECT_TOLERANCE) {
    throw new Refusal('mask-size', { mask: inWords(mask), image: inWords(size) });
  }
  return resample(mask, size, 'lanczos');
}

/** Grown, or for a negative amount shrunk, by that many pixels in every direction. */
function expanded(mask: Picture, amount: number): Picture {
  const size = 2 * Math.abs(amount) + 1;
  return amount >= 0 ? dilate(mask, size) : erode(mask, size);
}

/**
 * A mask as people send it → grey, of the picture's size, 255 = repaint (before "inpaint not masked" and blur). Messengers recompress
 * masks, so greys are cut at 128 unless the mask may stay soft.
 *
 * @param from  the mask's own picture, or the picture to edit where its transparency is the mask
 * @throws Refusal 'mask-size' when the aspects differ by more than 1 %, 'mask-empty' when nothing would be repainted
 */
export function requestMask(from: Picture, source: MaskSource, params: Params, size: Size): Picture {
  const grey = fitted(read(from, source.kind === 'alpha' ? 'alpha of init' : source.read), size);
  const isSoft = !params.maskRound || params.softInpainting;
  const mask = expanded(isSoft ? grey : thresholded(grey, 128), params.dilateMask);
  const nothing = params.maskMode === 'inpaint not masked' ? 255 : 0;
  if (isPlain(mask, nothing)) throw new Refusal('mask-empty', {});
  return mask;
}
