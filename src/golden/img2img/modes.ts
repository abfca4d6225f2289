import { flatten } from '../../engine/image/alpha.ts';
import { parseColor, toRgb } from '../../engine/image/convert.ts';
import { inpaintSketch } from '../../engine/image/inpaint-sketch.ts';
import { latentSize, scaledSize } from '../../engine/image/processing-size.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, mismatch, pictureDifference, readJson, readPicture } from './case.ts';

const area = 'img2img/modes';

interface ExifCase {
  readonly file: string;
  readonly out: string;
}

interface TransparencyCase {
  readonly file: string;
  readonly mode_after_read: string;
  readonly background: string;
  readonly out: string;
}

interface SketchCase {
  readonly name: string;
  readonly mask_alpha: number;
  readonly mask_blur: number;
}

interface ScaleCase {
  readonly image: readonly [number, number];
  readonly scale_by: number;
  readonly width: number;
  readonly height: number;
  readonly latent: readonly [number, number];
}

/** Reading pictures, the inpaint sketch mode, sizes by factor. */
export async function* modes(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const { file, out } of await readJson<ExifCase[]>(dir, 'exif.json')) {
    yield await judge({ area, name: file, tolerance: 3 }, async () =>
      pictureDifference(await readPicture(dir, file), await readPicture(dir, out)),
    );
  }
  for (const one of await readJson<TransparencyCase[]>(dir, 'transparency.json')) yield await transparency(dir, one);
  for (const one of await readJson<SketchCase[]>(dir, 'inpaint_sketch.json')) yield await sketch(dir, one);
  for (const one of await readJson<ScaleCase[]>(dir, 'scale_by.json')) yield await scaleBy(one);
}

function transparency(dir: string, one: TransparencyCase): Promise<GoldenOutcome> {
  const { file, out, background } = one;
  if (one.mode_after_read.startsWith('I')) return deepGrey(dir, one);
  return judge({ area, name: file, tolerance: 0 }, async () =>
    pictureDifference(flatten(await readPicture(dir, file), parseColor(background)), await readPicture(dir, out)),
  );
}

/** 16 bits of grey are divided by 257 here; the reference clips them, which can be done afterwards, give or take what the division loses. */
function deepGrey(dir: string, { file, out }: TransparencyCase): Promise<GoldenOutcome> {
  return judge({ area, name: `${file}, clipped`, tolerance: 128 }, async () => {
    const scaled = toRgb(await readPicture(dir, file));
    const clipped = scaled.data.map((v) => Math.min(255, 257 * v));
    return pictureDifference({ ...scaled, data: clipped }, await readPicture(dir, out));
  });
}

function sketch(dir: string, { name, mask_alpha, mask_blur }: SketchCase): Promise<GoldenOutcome> {
  const read = (part: string) => readPicture(dir, `${name}_${part}.png`);
  return judge({ area, name, tolerance: 0 }, async () => {
    const options = { maskAlpha: mask_alpha, maskBlur: mask_blur };
    const { init, mask } = inpaintSketch(await read('orig'), await read('painted'), options);
    return Math.max(pictureDifference(init, await read('init')), pictureDifference(mask, await read('mask')));
  });
}

function scaleBy({ image, scale_by: times, width, height, latent }: ScaleCase): Promise<GoldenOutcome> {
  return judge({ area, name: `${image.join('x')} × ${times}`, tolerance: 0 }, () => {
    const size = scaledSize({ width: image[0], height: image[1] }, times);
    return Math.max(
      mismatch(size, { width, height }),
      mismatch(latentSize(size), { width: latent[0], height: latent[1] }),
    );
  });
}
