import { colorTargetOf, correctColors, matchLab } from '../../engine/image/color-correction.ts';
import { labToRgb, rgbToLab } from '../../engine/image/lab.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, pictureDifference, readJson, readPicture } from './case.ts';

const area = 'img2img/color_correction';

/** Histogram matching in Lab and the luminosity blend after it. */
export async function* colorCorrections(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const name of await readJson<string[]>(dir, 'cases.json')) {
    const read = (part: string) => readPicture(dir, `${name}_${part}.png`);
    const target = async () => colorTargetOf(await read('reference'));
    const matched = async () => matchLab(rgbToLab(await read('image')), await target());
    yield await judge({ area, name: `${name}_matched_lab`, tolerance: 0 }, async () =>
      pictureDifference(await matched(), await read('matched_lab')),
    );
    yield await judge({ area, name: `${name}_matched_rgb`, tolerance: 0 }, async () =>
      pictureDifference(labToRgb(await matched()), await read('matched_rgb')),
    );
    yield await judge({ area, name: `${name}_out`, tolerance: 1 }, async () =>
      pictureDifference(correctColors(await read('image'), await target()), await read('out')),
    );
  }
}
