import { toRgb } from '../image/convert.ts';
import type { Picture, Region, Size } from '../image/picture.ts';
import { combineTiles, splitTiles, type Tile, tileRows } from '../image/tiles.ts';
import type { Upscale } from '../image/upscaler.ts';

/** The parameters of the script "SD upscale". */
export interface SdUpscaleOptions {
  /** Processing size: that of a tile. */
  readonly tile: Size;
  /** 0…256 px */
  readonly overlap: number;
  /** 1…4; without effect when `upscale` is null. */
  readonly scaleFactor: number;
  readonly upscale: Upscale | null;
  readonly batchSize: number;
}

/** Pictures to be painted together; each batch's seed is one more than that of the batch before. */
export interface SdUpscalePlan {
  readonly size: Size;
  readonly overlap: number;
  readonly rows: readonly (readonly Region[])[];
  readonly batches: readonly (readonly Picture[])[];
}

/**
 * Enlarges an RGB picture and cuts it into tiles, in reading order, for img2img to add detail.
 * Source: A1111 scripts/sd_upscale.py
 */
export async function planSdUpscale(im: Picture, options: SdUpscaleOptions): Promise<SdUpscalePlan> {
  const { tile, overlap, scaleFactor, upscale, batchSize } = options;
  const enlarged = upscale ? await upscale(toRgb(im), scaleFactor) : toRgb(im);
  const rows = tileRows(enlarged, tile, overlap);
  const tiles = splitTiles(enlarged, rows).flat();
  const batches = Array.from({ length: Math.ceil(tiles.length / batchSize) }, (_, i) =>
    tiles.slice(i * batchSize, (i + 1) * batchSize).map(({ image }) => image),
  );
  return { size: { width: enlarged.width, height: enlarged.height }, overlap, rows, batches };
}

/** The painted tiles, in the order of the batches, as one RGB picture. */
export function finishSdUpscale({ size, overlap, rows }: SdUpscalePlan, results: readonly Picture[]): Picture {
  let i = 0;
  const tiles = rows.map((row) => row.map((region): Tile => ({ region, image: results[i++]! })));
  return combineTiles(tiles, size, overlap);
}
