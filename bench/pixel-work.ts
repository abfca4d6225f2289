import type { PartialParams } from '../src/edit/index.ts';
import { decodePicture } from '../src/engine/image/decode.ts';
import { encodePng } from '../src/engine/image/encode.ts';
import { openNoisePool } from '../src/engine/noise/noise-pool.ts';
import { openCostlessEdit, squareFiles } from './costless.ts';
import { type Measured, median, timed } from './report.ts';

/** Edits that are timed, after some that warm up. */
const [TIMES, WARM_UP] = [11, 3];

interface Work {
  /** Of the picture, px. */
  readonly side: number;
  readonly maskShare: number;
  readonly params: PartialParams;
}

interface Cost {
  /** The whole edit, ms. */
  readonly total: number;
  /** Of it, reading and writing PNG files, ms. */
  readonly files: number;
}

/** Medians of several edits. */
async function measure({ side, maskShare, params }: Work): Promise<Cost> {
  await using pool = openNoisePool(); // as the engine has it
  const [files, edit] = [await squareFiles(side, maskShare), await openCostlessEdit(pool)];
  const result = await decodePicture(await edit(files, 512, params));
  for (let i = 1; i < WARM_UP; i++) await edit(files, 512, params);
  const [total, coding]: [number[], number[]] = [[], []];
  for (let i = 0; i < TIMES; i++) {
    total.push(await timed(() => edit(files, 512, params)));
    coding.push(
      await timed(async () => {
        await decodePicture(files.photo);
        if (files.mask) await decodePicture(files.mask);
        await encodePng(result);
      }),
    );
  }
  return { total: median(total), files: median(coding) };
}

/** Everything of an edit that is not a network: decoding, canvas, prompt, noise, sampler, composite, PNG. */
export async function pixelWork(): Promise<readonly Measured[]> {
  const edit = await measure({ side: 512, maskShare: 0, params: {} });
  const inpaint = await measure({ side: 512, maskShare: 0.5, params: { maskedContent: 'fill' } });
  const soft = { inpaintArea: 'only masked', softInpainting: true } as const;
  const large = await measure({ side: 2048, maskShare: 0.25, params: soft });
  const ms = (what: string, value: number, limit: number | null): Measured => ({
    ...{ what: `outside the networks: ${what}`, value, unit: 'ms', limit },
  });
  return [
    ms('edit 512², 20 steps, file to file', edit.total, 60),
    ms('inpaint 512², 20 steps, file to file', inpaint.total, null),
    ms('only masked, soft, 2048² with a 512² mask', large.total - large.files, 250),
    ms('reading and writing its PNG files', large.files, null),
  ];
}
