import type { EditOutcome, EditRequest } from '../../edit/request.ts';
import { encodePng } from '../image/encode.ts';
import { readInfotext, withInfotext } from '../image/infotext-file.ts';
import type { Picture } from '../image/picture.ts';
import { plainUpscalers } from '../image/upscaler.ts';
import type { Reporter } from './reporter.ts';

/**
 * A picture enlarged and nothing else: no model is opened. What made it before stays in its infotext.
 * @param file  the picture's own file, for its infotext @throws Refusal 'cancelled'
 * Source: A1111 modules/postprocessing.py, scripts/postprocessing_upscale.py
 */
export async function enlarged(
  { params }: Pick<EditRequest, 'params'>,
  { init, file }: { readonly init: Picture; readonly file: Uint8Array },
  report: Reporter,
): Promise<EditOutcome<Uint8Array>> {
  const { sdUpscaler, scaleFactor, seed } = params;
  report.phase('preparing');
  const image = await plainUpscalers[sdUpscaler](init, scaleFactor);
  report.phase('decoding');
  const done = `Postprocess upscale by: ${scaleFactor}, Postprocess upscaler: ${sdUpscaler}`;
  const before = await readInfotext(file);
  const infotext = before === null ? done : `${before}, ${done}`;
  const { width, height } = image;
  const png = withInfotext(await encodePng(image), infotext);
  return { images: [{ image: png, width, height, seed, infotext }], seconds: report.seconds(), stepsRun: 0 };
}
