import type { Picture, Size } from './picture.ts';
import { sameSize } from './picture.ts';
import { resample } from './resample.ts';

/** A picture enlarged by a factor, its sides rounded down to multiples of 8. */
export type Upscale = (im: Picture, scale: number) => Promise<Picture>;

/** One pass of an upscaler: a network with its own fixed factor, or a plain resize by `scale`. */
export type UpscalePass = (im: Picture, scale: number) => Picture | Promise<Picture>;

/** A network that enlarges twofold is run again until the size is reached, so often at most. */
const MAX_PASSES = 3;

/**
 * Repeats a pass until the picture is as large as asked, then brings it to the exact size with Lanczos.
 * Source: A1111 modules/upscaler.py `Upscaler.upscale`
 */
export function upscaleBy(pass: UpscalePass): Upscale {
  return async (im, scale) => {
    const target = { width: flooredTo8(im.width * scale), height: flooredTo8(im.height * scale) };
    let now = im;
    for (let i = 0; i < MAX_PASSES; i++) {
      const enough = now.width >= target.width && now.height >= target.height;
      if (enough && (i > 0 || scale !== 1)) break;
      const next = await pass(now, scale);
      const unchanged = sameSize(now, next);
      now = next;
      if (unchanged) break;
    }
    return resample(now, target, 'lanczos');
  };
}

/** Down to a multiple of 8, but never to nothing. */
const flooredTo8 = (side: number) => Math.max(8, Math.floor(side / 8) * 8);

const times = ({ width, height }: Size, scale: number): Size => ({
  width: Math.trunc(width * scale),
  height: Math.trunc(height * scale),
});

/** The upscalers that need no network, by A1111's names. 'None' only brings the picture to its size. */
export const plainUpscalers: Readonly<Record<'None' | 'Lanczos' | 'Nearest', Upscale>> = {
  None: upscaleBy((im) => im),
  Lanczos: upscaleBy((im, scale) => resample(im, times(im, scale), 'lanczos')),
  Nearest: upscaleBy((im, scale) => resample(im, times(im, scale), 'nearest')),
};
