import { readdir } from 'node:fs/promises';
import type { Direction } from '../../edit/outpaint-size.ts';
import type { Picture } from '../../engine/image/picture.ts';
import { type MosaicOptions, mosaicInpaint, mosaicOutpaint } from '../../engine/outpaint/mosaic.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, mismatch, pictureDifference, readJson, readPicture } from './case.ts';

const area = 'img2img/mosaic_outpaint';

interface MosaicCase {
  readonly name: string;
  readonly out: string | null;
  readonly args: {
    readonly directions: readonly Direction[];
    readonly method: MosaicOptions['method'];
    readonly stretch_area: number;
    readonly stretch_scale: number;
    readonly expansion_X: number;
    readonly expansion_Y: number;
    readonly overlap: number;
    readonly steps_S: number;
    readonly steps_L: number;
    readonly blur: number;
  };
}

interface InpaintCase {
  readonly name: string;
  readonly steps_H: number;
  readonly steps_V: number;
  readonly blur: number;
}

/** Mosaic outpainting, step by step, and the inpainting script beside it. */
export async function* mosaics(dir: string): AsyncGenerator<GoldenOutcome> {
  const files = new Set(await readdir(dir));
  for (const { name, out, args } of await readJson<MosaicCase[]>(dir, 'cases.json')) {
    const made = mosaicOutpaint(await readPicture(dir, `${name}_in.png`), optionsOf(args));
    if (out === null || made === null) {
      yield await judge({ area, name, tolerance: 0 }, () => mismatch(made, out));
      continue;
    }
    const parts = { mirrored: made.mirrored, stretched: made.stretched, mask: made.mask, out: made.image };
    yield* compared(dir, name, parts, files);
  }
  for (const one of await readJson<InpaintCase[]>(dir, 'mosaic_inpaint.json')) {
    const maskFile = `${one.name}_mask.png`;
    const mask = files.has(maskFile) ? await readPicture(dir, maskFile) : null;
    const options = { tiles: { width: one.steps_H, height: one.steps_V }, overlap: one.blur };
    const made = mosaicInpaint(await readPicture(dir, `${one.name}_in.png`), mask, options);
    yield* compared(dir, one.name, { init: made.init, ...(made.mask && { newmask: made.mask }) }, files);
  }
}

async function* compared(
  dir: string,
  name: string,
  parts: Readonly<Record<string, Picture>>,
  files: ReadonlySet<string>,
): AsyncGenerator<GoldenOutcome> {
  for (const [part, picture] of Object.entries(parts)) {
    const file = `${name}_${part}.png`;
    if (!files.has(file)) continue;
    yield await judge({ area, name: `${name}_${part}`, tolerance: 0 }, async () =>
      pictureDifference(picture, await readPicture(dir, file)),
    );
  }
}

function optionsOf(args: MosaicCase['args']): MosaicOptions {
  return {
    sides: new Set(args.directions),
    method: args.method,
    stretchArea: args.stretch_area,
    stretchRatio: args.stretch_scale,
    expandX: args.expansion_X,
    expandY: args.expansion_Y,
    maskOverlap: args.overlap,
    shortTiles: args.steps_S,
    longTiles: args.steps_L,
    feather: args.blur,
  };
}
