import { toBlobRef } from '../../edit/blob.ts';
import { defaultParams, type Params } from '../../edit/fields.ts';
import { type InfotextFacts, infotextOf, ownInfotextKeys } from '../../edit/infotext.ts';
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
  /** What else was asked for, and what is known of it. */
  readonly given?: Partial<Params>;
  readonly facts?: Partial<InfotextFacts>;
}

/** The infotext of every picture of a run. Numbers are compared as such, for the reference's API writes 7.0 where its page writes 7. */
export async function* pipelineInfotexts(run: InfotextRun): AsyncGenerator<GoldenOutcome> {
  const { area, name } = run;
  for (const [i, expected] of run.infotexts.entries()) {
    yield await judge({ area, name: `${name} infotext ${i}`, tolerance: 0 }, () =>
      mismatch(comparable(written(run, run.seeds[i]!, i)), comparable(parseInfotext(expected))),
    );
  }
}

function written({ params: p, mask, given, facts: known }: InfotextRun, seed: number, i: number): ParsedInfotext {
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
      initialNoiseMultiplier: p.initial_noise_multiplier ?? 1,
      inpaintingMaskWeight: p.inpainting_mask_weight ?? 1,
      ...{ subseedStrength: p.subseed_strength ?? 0, seedResizeFromW: p.seed_resize_from_w ?? 0 },
      seedResizeFromH: p.seed_resize_from_h ?? 0,
      ...given,
    },
  };
  const subseed = (p.subseed ?? 0) + i;
  const facts = { seed, subseed, modelHash: '0123456789', scheduleType: 'Automatic', version: '0' };
  const model = { mask, inpaintingModel: false, usesEtaNoise: false };
  return parseInfotext(infotextOf(request, { ...facts, ...model, ...known }));
}

/** Without the keys that A1111 has no words for. */
function comparable({ prompt, negativePrompt, params }: ParsedInfotext): unknown {
  const pairs = [...params].filter(([key]) => !ownInfotextKeys.has(key));
  return [prompt, negativePrompt, pairs.map(([key, value]) => [key, /^[\d.]+$/.test(value) ? Number(value) : value])];
}
