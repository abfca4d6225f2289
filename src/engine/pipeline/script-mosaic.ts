import type { Script } from '../../edit/script.ts';
import { flatten } from '../image/alpha.ts';
import { parseColor } from '../image/convert.ts';
import { mosaicOutpaint } from '../outpaint/mosaic.ts';
import type { Job, Made, RunJob } from './job.ts';

/**
 * Mosaic outpaint: the grown picture with its mask, inpainted as a whole, as the extension's page says to go on with them.
 * Source: sd-webui-mosaic-outpaint 2.6
 */
export async function runMosaic(
  script: Extract<Script, { name: 'mosaic outpaint' }>,
  whole: Job,
  run: RunJob,
): Promise<readonly Made[]> {
  const mosaic = mosaicOutpaint(flatten(whole.init[0]!, parseColor(whole.params.backgroundColor)), script);
  if (!mosaic) throw new RangeError('a mosaic that grows to no side');
  const params = {
    ...whole.params,
    ...({ inpaintArea: 'whole picture', maskMode: 'inpaint masked', maskedContent: 'original' } as const),
  };
  return await run({ ...whole, params, init: [mosaic.image], mask: mosaic.mask });
}
