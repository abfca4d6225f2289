import type { Script } from '../../edit/script.ts';
import { flatten } from '../image/alpha.ts';
import { colorTargetOf } from '../image/color-correction.ts';
import { parseColor } from '../image/convert.ts';
import { batchOf, type Job, type Made, type RunJob } from './job.ts';
import { type LoopbackOptions, loopbackResults, loopbackRuns } from './loopback.ts';

/**
 * "Loopback": each result is the next picture to start from. Colours, if corrected, stay those of the very first picture.
 * Source: A1111 scripts/loopback.py
 */
export async function runLoopback(
  script: Extract<Script, { name: 'loopback' }>,
  whole: Job,
  run: RunJob,
): Promise<readonly Made[]> {
  const { params, asked } = whole;
  const { denoisingStrength, batchCount, seed, maskedContent } = params;
  const options: LoopbackOptions = { ...script, denoisingStrength, batchCount, seed, maskedContent };
  const runs = loopbackRuns(options);
  const original = flatten(whole.init[0]!, parseColor(params.backgroundColor));
  const colors = params.colorCorrection ? { colorTarget: colorTargetOf(original) } : {};
  const made = new Map<(typeof runs)[number], Made>();
  let init = original;
  for (const one of runs) {
    if (one.loop === 0) init = original;
    const given = { denoisingStrength: one.denoisingStrength, maskedContent: one.maskedContent };
    const job = { ...whole, ...colors, init: [init], asked: { ...asked, ...given } };
    const [result] = await run({ ...job, params: batchOf(params, { ...given, batchSize: 1, seed: one.seed }) });
    made.set(one, result!);
    init = result!.image;
  }
  return loopbackResults(runs, options).map((one) => made.get(one)!);
}
