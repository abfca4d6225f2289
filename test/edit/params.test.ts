import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  closest,
  defaultParams,
  type Field,
  fieldNamed,
  fieldNames,
  fields,
  mergeLayers,
  paramsSchema,
  parseParam,
  partialParamsSchema,
} from '../../src/edit/index.ts';
import { Refusal } from '../../src/errors.ts';
import { refusalOf } from '../support/refusal.ts';

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'none';
};

describe('the parameter table', () => {
  test('has defaults that its own schema takes', () => {
    expect(paramsSchema.parse(defaultParams)).toEqual(defaultParams);
  });

  test('has both languages and a chat name that commands can have for every field', () => {
    for (const name of fieldNames) {
      const { label, chat }: Field = fields[name];
      expect(label.en && label.zh, name).toBeTruthy();
      expect(chat, name).toMatch(/^[a-z][a-z0-9-]{0,31}$/);
    }
  });

  test('gives no two fields the same name in any spelling', () => {
    const spellings = fieldNames.flatMap((name) => [fields[name].api, fields[name].chat, name]);
    for (const name of fieldNames) {
      for (const spelling of [name, fields[name].api, fields[name].chat]) expect(fieldNamed(spelling)).toBe(name);
    }
    expect(spellings.length).toBeGreaterThan(3 * 40);
  });

  test('takes A1111’s names, chat names and camelCase in any case, with blanks, dashes or underscores', () => {
    for (const name of ['denoising_strength', 'Denoising-Strength', 'strength', 'denoisingStrength']) {
      expect(fieldNamed(name)).toBe('denoisingStrength');
    }
    expect(fieldNamed('constructor')).toBeUndefined();
  });
});

describe('what people write for a field', () => {
  test.each([
    ['steps', '30', 30],
    ['denoisingStrength', '0.35', 0.35],
    ['maskedContent', '2', 'latent noise'],
    ['maskedContent', '潜空间噪声', 'latent noise'],
    ['inpaintArea', 'only-masked', 'only masked'],
    ['sampler', 'euler A', 'Euler a'],
    ['exactSteps', '是', true],
    ['seed', '4294967295', 4294967295],
  ] as const)('%s %s', (name, text, value) => {
    expect(parseParam(name, text)).toBe(value);
  });

  test.each([
    ['steps', '0', 'out-of-range'],
    ['steps', '2.5', 'out-of-range'],
    ['steps', '', 'out-of-range'],
    ['steps', 'NaN', 'out-of-range'],
    ['cfgScale', 'Infinity', 'out-of-range'],
    ['maskedContent', '4', 'unknown-name'],
    ['sampler', 'Ewler', 'unknown-name'],
    ['exactSteps', 'perhaps', 'unknown-name'],
    ['size', 'large', 'bad-size'],
    ['backgroundColor', 'blue', 'bad-color'],
    ['direction', 'sideways', 'bad-direction'],
    ['prompt', 'a'.repeat(100_000), 'prompt-too-long'],
  ] as const)('refuses %s %.20s as %s', (name, text, code) => {
    expect(codeOf(() => parseParam(name, text))).toBe(code);
  });

  test.each([
    ['512', '512x512'],
    ['768 by 512', '768x512'],
    ['１５０％', '1.5x'],
    ['12', undefined],
    ['99999', undefined],
  ])('a size of %s may stand for %s', (given, meant) => {
    const refused = refusalOf(() => parseParam('size', given));
    expect(refused).toEqual({ code: 'bad-size', details: { given, ...(meant && { meant }) } });
  });

  test('every value is one the schema takes, or a refusal', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fieldNames), fc.string(), (name, text) => {
        const code = codeOf(() => partialParamsSchema.parse({ [name]: parseParam(name, text) }));
        const texts = ['prompt-too-long', 'bad-size', 'bad-color', 'bad-direction'];
        expect(['none', 'out-of-range', 'unknown-name', ...texts]).toContain(code);
      }),
    );
  });
});

describe('layers', () => {
  test('the stronger one wins key by key, whatever order they come in', () => {
    const { params, from } = mergeLayers([
      { name: 'command', content: { params: { steps: 11 } } },
      { name: 'server', content: { params: { steps: 33, cfgScale: 9 } } },
      { name: 'user default', content: { params: { cfgScale: 5, clipSkip: 2 } } },
    ]);
    expect([params.steps, params.cfgScale, params.clipSkip, params.maskBlur]).toEqual([11, 5, 2, 4]);
    expect([from.steps, from.cfgScale, from.maskBlur]).toEqual(['command', 'user default', 'table']);
  });

  test('words around the prompt nest', () => {
    const { params } = mergeLayers([
      { name: 'server', content: { params: {}, promptPrefix: 'a', promptSuffix: 'z' } },
      { name: 'preset', content: { params: {}, promptPrefix: 'b', promptSuffix: 'y' } },
      { name: 'command', content: { params: { prompt: 'cat' } } },
    ]);
    expect(params.prompt).toBe('a, b, cat, y, z');
  });
});

test('the nearest names come first', () => {
  expect(closest('Eulr a', ['DDIM', 'Euler', 'Euler a'])[0]).toBe('Euler a');
  expect(closest('x'.repeat(1e6), ['DDIM'])).toEqual(['DDIM']);
});
