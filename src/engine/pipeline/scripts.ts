import type { Params } from '../../edit/fields.ts';
import { loopbackStrengths, outlineOf, type Script, scriptOf } from '../../edit/script.ts';
import type { Size } from '../image/picture.ts';
import { batchOf, type Job, type Made, type RunJob } from './job.ts';
import { runLoopback } from './script-loopback.ts';
import { runMk2 } from './script-mk2.ts';
import { runMosaic } from './script-mosaic.ts';
import { runPoorMans } from './script-poor-mans.ts';
import { runSdUpscale } from './script-sd-upscale.ts';

/** Runs a script over `run`, which paints one job. */
export async function runScript(script: Script, whole: Job, run: RunJob): Promise<readonly Made[]> {
  switch (script.name) {
    case 'outpainting mk2':
      return await inPasses(script.passes, whole, (job) => runMk2(script, job, run));
    case "poor man's outpainting":
      return await inPasses(script.passes, whole, (job) => runPoorMans(script, job, run));
    case 'mosaic outpaint':
      return await runMosaic(script, whole, run);
    case 'SD upscale':
      return await runSdUpscale(script, whole, run);
    case 'extras':
      throw new RangeError('extras paint nothing');
    case 'loopback':
      return await runLoopback(script, whole, run);
    default:
      return script satisfies never;
  }
}

/** Grows the pictures again and again, each from what it has become, with its own seed. */
async function inPasses(
  passes: number,
  whole: Job,
  grow: (job: Job) => Promise<readonly Made[]>,
): Promise<readonly Made[]> {
  let made = await grow(whole);
  for (let pass = 1; pass < passes; pass++) {
    const grown: Made[] = [];
    for (const before of made) {
      const params = batchOf(whole.params, { batchSize: 1, seed: before.seed });
      const [after] = await grow({ ...whole, params, init: [before.image] });
      grown.push({ ...before, image: after!.image });
    }
    made = grown;
  }
  return made;
}

/** The denoising strength of every batch that will be sampled for one result, in order. */
function strengthsPerResult(params: Params, init: Size, size: Size): readonly number[] {
  const { denoisingStrength, batchSize } = params;
  const script = scriptOf(params);
  if (script?.name === 'loopback') return loopbackStrengths(script, denoisingStrength);
  const runs = script ? outlineOf(script, init, size).runs.length : 1;
  const batches = script?.name === 'SD upscale' ? Math.ceil(runs / batchSize) : runs;
  return Array(batches).fill(denoisingStrength);
}

/** The same for the whole request. */
export function strengthsOf(params: Params, init: Size, size: Size): readonly number[] {
  const once = strengthsPerResult(params, init, size);
  return Array.from({ length: params.batchCount }, () => once).flat();
}
