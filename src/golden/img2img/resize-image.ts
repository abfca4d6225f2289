import { resizeModes } from '../../edit/choices.ts';
import { picture } from '../../engine/image/picture.ts';
import { resample } from '../../engine/image/resample.ts';
import { resizeImageWith } from '../../engine/image/resize-image.ts';
import { plainUpscalers, type Upscale, upscaleBy } from '../../engine/image/upscaler.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, mismatch, pictureDifference, readJson, readPicture } from './case.ts';

const area = 'img2img/resize_image';

interface ResizeCase {
  readonly case: string;
  readonly mode: number;
  readonly target: readonly [number, number];
  readonly file: string;
  readonly upscaler_name?: string | null;
}

interface UpscalerCase {
  readonly in: readonly [number, number];
  readonly scale: number;
  readonly model_factor: number;
  readonly model_calls: number;
  readonly out: readonly [number, number];
}

/** As A1111 looks an upscaler up: none at all, by name, else the first of the list. */
export function upscalerNamed(name: string | null | undefined): Upscale | null {
  if (!name || name === 'None') return null;
  return name in plainUpscalers ? plainUpscalers[name as keyof typeof plainUpscalers] : plainUpscalers.None;
}

/** Resize modes 0…3, with and without upscaler. */
export async function* resizeImages(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const one of await readJson<ResizeCase[]>(dir, 'cases.json')) {
    yield await judge({ area, name: one.file.replace('.png', ''), tolerance: 0 }, async () => {
      const actual = await resizeImageWith(resizeModes[one.mode]!.value, await readPicture(dir, `${one.case}_in.png`), {
        size: { width: one.target[0], height: one.target[1] },
        upscale: upscalerNamed(one.upscaler_name),
      });
      return pictureDifference(actual, await readPicture(dir, one.file));
    });
  }
  for (const one of await readJson<UpscalerCase[]>(dir, 'upscaler_sizes.json')) {
    const name = `${one.in.join('x')} × ${one.scale} by a model of ${one.model_factor}`;
    yield await judge({ area, name, tolerance: 0 }, () => upscalerSizes(one));
  }
}

async function upscalerSizes({ in: [width, height], scale, model_factor, model_calls, out }: UpscalerCase) {
  let calls = 0;
  const upscale = upscaleBy((im) => {
    calls++;
    return resample(im, { width: im.width * model_factor, height: im.height * model_factor }, 'nearest');
  });
  const result = await upscale(picture({ width, height }, 3, new Uint8Array(width * height * 3)), scale);
  return mismatch([calls, result.width, result.height], [model_calls, ...out]);
}
