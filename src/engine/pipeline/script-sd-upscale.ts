import type { Script } from '../../edit/script.ts';
import { flatten } from '../image/alpha.ts';
import { parseColor } from '../image/convert.ts';
import { resample } from '../image/resample.ts';
import { plainUpscalers } from '../image/upscaler.ts';
import { finishSdUpscale, planSdUpscale } from '../upscale/sd-upscale.ts';
import { batchOf, type Job, type Made, type RunJob } from './job.ts';

/**
 * "SD upscale": the enlarged picture in tiles of the processing size, in batches; each batch's seed is one more than that of the
 * batch before, as A1111, so that neighbouring batches share seeds. A mask applies to every tile.
 * Source: A1111 scripts/sd_upscale.py
 */
export async function runSdUpscale(
  script: Extract<Script, { name: 'SD upscale' }>,
  whole: Job,
  run: RunJob,
): Promise<readonly Made[]> {
  const { params, size } = whole;
  const { overlap, scaleFactor, upscaler } = script;
  const upscale = upscaler === 'None' ? null : plainUpscalers[upscaler];
  const init = flatten(whole.init[0]!, parseColor(params.backgroundColor));
  const { batchSize } = params;
  const plan = await planSdUpscale(init, { tile: size, overlap, scaleFactor, upscale, batchSize });
  // Its blur is counted in its own pixels; but a crop of a tile can only be found by a mask of the tile's size.
  const isCropped = params.inpaintArea === 'only masked';
  const mask = whole.mask && isCropped ? resample(whole.mask, size, 'lanczos') : whole.mask;
  const results: Made[] = [];
  for (let n = 0; n < params.batchCount; n++) {
    const made: Made[] = [];
    for (const [i, tiles] of plan.batches.entries()) {
      const batch = batchOf(params, { batchSize: tiles.length, seed: params.seed + n + i });
      made.push(...(await run({ ...whole, params: batch, init: tiles, mask })));
    }
    const pictures = made.map(({ image }) => image);
    results.push({ ...made[0]!, image: finishSdUpscale(plan, pictures) });
  }
  return results;
}
