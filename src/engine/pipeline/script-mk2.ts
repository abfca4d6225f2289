import type { Script } from '../../edit/script.ts';
import { flatten } from '../image/alpha.ts';
import { parseColor } from '../image/convert.ts';
import { crop } from '../image/paste.ts';
import type { Picture, Region, Size } from '../image/picture.ts';
import { flooredSize } from '../image/processing-size.ts';
import { type Expansion, expandMk2, finishMk2, type Mk2Plan, type Mk2Step, planMk2 } from '../outpaint/mk2.ts';
import { type Job, type Made, outpaintBatch, type RunJob } from './job.ts';

type Mk2 = Extract<Script, { name: 'outpainting mk2' }>;

/** The part of a strip, its sides rounded down to what latents can be, that lies at the new edge. */
function atEdge({ size, expansion }: Mk2Step): Region {
  const { width, height } = flooredSize(size);
  const x1 = expansion.side === 'right' ? size.width - width : 0;
  const y1 = expansion.side === 'down' ? size.height - height : 0;
  return { x1, y1, x2: x1 + width, y2: y1 + height };
}

/** The strip along one side as a job: all pictures of a batch share its masks. */
function jobFor(whole: Job, { maskBlurX, maskBlurY }: Mk2Plan, steps: readonly Mk2Step[], seed: number): Job {
  const last = steps.at(-1)!;
  const region = atEdge(last);
  const distinct = new Set(steps).size === 1 ? [last] : steps;
  return {
    ...whole,
    params: outpaintBatch(whole.params, { maskedContent: 'original', seed }),
    size: { width: region.x2 - region.x1, height: region.y2 - region.y1 },
    init: distinct.map(({ init }) => crop(init, region)),
    mask: crop(last.mask, region),
    latentMask: crop(last.latentMask, region),
    maskBlur: { x: maskBlurX, y: maskBlurY },
  };
}

/** Grows every picture of a batch on one side; pictures that are still the same one are grown once. */
function expandAll(
  pictures: readonly Picture[],
  expansion: Expansion,
  by: { readonly options: Mk2; readonly limit: Size },
): readonly Mk2Step[] {
  const [first, ...others] = pictures;
  if (others.every((im) => im === first)) return Array(pictures.length).fill(expandMk2(first!, expansion, by));
  return pictures.map((im) => expandMk2(im, expansion, by));
}

/**
 * "Outpainting mk2": sides one after the other, each on the result of the one before, with the same seed. Batches go on counting
 * seeds; A1111 repeats the same pictures when its seed is fixed.
 * Source: A1111 scripts/outpainting_mk_2.py
 */
export async function runMk2(script: Mk2, whole: Job, run: RunJob): Promise<readonly Made[]> {
  const { params } = whole;
  const init = flatten(whole.init[0]!, parseColor(params.backgroundColor));
  const plan = planMk2(init, script);
  const results: Made[] = [];
  for (let n = 0; n < params.batchCount; n++) {
    const seed = params.seed + n * params.batchSize;
    let pictures: readonly Picture[] = Array(params.batchSize).fill(init);
    let first: readonly Made[] | undefined;
    for (const expansion of plan.expansions) {
      const steps = expandAll(pictures, expansion, { options: script, limit: whole.size });
      const made = await run(jobFor(whole, plan, steps, seed));
      pictures = steps.map((step, i) => finishMk2(step, made[i]!.image));
      first ??= made;
    }
    results.push(...pictures.map((image, i) => ({ ...first![i]!, image })));
  }
  return results;
}
