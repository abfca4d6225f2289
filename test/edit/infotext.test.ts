import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultParams,
  type Field,
  type FieldName,
  fieldNames,
  fields,
  type InfotextFacts,
  infotextOf,
  type Params,
  paramsFromInfotext,
  resolveSampler,
} from '../../src/edit/index.ts';
import { parseInfotext } from '../../src/edit/infotext-text.ts';
import { settingsOf } from '../../src/edit/sampler-settings.ts';

/** Any value that the field takes; numbers on its slider, as the interface sends them. */
function someValue(field: Field): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'integer':
      return fc.integer({ min: field.min, max: field.max });
    case 'number': {
      const decimals = Math.max(0, -Math.floor(Math.log10(field.step)));
      const ticks = Math.round((field.max - field.min) / field.step);
      return fc.integer({ min: 0, max: ticks }).map((i) => Number((field.min + i * field.step).toFixed(decimals + 1)));
    }
    case 'switch':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...field.choices.map(({ value }) => value));
    case 'text':
      return fc.constant(field.default);
    default:
      return field satisfies never;
  }
}

const words = fc
  .array(fc.constantFrom('a cat', '(hat:1.2)', '"red"', 'blue, green', '蓝天', '[a:b:0.5]', '\\(x\\)', 'Steps'), {
    maxLength: 4,
  })
  .map((parts) => parts.join(', '));
const sides = fc.subarray(['left', 'right', 'up', 'down'], { minLength: 1 }).map((some) => some.join(' '));

const someParams = fc
  .record(Object.fromEntries(fieldNames.map((name) => [name, someValue(fields[name])])))
  .chain((params) =>
    fc.record({
      ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, fc.constant(value)])),
      ...{ prompt: words, negativePrompt: words, direction: sides, mosaicDirection: sides },
      checkpoint: fc.constantFrom('model', 'a model, with: signs'),
      refiner: fc.constantFrom('', 'refiner'),
    }),
  ) as unknown as fc.Arbitrary<Params>;

const facts = (params: Params): InfotextFacts => ({
  ...{ seed: params.seed, subseed: params.subseed, modelHash: '0123456789', version: '1.2.3' },
  ...{ scheduleType: params.scheduler, mask: 'used', inpaintingModel: true, usesEtaNoise: true },
  editingModel: true,
  ...(params.refiner !== '' && { refiner: params.refiner }),
});

/** Only of schedules that have levels to bend, and only what bends them. */
function ofSchedule({ sampler, scheduler, rho }: Params): Readonly<Partial<Record<FieldName, boolean>>> {
  const isBent = settingsOf(sampler).schedule && scheduler !== 'Automatic';
  const own = { Karras: 7, Polyexponential: 1 }[scheduler as string];
  return {
    ...{ sigmaMin: isBent, sigmaMax: isBent, rho: isBent && own !== undefined && own !== rho },
    ...{ betaDistAlpha: isBent && scheduler === 'Beta', betaDistBeta: isBent && scheduler === 'Beta' },
    alwaysDiscardNextToLastSigma: !settingsOf(sampler).discardsNextToLastSigma,
  };
}

/** Only what the sampler looks at, and an eta only where it is not the sampler's own. */
function ofSampler(p: Params): Readonly<Partial<Record<FieldName, boolean>>> {
  const { eta, churn, noise } = settingsOf(p.sampler);
  return {
    ...{ eta: eta !== null && p.eta >= 0 && p.eta !== eta.own },
    ...{ sChurn: churn, sTmin: churn, sTmax: churn, sNoise: noise },
  };
}

/** What an infotext says of a request, or leaves out when it is what everybody takes for granted. */
function carried(p: Params): readonly FieldName[] {
  const own: Readonly<Partial<Record<FieldName, boolean>>> = {
    subseed: p.subseedStrength !== 0,
    seedResizeFromW: p.seedResizeFromW > 0 && p.seedResizeFromH > 0,
    seedResizeFromH: p.seedResizeFromW > 0 && p.seedResizeFromH > 0,
    onlyMaskedPadding: p.inpaintArea === 'only masked',
    etaNoiseSeedDelta: p.eta !== 0,
    ...ofSchedule(p),
    ...ofSampler(p),
    // belong to the picture at hand or to its batch, not to how it is painted
    ...{ size: false, batchSize: false, batchCount: false, returnMask: false, returnMaskComposite: false },
    ...{ sampler: false, scheduler: false }, // looked at below
    emphasis: /[([]/.test(p.prompt + p.negativePrompt), // weights are in brackets
    refinerSwitchAt: p.refiner !== '',
    styles: false, // they are in the prompts by then
  };
  const scripts: Readonly<Record<string, RegExp>> = {
    'outpainting mk2': /^(pixels|direction|outpaintPasses|mk2MaskBlur|noiseQ|colorVariation)$/,
    "poor man's outpainting": /^(pixels|direction|outpaintPasses|poor.*)$/,
    'mosaic outpaint': /^mosaic/,
    'SD upscale': /^(overlap|scaleFactor|sdUpscaler)$/,
    extras: /^(scaleFactor|sdUpscaler)$/,
    loopback: /^(loops|finalDenoisingStrength|denoisingCurve)$/,
  };
  const isScripts = (name: FieldName) => Object.values(scripts).some((pattern) => pattern.test(name));
  return fieldNames.filter((name) => {
    if (/^soft[A-Z]/.test(name) && name !== 'softInpainting') return p.softInpainting;
    return isScripts(name) ? (scripts[p.script]?.test(name) ?? false) : (own[name] ?? true);
  });
}

test('what was asked for is read back from the picture, in every field that its text carries', () => {
  fc.assert(
    fc.property(someParams, (params) => {
      const read = paramsFromInfotext(infotextOf({ params, width: 512, height: 512 }, facts(params)));
      for (const name of carried(params)) expect(read[name] ?? fields[name].default, name).toEqual(params[name]);
      const { sampler, scheduler } = resolveSampler(params.sampler, params.scheduler, { toAutomatic: true });
      expect([read.sampler, read.scheduler]).toEqual([sampler, scheduler]);
    }),
    { numRuns: 300 },
  );
});

test('A1111’s own keys of a script are enough to know which script it was', () => {
  const head = 'a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, Denoising strength: 0.3';
  expect(paramsFromInfotext(`${head}, SD upscale overlap: 96, SD upscale upscaler: Lanczos`)).toMatchObject({
    ...{ script: 'SD upscale', overlap: 96, sdUpscaler: 'Lanczos' },
  });
  expect(paramsFromInfotext(`${head}, Final denoising strength: 0.4, Denoising curve: Lazy`)).toMatchObject({
    ...{ script: 'loopback', finalDenoisingStrength: 0.4, denoisingCurve: 'Lazy' },
  });
});

test('what an old version of A1111 did otherwise is done so again', () => {
  const old = (version: string) =>
    paramsFromInfotext(`[cat:dog:0.5]\nSteps: 20, Sampler: DDIM, CFG scale: 7, Version: ${version}`);
  expect(old('v1.5.2')).toMatchObject({ useOldScheduling: true, padCondsV0: true });
  expect(old('v1.6.0')).not.toMatchObject({ useOldScheduling: true });
});

test('a hypernetwork that old infotext has as a setting is read into the prompt', () => {
  const text = 'a cat\nSteps: 20, Sampler: Euler a, Seed: 1, Hypernet: glow, Hypernet strength: 0.5';
  expect(paramsFromInfotext(text).prompt).toBe('a cat<hypernet:glow:0.5>');
});

test('of a mask that "only masked" found blank the blur is told, and nothing of what did not happen', () => {
  const params = { ...defaultParams, inpaintArea: 'only masked', maskedContent: 'fill', maskBlur: 6 } as const;
  const told = (mask: InfotextFacts['mask']) =>
    [
      ...parseInfotext(infotextOf({ params, width: 512, height: 512 }, { ...facts(params), mask })).params.keys(),
    ].filter((key) => /[Mm]ask|Inpaint area/.test(key) && key !== 'Conditional mask weight');
  expect(told('none')).toEqual([]);
  expect(told('blank')).toEqual(['Mask blur']);
  expect(told('used')).toEqual(['Mask blur', 'Inpaint area', 'Masked area padding', 'Masked content']);
});

describe('the sampler’s keys', () => {
  const bent = {
    ...{ eta: 0.5, sChurn: 2, sTmin: 0.1, sTmax: 9, sNoise: 1.01, alwaysDiscardNextToLastSigma: true },
    ...{ sigmaMin: 0.1, sigmaMax: 10, rho: 5, betaDistAlpha: 0.4, extraNoise: 0.2 },
  };
  const keys = (sampler: Params['sampler'], scheduleType: string) => {
    const params = { ...defaultParams, ...bent, sampler };
    const text = infotextOf({ params, width: 512, height: 512 }, { ...facts(params), scheduleType, mask: 'none' });
    return [...parseInfotext(text).params.keys()].filter((key) =>
      /^(Eta|Sigma|Discard|Extra noise|Beta)|Schedule (min|max|rho)/.test(key),
    );
  };

  test.each<[Params['sampler'], string, readonly string[]]>([
    [
      'Euler',
      'Automatic',
      ['Discard penultimate sigma', 'Extra noise', 'Sigma churn', 'Sigma tmin', 'Sigma tmax', 'Sigma noise'],
    ],
    [
      'Euler a',
      'Karras',
      ['Schedule min sigma', 'Schedule max sigma', 'Schedule rho', 'Discard penultimate sigma', 'Extra noise', 'Eta'],
    ],
    ['DPM2 a', 'Simple', ['Schedule min sigma', 'Schedule max sigma', 'Extra noise', 'Eta', 'Sigma noise']],
    [
      'LCM',
      'Beta',
      [
        'Schedule min sigma',
        'Schedule max sigma',
        'Beta schedule alpha',
        'Beta schedule beta',
        'Discard penultimate sigma',
        'Extra noise',
      ],
    ],
    ['DDIM', 'Karras', ['Discard penultimate sigma', 'Extra noise', 'Eta DDIM']],
    ['UniPC', 'Beta', ['Discard penultimate sigma', 'Extra noise']],
  ])('%s with %s: those it looks at', (sampler, scheduleType, expected) => {
    expect(keys(sampler, scheduleType)).toEqual(expected);
  });

  test('an eta or a rho that is the own one anyway is not told', () => {
    const told = (given: Partial<Params>, scheduleType: string) => {
      const params = { ...defaultParams, ...given };
      return infotextOf({ params, width: 512, height: 512 }, { ...facts(params), scheduleType });
    };
    expect(told({ sampler: 'DDIM', eta: 0 }, 'Automatic')).not.toContain('Eta');
    expect(told({ sampler: 'Euler a', eta: 1, rho: 7 }, 'Karras')).not.toMatch(/Eta|rho/);
  });
});

test('the emphasis mode stands behind the hashes, before the noise multiplier, as in A1111', () => {
  const params = { ...defaultParams, prompt: '(hat:1.2)', emphasis: 'No norm', initialNoiseMultiplier: 0.9 } as const;
  const hashes = { embeddingHashes: [{ name: 'bad', hash: '0123456789ab' }] };
  const text = infotextOf({ params, width: 512, height: 512 }, { ...facts(params), mask: 'used', ...hashes });
  const keys = [...parseInfotext(text).params.keys()];
  const at = keys.indexOf('Emphasis');
  expect(keys.slice(at - 1, at + 2)).toEqual(['TI hashes', 'Emphasis', 'Noise multiplier']);
});

test('a switch that somebody’s text says anything but False of is on', () => {
  const read = (word: string) =>
    paramsFromInfotext(`a\nSteps: 20, Sampler: Euler, Seed: 1, Soft inpainting enabled: ${word}`).softInpainting;
  expect(['True', 'true', '1', 'yes indeed'].map(read)).toEqual([true, true, true, true]);
  expect(read('False')).toBe(false);
});
