import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toRgb } from '../../engine/image/convert.ts';
import { cropRegion, expandCropRegion } from '../../engine/image/crop-region.ts';
import { fill } from '../../engine/image/fill.ts';
import { binaryMask, latentMask } from '../../engine/image/mask.ts';
import { drawRectangle } from '../../engine/image/paste.ts';
import { blank, type Picture, type Region, type Size } from '../../engine/image/picture.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { readGoldenTensors } from '../tensors.ts';
import { judge, maxDifference, mismatch, pictureDifference, readJson, readPicture } from './case.ts';

const area = 'img2img/mask_ops';

type Pair = readonly [width: number, height: number];
type Box = readonly [x1: number, y1: number, x2: number, y2: number];

interface BinaryCase {
  readonly in: string;
  readonly round: boolean;
  readonly out: string;
}

interface CropCase {
  readonly image: Pair;
  readonly boxes_x0y0x1y1_value: readonly (readonly [...Box, value: number])[];
  readonly pad: number;
  readonly processing: Pair;
  readonly crop_region: Box | null;
  readonly expanded: Box | null;
}

interface ExpandCase {
  readonly crop_region: Box;
  readonly processing: Pair;
  readonly image: Pair;
  readonly expanded: Box;
}

const sizeOf = ([width, height]: Pair): Size => ({ width, height });
const regionOf = ([x1, y1, x2, y2]: Box): Region => ({ x1, y1, x2, y2 });
const boxOf = (region: Region | null) => region && [region.x1, region.y1, region.x2, region.y2];

/** Fill, crop regions, binary masks, latent masks. */
export async function* maskOps(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const name of await readJson<string[]>(dir, 'fill.json')) {
    const read = (part: string) => readPicture(dir, `${name}_${part}.png`);
    yield await judge({ area, name, tolerance: 0 }, async () =>
      pictureDifference(fill(await read('in'), await read('mask')), toRgb(await read('out'))),
    );
  }
  for (const one of await readJson<BinaryCase[]>(dir, 'binary_mask.json')) {
    yield await judge({ area, name: one.out, tolerance: 0 }, async () =>
      pictureDifference(binaryMask(await readPicture(dir, one.in), one.round), await readPicture(dir, one.out)),
    );
  }
  yield* regions(dir);
  yield* latentMasks(dir);
}

async function* regions(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const [i, one] of (await readJson<CropCase[]>(dir, 'crop_regions.json')).entries()) {
    yield await judge({ area, name: `crop_region ${i}`, tolerance: 0 }, () => {
      const region = cropRegion(paintedMask(one), one.pad);
      const expanded = region && expandCropRegion(region, sizeOf(one.processing), sizeOf(one.image));
      return mismatch([boxOf(region), boxOf(expanded)], [one.crop_region, one.expanded]);
    });
  }
  for (const [i, one] of (await readJson<ExpandCase[]>(dir, 'expand.json')).entries()) {
    yield await judge({ area, name: `expand_crop_region ${i}`, tolerance: 0 }, () => {
      const expanded = expandCropRegion(regionOf(one.crop_region), sizeOf(one.processing), sizeOf(one.image));
      return mismatch(boxOf(expanded), one.expanded);
    });
  }
}

function paintedMask({ image, boxes_x0y0x1y1_value: boxes }: CropCase): Picture {
  return boxes.reduce(
    (mask, [x1, y1, x2, y2, value]) => drawRectangle(mask, { x1, y1, x2: x2 - 1, y2: y2 - 1 }, value),
    blank(sizeOf(image), 1),
  );
}

async function* latentMasks(dir: string): AsyncGenerator<GoldenOutcome> {
  if (!(await readdir(dir)).includes('latmask.safetensors')) return;
  const { tensors, metadata, get } = await readGoldenTensors(join(dir, 'latmask.safetensors'));
  const cases = JSON.parse(metadata.cases ?? '[]') as { mask: string }[];
  for (const [i, { mask }] of cases.entries()) {
    for (const kind of ['soft', 'round'] as const) {
      const name = `lat${i}.${kind}`;
      if (!tensors.has(name)) continue;
      yield await judge({ area, name, tolerance: kind === 'soft' ? 1e-7 : 0 }, async () => {
        const expected = get(name);
        const [height = 0, width = 0] = expected.shape;
        const actual = latentMask(await readPicture(dir, mask), { width, height }, kind === 'round');
        return maxDifference(actual.data, expected.data);
      });
    }
  }
}
