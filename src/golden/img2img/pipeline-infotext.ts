import { toBlobRef } from '../../edit/blob.ts';
import { defaultParams } from '../../edit/fields.ts';
import { infotextOf, ownInfotextKeys } from '../../edit/infotext.ts';
import { type ParsedInfotext, parseInfotext } from '../../edit/infotext-text.ts';
import type { EditRequest } from '../../edit/request.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, mismatch } from './case.ts';
import { canvasOptionsOf, type Processing } from './processing.ts';

/** A run as far as its infotext goes. */
export interface InfotextRun {
  readonly area: string;
  readonly name: string;
  readonly params: Processing;
  readonly seeds: readonly number[];
  /** Whether a mask was given, and whether anything of it was left to paint. */
  readonly mask: 'none' | 'blank' | 'used';
  readonly infotexts: readonly string[];
}

/** The infotext of every picture of a run. Numbers are compared as such, for the reference's API writes 7.0 where its page writes 7. */
export async function* pipelineInfotexts(run: InfotextRun): AsyncGenerator<GoldenOutcome> {
  const { area, name } = run;
  for (const [i, expected] of run.infotexts.entries()) {
    yield await judge({ area, name: `${name} infotext ${i}`, tolerance: 0 }, () =>
      mismatch(comparable(written(run, run.seeds[i]!)), comparable(parseInfotext(expected))),
    );
  }
}

function written({ params: p, mask }: InfotextRun, seed: number): ParsedInfotext {
  const { maskBlurX, maskBlurY, resizeMode, inpaintArea, maskedContent, onlyMaskedPadding } = canvasOptionsOf(p);
  const request: EditRequest = {
    version: 1,
    init: toBlobRef(`sha256-${'0'.repeat(64)}`),
    mask: mask === 'none' ? null : { kind: 'alpha' },
    width: p.width,
    height: p.height,
    params: {
      ...defaultParams,
      ...{ prompt: 'a toy', sampler: 'Euler', checkpoint: 'toy-model', randnSource: p.randn_source ?? 'CPU' },
      ...{ resizeMode, maskBlurX, maskBlurY, inpaintArea, maskedContent, onlyMaskedPadding },
      maskMode: p.inpainting_mask_invert === 1 ? 'inpaint not masked' : 'inpaint masked',
      denoisingStrength: p.denoising_strength ?? defaultParams.denoisingStrength,
    },
  };
  const facts = { seed, subseed: seed, modelHash: '0123456789', scheduleType: 'Automatic', version: '0' };
  const model = { mask, inpaintingModel: false, usesEtaNoise: false };
  return parseInfotext(infotextOf(request, { ...facts, ...model }));
}

/** Without the keys that A1111 has no words for. */
function comparable({ prompt, negativePrompt, params }: ParsedInfotext): unknown {
  const pairs = [...params].filter(([key]) => !ownInfotextKeys.has(key));
  return [prompt, negativePrompt, pairs.map(([key, value]) => [key, /^[\d.]+$/.test(value) ? Number(value) : value])];
}
