import { readdir } from 'node:fs/promises';
import { imageGrid } from '../../engine/image/image-grid.ts';
import type { Size } from '../../engine/image/picture.ts';
import { combineTiles, type Tile, tileRows } from '../../engine/image/tiles.ts';
import { finishSdUpscale, planSdUpscale } from '../../engine/upscale/sd-upscale.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, mismatch, pictureDifference, readJson, readPicture } from './case.ts';
import { upscalerNamed } from './resize-image.ts';
import { difference, type ScriptRun, toyResult } from './script-runs.ts';

const area = 'img2img/sd_upscale';

type Pair = readonly [width: number, height: number];
const sizeOf = ([width, height]: Pair): Size => ({ width, height });

interface SplitCase {
  readonly image: Pair;
  readonly tile: Pair;
  readonly overlap: number;
  readonly rows: readonly { readonly y: number; readonly h: number; readonly x: number[]; readonly w: number[] }[];
}

interface CombineCase {
  readonly image: Pair;
  readonly tile: Pair;
  readonly overlap: number;
  readonly tiles: number;
}

interface GridCase {
  readonly sizes: readonly Pair[];
  readonly batch_size: number;
  readonly n_rows: number;
  readonly grid_prevent_empty_spots: boolean;
  readonly file: string;
}

interface UpscaleArgs {
  readonly overlap: number;
  readonly scale_factor: number;
  readonly up: string;
}

/** Tiles, their seams, image grids, and whole runs of the script "SD upscale". */
export async function* sdUpscale(dir: string): AsyncGenerator<GoldenOutcome> {
  const files = await readdir(dir);
  for (const one of await readJson<SplitCase[]>(dir, 'split_grid.json')) {
    const name = `split ${one.image.join('x')} by ${one.tile.join('x')}, overlap ${one.overlap}`;
    yield await judge({ area, name, tolerance: 0 }, () => mismatch(split(one), one.rows));
  }
  if (files.includes('combine.json')) {
    yield await judge({ area, name: 'combine', tolerance: 0 }, () => combined(dir));
  }
  for (const one of await readJson<GridCase[]>(dir, 'image_grid.json')) {
    yield await judge({ area, name: one.file, tolerance: 0 }, () => grid(dir, one));
  }
  for (const run of await readJson<ScriptRun<UpscaleArgs>[]>(dir, 'script_runs.json')) yield* scriptRun(dir, run);
}

function split({ image, tile, overlap }: SplitCase): SplitCase['rows'] {
  return tileRows(sizeOf(image), sizeOf(tile), overlap).map((row) => ({
    y: row[0]!.y1,
    h: row[0]!.y2 - row[0]!.y1,
    x: row.map(({ x1 }) => x1),
    w: row.map(({ x1, x2 }) => x2 - x1),
  }));
}

async function combined(dir: string): Promise<number> {
  const { image, tile, overlap, tiles } = await readJson<CombineCase>(dir, 'combine.json');
  const regions = tileRows(sizeOf(image), sizeOf(tile), overlap);
  const pictures = await Promise.all(Array.from({ length: tiles }, (_, i) => readPicture(dir, `comb_tile${i}.png`)));
  let i = 0;
  const rows = regions.map((row) => row.map((region): Tile => ({ region, image: pictures[i++]! })));
  return pictureDifference(combineTiles(rows, sizeOf(image), overlap), await readPicture(dir, 'comb_out.png'));
}

async function grid(
  dir: string,
  { sizes, batch_size, n_rows, grid_prevent_empty_spots, file }: GridCase,
): Promise<number> {
  const stem = file.replace('.png', '');
  const pictures = await Promise.all(sizes.map((_, i) => readPicture(dir, `${stem}_in${i}.png`)));
  const actual = imageGrid(pictures, {
    rows: n_rows,
    batchSize: batch_size,
    preventEmptySpots: grid_prevent_empty_spots,
    background: [255, 255, 255],
  });
  return pictureDifference(actual, await readPicture(dir, file));
}

async function* scriptRun(dir: string, run: ScriptRun<UpscaleArgs>): AsyncGenerator<GoldenOutcome> {
  const { name, script_args: args, p, calls, outputs } = run;
  const { n_iter = 1, batch_size: batchSize = 1 } = p;
  const plan = await planSdUpscale(await readPicture(dir, `${name}_in.png`), {
    tile: p,
    overlap: args.overlap,
    scaleFactor: args.scale_factor,
    upscale: upscalerNamed(args.up),
    batchSize,
  });
  const n = plan.batches.length;
  yield await judge({ area, name: `${name} calls`, tolerance: 0 }, () => mismatch(n * n_iter, calls.length));
  for (const [i, call] of calls.entries()) {
    yield await judge({ area, name: `${name} call${i}`, tolerance: 0 }, async () => {
      const seed = p.seed + Math.floor(i / n) + (i % n); // each repetition starts one seed further on
      return Math.max(mismatch(seed, call.seed), await difference(dir, plan.batches[i % n]!, call.init_images));
    });
  }
  const result = finishSdUpscale(plan, plan.batches.flat().map(toyResult));
  const pictures = Array.from({ length: n_iter }, () => result);
  yield await judge({ area, name: `${name} outputs`, tolerance: 0 }, () => difference(dir, pictures, outputs));
}
