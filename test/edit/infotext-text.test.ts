import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completeInfotext } from '../../src/edit/infotext-defaults.ts';
import { type InfotextValue, parseInfotext, writeInfotext } from '../../src/edit/infotext-text.ts';

const three = [
  ['Steps', 20],
  ['Sampler', 'Euler a'],
  ['Seed', 7],
] as const;

const write = (params: Iterable<readonly [string, InfotextValue]>, prompt = 'a cat', negativePrompt = '') =>
  writeInfotext({ prompt, negativePrompt, params });

describe('writing', () => {
  test('keys A1111 knows come in its order, others after them, the version last', () => {
    const text = write([['Version', 'v1.10.1'], ['Mask blur', 4], ['Size', '64x64'], ...three]);
    expect(text).toBe('a cat\nSteps: 20, Sampler: Euler a, Seed: 7, Size: 64x64, Mask blur: 4, Version: v1.10.1');
  });

  test('numbers look as A1111’s own page sends them', () => {
    const of = (value: number) => write([['Eta', value]], '').slice('Eta: '.length);
    expect([7, 7.5, 0.1 + 0.2, 0, 1e-5, 2.5e-12, 4294967295].map(of)).toEqual([
      '7',
      '7.5',
      '0.30000000000000004',
      '0',
      '1e-05',
      '2.5e-12',
      '4294967295',
    ]);
  });

  test('null is left out, a value equal to its key is written once, booleans are Python’s', () => {
    expect(
      write(
        [
          ['Mask blur', null],
          ['Tiling', true],
          ['Note', 'Note'],
        ],
        '',
      ),
    ).toBe('Tiling: True, Note');
  });

  test('a later value of a key counts, at the key’s place', () => {
    expect(write([...three, ['Steps', 30]], '')).toBe('Steps: 30, Sampler: Euler a, Seed: 7');
  });
});

describe('parsing', () => {
  const someText = fc.string({ unit: 'grapheme', maxLength: 30 });
  const someLine = someText.filter((text) => text === text.trim() && !/[\n\r]/.test(text) && !text.includes(': '));
  const someKey = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9_/-]{1,12}$/)
    .filter((key) => !['Steps', 'Sampler', 'Seed'].includes(key));
  const isReadBack = (value: string) =>
    value !== '' && value === value.trim() && !/^\d+x\d+$/.test(value) && !value.startsWith('"');
  const someValue = someText.filter(isReadBack);

  test('what was written is read again', () => {
    const someParams = fc.dictionary(someKey, someValue, { maxKeys: 5 });
    fc.assert(
      fc.property(someLine, someLine, someParams, (prompt, negativePrompt, extra) => {
        fc.pre(![prompt, negativePrompt].some((line) => line.startsWith('Negative prompt:')));
        const pairs = Object.entries(extra).filter(([key, value]) => key !== value);
        const parsed = parseInfotext(write([...three, ...pairs], prompt, negativePrompt));
        expect({ prompt: parsed.prompt, negativePrompt: parsed.negativePrompt }).toEqual({ prompt, negativePrompt });
        const expected = [...three, ...pairs].map(([key, value]) => [key, String(value)]);
        expect(new Map(parsed.params)).toEqual(new Map(expected as [string, string][]));
      }),
    );
  });

  test('no text makes it fail or take long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const { prompt, params } = parseInfotext(text);
        expect(typeof prompt).toBe('string');
        expect(params).toBeInstanceOf(Map);
      }),
    );
  });

  test.each([
    ['words without a colon', 'a '.repeat(200_000)],
    ['colons without keys', ': '.repeat(200_000)],
    ['a quote that does not end', `Steps: "${'\\'.repeat(400_000)}`],
    ['many pairs', 'ab: c, '.repeat(60_000)],
  ])('%s are read in time proportional to their length', (_, text) => {
    parseInfotext(text);
  });

  test('the pairs are those of A1111’s regular expression', () => {
    const pattern = /\s*([\p{L}\p{N}_][\p{L}\p{N}_ \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/gu;
    const somePiece = fc.constantFrom(
      'ab',
      'c',
      ' ',
      ':',
      ': ',
      ',',
      ', ',
      '"',
      '\\',
      '-',
      '/',
      'é',
      '(',
      '4x5',
      'Steps: 20, ',
    );
    fc.assert(
      fc.property(fc.array(somePiece, { maxLength: 30 }), (pieces) => {
        const line = `k1: 1, k2: 2, k3: 3, ${pieces.join('')}`.trim();
        const matches = [...line.matchAll(pattern)].map(([, key, value]) => [key!, value!] as const);
        const keys = matches.filter(([, value]) => value !== '').map(([key]) => key);
        const read = [...parseInfotext(line).params.keys()].map((key) => key.replace(/-[12]$/, ''));
        expect(new Set(read)).toEqual(new Set(keys));
      }),
      { numRuns: 500 },
    );
  });

  test('two pairs are a prompt, three are parameters', () => {
    expect(parseInfotext('x\nSteps: 20, Seed: 1')).toMatchObject({
      prompt: 'x\nSteps: 20, Seed: 1',
      params: new Map(),
    });
    expect(parseInfotext('x\nSteps: 20, Seed: 1, Eta: 1').prompt).toBe('x');
  });
});

describe('what is not said', () => {
  const completed = (text: string) => completeInfotext(parseInfotext(text), false);

  test('missing keys have A1111’s defaults', () => {
    const values = completed('a\nSteps: 20, Sampler: Euler, Seed: 1');
    expect(values.get('Masked content')).toBe('original');
    expect(values.get('Clip skip')).toBe('1');
    expect(values.get('RNG')).toBe('GPU');
  });

  test.each([
    ['v1.5.2', ['Old prompt editing timelines', 'Pad conds v0', 'Downcast alphas_cumprod']],
    ['v1.6.0-RC', ['Old prompt editing timelines', 'Pad conds v0', 'Downcast alphas_cumprod']],
    ['v1.6.0', ['Downcast alphas_cumprod']],
    ['v1.7.0-224-gabcdef', ['Downcast alphas_cumprod']],
    ['v1.7.0-225-gabcdef', []],
    ['v1.10.1', []],
    ['f2.0.1v1.10.1', []],
  ])('%s behaved otherwise in %j', (version, expected) => {
    const values = completed(`[a:b:5]\nSteps: 20, Sampler: DDIM, Seed: 1, Version: ${version}`);
    const flags = ['Old prompt editing timelines', 'Pad conds v0', 'Downcast alphas_cumprod'];
    expect(flags.filter((flag) => values.get(flag) === true)).toEqual(expected);
  });

  test('a first pass size is the size, and what was the size is what it grew to', () => {
    const values = completed('a\nSteps: 20, Sampler: Euler, Size: 1024x512, First pass size: 512x256');
    expect(['Size-1', 'Size-2', 'Hires resize-1', 'Hires resize-2'].map((key) => values.get(key))).toEqual([
      512, 256, 1024, 512,
    ]);
  });
});
