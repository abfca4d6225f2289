import type { Script } from '../../edit/script.ts';
import { flatten } from '../image/alpha.ts';
import { parseColor } from '../image/convert.ts';
import { finishPoorMans, planPoorMans } from '../outpaint/poor-mans.ts';
import { type Job, type Made, outpaintBatch, type RunJob } from './job.ts';

/**
 * "Poor man's outpainting": tiles of the processing size over the larger canvas, one seed after the other.
 * Source: A1111 scripts/poor_mans_outpainting.py
 */
export async function runPoorMans(
  script: Extract<Script, { name: "poor man's outpainting" }>,
  whole: Job,
  run: RunJob,
): Promise<readonly Made[]> {
  const { params } = whole;
  const plan = planPoorMans(flatten(whole.init[0]!, parseColor(params.backgroundColor)), whole.size, script);
  const made: Made[] = [];
  for (const [i, { init, mask, latentMask }] of plan.tiles.entries()) {
    const given = { maskedContent: script.maskedContent, batchSize: 1, seed: params.seed + i };
    const job = { ...whole, params: outpaintBatch(params, given), init: [init], mask, latentMask };
    made.push(...(await run({ ...job, maskBlur: { x: plan.maskBlur, y: plan.maskBlur } })));
  }
  return [
    {
      ...made[0]!,
      image: finishPoorMans(
        plan,
        made.map(({ image }) => image),
      ),
    },
  ];
}
