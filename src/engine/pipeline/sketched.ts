import type { Params } from '../../edit/fields.ts';
import type { Sketch } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import { alphaComposite, flatten } from '../image/alpha.ts';
import { parseColor, toRgb, toRgba } from '../image/convert.ts';
import { inpaintSketch } from '../image/inpaint-sketch.ts';
import { type Picture, type Size, sameSize } from '../image/picture.ts';
import type { Sources } from './edit.ts';

const inWords = ({ width, height }: Size) => `${width}x${height}`;

/**
 * A picture that was painted over → what is edited. A sketch is edited as it is; of an inpaint sketch the strokes are blended in as
 * far as `maskAlpha` says, and are the mask.
 *
 * @param painted  the whole picture, or RGBA strokes that are laid over it
 * @throws Refusal 'sketch-size', 'sketch-unchanged'
 */
export function sketched(original: Picture, painted: Picture, kind: Sketch['kind'], params: Params): Sources {
  if (!sameSize(original, painted)) {
    throw new Refusal('sketch-size', { sketch: inWords(painted), image: inWords(original) });
  }
  const before = flatten(original, parseColor(params.backgroundColor));
  const after = painted.channels === 4 ? toRgb(alphaComposite(toRgba(before), painted)) : toRgb(painted);
  if (after.data.every((v, i) => v === before.data[i])) throw new Refusal('sketch-unchanged', {});
  return kind === 'sketch' ? { init: after, mask: null } : inpaintSketch(before, after, params);
}
