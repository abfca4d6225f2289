import { describe, expect, test } from 'vitest';
import { parseAdvanced, parseOptions } from '../../../src/bots/core/options.ts';
import { type Field, fieldNames, fields } from '../../../src/edit/fields.ts';
import { refusalOf } from '../../support/refusal.ts';

describe('the advanced option', () => {
  test.each([
    ['', {}],
    ['steps=30', { steps: 30 }],
    ['steps=30, cfg_scale = 5.5\nseed=7', { steps: 30, cfgScale: 5.5, seed: 7 }],
    ['Denoising-Strength=0.4', { denoisingStrength: 0.4 }],
    ['denoisingStrength=0.4', { denoisingStrength: 0.4 }],
    ['negative="bad, \\"ugly\\" hands" steps=5', { negativePrompt: 'bad, "ugly" hands', steps: 5 }],
    ['sampler=DPM++ 2M SDE, steps=5', { sampler: 'DPM++ 2M SDE', steps: 5 }],
    ['inpainting_fill=2，expand=-4', { maskedContent: 'latent noise', dilateMask: -4 }],
    ['fill＝填充', { maskedContent: 'fill' }],
    ['size=768x512', { size: '768x512' }],
    ['height=768 width=512', { size: '512x768' }],
    ['width=512', { size: 'w512' }],
    ['scale_by=1.5 upscaler_1=Lanczos', { size: '1.5x', sdUpscaler: 'Lanczos' }],
    ['seed-resize=512x768', { seedResizeFromW: 512, seedResizeFromH: 768 }],
    ['override_settings.sd_model_checkpoint=x', { checkpoint: 'x' }],
    ['inpaint_full_res=true inpainting_mask_invert=1', { inpaintArea: 'only masked', maskMode: 'inpaint not masked' }],
    ['strength=０.５ cfg=7,5 prompt=“a cat”', { denoisingStrength: 0.5, cfgScale: 7.5, prompt: 'a cat' }],
    ['--strength 0.4 --steps=12, seed=7', { denoisingStrength: 0.4, steps: 12, seed: 7 }],
  ])('%j', (text, expected) => {
    expect(parseAdvanced(text)).toEqual(expected);
  });

  test.each([
    ['steps=30 stpes=3', { position: 9, text: 'stpes', nearest: 'steps' }],
    ['steps=30 nonsense', { position: 9, text: 'nonsense' }],
    ['=3', { position: 0, text: '=' }],
    ['steps=', { position: 6, text: '' }],
    ['negative="never closed', { position: 9, text: '"' }],
  ])('%j is refused where it goes wrong', (text, details) => {
    expect(refusalOf(() => parseAdvanced(text))).toMatchObject({ code: 'bad-option', details });
  });

  test('every field can be given by every one of its names', () => {
    for (const name of fieldNames) {
      const field: Field = fields[name];
      const value = field.default === '' ? 'x' : field.default;
      for (const spelling of [name, field.api, field.chat]) {
        expect(parseAdvanced(`${spelling}="${value}"`)).toEqual({ [name]: value });
      }
    }
  });
});

test('typed options arrive as texts, numbers and switches', () => {
  expect(parseOptions({ sampler: 'DPM++ 2M Karras', scheduler: 'Beta' })).toEqual({
    ...{ sampler: 'DPM++ 2M', scheduler: 'Beta' },
  });
  expect(parseOptions({ strength: 0.5, soft: true, size: '2x', fill: 'latent noise', 'mask-blur': 8 })).toEqual({
    denoisingStrength: 0.5,
    softInpainting: true,
    size: '2x',
    maskedContent: 'latent noise',
    maskBlur: 8,
  });
});
