import type { DenoisingCurve, ImageUpscaler, MaskedContent, MosaicMethod, ScriptName } from './choices.ts';
import type { Params } from './fields.ts';
import {
  type Direction,
  directions,
  grownBy,
  type Margins,
  marginsFor,
  sharedMargins,
  sidesOf,
  upToGrid,
} from './outpaint-size.ts';
import type { PartialParams } from './params.ts';
import type { Size } from './size.ts';
import { tilePositions } from './tile-positions.ts';

/** A script and its own parameters, taken out of those of a request. Ranges: `scriptFields`. */
export type Script =
  | {
      readonly name: 'outpainting mk2';
      readonly sides: ReadonlySet<Direction>;
      readonly pixels: number;
      /** How often it grows, each time on the result of the time before. */
      readonly passes: number;
      readonly maskBlur: number;
      readonly noiseQ: number;
      readonly colorVariation: number;
    }
  | {
      readonly name: "poor man's outpainting";
      readonly sides: ReadonlySet<Direction>;
      readonly pixels: number;
      /** How often it grows, each time on the result of the time before. */
      readonly passes: number;
      readonly maskBlur: number;
      readonly maskedContent: MaskedContent;
    }
  | {
      readonly name: 'mosaic outpaint';
      readonly sides: ReadonlySet<Direction>;
      readonly method: MosaicMethod;
      readonly stretchArea: number;
      readonly stretchRatio: number;
      readonly expandX: number;
      readonly expandY: number;
      readonly feather: number;
      readonly shortTiles: number;
      readonly longTiles: number;
      readonly maskOverlap: number;
    }
  | {
      readonly name: 'SD upscale';
      readonly overlap: number;
      readonly scaleFactor: number;
      readonly upscaler: ImageUpscaler;
    }
  | {
      /** No script, but the tab of that name: enlarged without being painted. */
      readonly name: 'extras';
      readonly scaleFactor: number;
      readonly upscaler: ImageUpscaler;
    }
  | {
      readonly name: 'loopback';
      readonly loops: number;
      readonly finalDenoisingStrength: number;
      readonly curve: DenoisingCurve;
    };

type Named<N extends Script['name']> = Extract<Script, { name: N }>;

const readers: { readonly [N in Script['name']]: (p: Params) => Named<N> } = {
  'outpainting mk2': (p) => ({
    name: 'outpainting mk2',
    sides: sidesOf(p.direction),
    pixels: p.pixels,
    passes: p.outpaintPasses,
    maskBlur: p.mk2MaskBlur,
    noiseQ: p.noiseQ,
    colorVariation: p.colorVariation,
  }),
  "poor man's outpainting": (p) => ({
    name: "poor man's outpainting",
    sides: sidesOf(p.direction),
    pixels: p.pixels,
    passes: p.outpaintPasses,
    maskBlur: p.poorMaskBlur,
    maskedContent: p.poorMaskedContent,
  }),
  'mosaic outpaint': (p) => ({
    name: 'mosaic outpaint',
    sides: sidesOf(p.mosaicDirection),
    method: p.mosaicMethod,
    stretchArea: p.mosaicStretchArea,
    stretchRatio: p.mosaicStretchScale,
    expandX: p.mosaicExpandX,
    expandY: p.mosaicExpandY,
    feather: p.mosaicFeathering,
    shortTiles: p.mosaicShortTiles,
    longTiles: p.mosaicLongTiles,
    maskOverlap: p.mosaicOverlap,
  }),
  'SD upscale': (p) => ({
    name: 'SD upscale',
    overlap: p.overlap,
    scaleFactor: p.scaleFactor,
    upscaler: p.sdUpscaler,
  }),
  extras: (p) => ({ name: 'extras', scaleFactor: p.scaleFactor, upscaler: p.sdUpscaler }),
  loopback: (p) => ({
    name: 'loopback',
    loops: p.loops,
    finalDenoisingStrength: p.finalDenoisingStrength,
    curve: p.denoisingCurve,
  }),
};

/** The script a request asks for; null for none. */
export function scriptOf(params: Params): Script | null {
  return params.script === 'none' ? null : readers[params.script](params);
}

/** Whether a script makes the picture larger at its edges, with a mask of its own. */
export function isOutpainting(name: ScriptName): boolean {
  return name === 'outpainting mk2' || name === "poor man's outpainting" || name === 'mosaic outpaint';
}

/** Where a script's own page recommends something else than the tab's defaults; weaker than anything a person says. */
export const scriptDefaults: Readonly<Record<ScriptName, PartialParams>> = {
  none: {},
  'outpainting mk2': { denoisingStrength: 0.8 },
  "poor man's outpainting": { denoisingStrength: 0.8 },
  'mosaic outpaint': { denoisingStrength: 0.8 },
  'SD upscale': { denoisingStrength: 0.3, colorCorrection: true, sdUpscaler: 'Lanczos' },
  loopback: { denoisingStrength: 0.5 },
  extras: { sdUpscaler: 'Lanczos' },
};

/** What a script comes to for a picture of a certain size. */
export interface ScriptOutline {
  /** Size of every finished picture, px. */
  readonly output: Size;
  /** What is painted for one picture, in order: the size of each run. */
  readonly runs: readonly Size[];
}

const times = (count: number, size: Size) => Array.from({ length: count }, () => size);
const flooredTo8 = (side: number) => Math.floor(side / 8) * 8;

/** Sizes while one side after the other grows, and how large a strip each of them paints. */
function mk2Outline({ sides, pixels }: Named<'outpainting mk2'>, init: Size, limit: Size): ScriptOutline {
  const margins = marginsFor(init, pixels, sides);
  let output: Size = { width: init.width, height: init.height };
  const runs: Size[] = [];
  for (const side of directions.filter((d) => margins[d] > 0)) {
    const none: Margins = { left: 0, right: 0, up: 0, down: 0 };
    output = grownBy(output, { ...none, [side]: margins[side] });
    const isHorizontal = side === 'left' || side === 'right';
    runs.push({
      width: isHorizontal ? flooredTo8(Math.min(limit.width, output.width)) : upToGrid(output.width),
      height: isHorizontal ? upToGrid(output.height) : flooredTo8(Math.min(limit.height, output.height)),
    });
  }
  return { output, runs };
}

/** The canvas of poor man's outpainting, and which of its tiles reach outside the picture. */
export function poorMansTiles(
  { sides, pixels }: Pick<Named<"poor man's outpainting">, 'sides' | 'pixels'>,
  init: Size,
  tile: Size,
) {
  const margins = marginsFor(init, pixels, sides);
  const grown = grownBy(init, margins);
  const whole = { width: upToGrid(grown.width), height: upToGrid(grown.height) }; // as A1111: an axis that does not grow too
  const { xs, ys } = tilePositions(whole, tile, pixels);
  const inColumn = (x: number) => x >= margins.left && x + tile.width <= whole.width - margins.right;
  const inRow = (y: number) => y >= margins.up && y + tile.height <= whole.height - margins.down;
  const painted = ys.flatMap((y) => xs.filter((x) => !(inColumn(x) && inRow(y))).map((x) => ({ x, y })));
  return { margins, whole, painted };
}

function sdUpscaleOutline({ overlap, scaleFactor, upscaler }: Named<'SD upscale'>, init: Size, tile: Size) {
  const scaled = (side: number) => (upscaler === 'None' ? side : flooredTo8(side * scaleFactor));
  const output = { width: scaled(init.width), height: scaled(init.height) };
  const { xs, ys } = tilePositions(output, tile, overlap);
  return { output, runs: times(xs.length * ys.length, tile) };
}

/** What growing comes to when it is done several times. */
function inPasses(passes: number, init: Size, grow: (init: Size) => ScriptOutline): ScriptOutline {
  let outline: ScriptOutline = { output: init, runs: [] };
  for (let pass = 0; pass < passes; pass++) {
    const { output, runs } = grow(outline.output);
    outline = { output, runs: [...outline.runs, ...runs] };
  }
  return outline;
}

/**
 * How large a script's result will be and what it takes.
 * @param init  the picture's own size
 * @param processing  the processing size: a tile's, or the most that a strip may have
 */
export function outlineOf(script: Script, init: Size, processing: Size): ScriptOutline {
  switch (script.name) {
    case 'outpainting mk2':
      return inPasses(script.passes, init, (before) => mk2Outline(script, before, processing));
    case "poor man's outpainting":
      return inPasses(script.passes, init, (before) => {
        const { whole, painted } = poorMansTiles(script, before, processing);
        return { output: whole, runs: times(painted.length, processing) };
      });
    case 'mosaic outpaint':
      return { output: processing, runs: [processing] };
    case 'SD upscale':
      return sdUpscaleOutline(script, init, processing);
    case 'extras': {
      const scaled = (side: number) => Math.max(8, flooredTo8(side * script.scaleFactor));
      return { output: { width: scaled(init.width), height: scaled(init.height) }, runs: [] };
    }
    case 'loopback':
      return { output: processing, runs: times(script.loops, processing) };
    default:
      return script satisfies never;
  }
}

/** What a picture has grown to before it is resized: by mosaic outpaint; its own size without. */
export function sizeBeforeResize(script: Script | null, init: Size): Size {
  return script?.name === 'mosaic outpaint' ? grownBy(init, sharedMargins(init, script, script.sides)) : init;
}

const curves: Readonly<Record<DenoisingCurve, (progress: number) => number>> = {
  Aggressive: (t) => Math.sin(t * Math.PI * 0.5),
  Linear: (t) => t,
  Lazy: (t) => 1 - Math.cos(t * Math.PI * 0.5),
};

/** Denoising strength of each loop. Source: A1111 scripts/loopback.py */
export function loopbackStrengths(
  { loops, finalDenoisingStrength, curve }: Omit<Named<'loopback'>, 'name'>,
  denoisingStrength: number,
): readonly number[] {
  return Array.from({ length: loops }, (_, loop) => {
    const progress = loops === 1 ? 0 : curves[curve](loop / (loops - 1));
    return denoisingStrength + (finalDenoisingStrength - denoisingStrength) * progress;
  });
}
