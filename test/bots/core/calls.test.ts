import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callOf, typedOptions } from '../../../src/bots/core/calls.ts';
import type { Option } from '../../../src/bots/core/command.ts';
import type { CommandIncoming } from '../../../src/bots/core/platform.ts';
import { refusalOf } from '../../support/refusal.ts';

const about = { en: 'About', zh: '关于' };
const choices = [
  { value: 'lora', label: { en: 'LoRA', zh: 'LoRA' } },
  { value: 'upscaler', label: { en: 'Upscaler', zh: '放大算法' } },
];
const options: readonly Option[] = [
  { kind: 'choice', name: 'kind', about, choices },
  { kind: 'integer', name: 'limit', about, min: 1, max: 20 },
  { kind: 'switch', name: 'all', about },
  { kind: 'person', name: 'who', about },
  { kind: 'text', name: 'search', about, maxLength: 40 },
];

describe('typed options', () => {
  test.each([
    ['', {}],
    ['lora', { kind: 'lora' }],
    ['放大算法 7', { kind: 'upscaler', limit: 7 }],
    ['--limit 3 --all', { limit: 3, all: true }],
    ['--all off --kind=lora', { all: false, kind: 'lora' }],
    ['—limit 3 @ann two words', { limit: 3, who: '@ann', search: 'two words' }],
    ['<@!81384788765712384> "quoted  words"', { who: '81384788765712384', search: 'quoted  words' }],
    ['--search "a \\"b\\" c"', { search: 'a "b" c' }],
  ])('%j', (text, expected) => {
    expect(typedOptions(options, text)).toEqual(expected);
  });

  test('the last text takes all that is left, the ones before it a word each', () => {
    const two: Option[] = ['name', 'value'].map((name) => ({ kind: 'text', name, about, maxLength: 99 }));
    expect(typedOptions(two, 'model dreamy shaper 8')).toEqual({ name: 'model', value: 'dreamy shaper 8' });
  });

  test('the last text leaves choices that follow it, unless it is nothing but that', () => {
    const style = { kind: 'choice', name: 'style', about, choices } as const;
    const both: Option[] = [{ kind: 'text', name: 'name', about, maxLength: 99 }, style];
    expect(typedOptions(both, 'my calm one upscaler')).toEqual({ name: 'my calm one', style: 'upscaler' });
    expect(typedOptions(both, 'upscaler')).toEqual({ name: 'upscaler' });
    expect(typedOptions(both, 'calm "upscaler"')).toEqual({ name: 'calm upscaler' });
    expect(typedOptions([both[0]!, { ...style, byName: true }], 'calm lora')).toEqual({ name: 'calm lora' });
  });

  test('what is out of range, too long or belongs nowhere is refused with its place', () => {
    expect(refusalOf(() => typedOptions(options, '--limit 21')).code).toBe('out-of-range');
    expect(refusalOf(() => typedOptions(options, `--search ${'x'.repeat(41)}`)).code).toBe('prompt-too-long');
    expect(refusalOf(() => typedOptions(options.slice(0, 2), 'lora 7 what'))).toEqual({
      code: 'bad-option',
      details: { position: 7, text: 'what', nearest: null, around: { excerpt: 'lora 7 what', at: 7 } },
    });
  });

  test('nothing but a refusal is ever thrown, and no option comes from nowhere', () => {
    const names = options.map((option) => (typeof option === 'string' ? option : option.name));
    const parts = fc.constantFrom(
      '--limit',
      '--all',
      '=',
      ' ',
      '7',
      '"',
      'lora',
      '@ann',
      '--kind',
      '--',
      '\u0000',
      'x',
    );
    fc.assert(
      fc.property(
        fc.array(parts).map((said) => said.join('')),
        (text) => {
          try {
            expect(names).toEqual(expect.arrayContaining(Object.keys(typedOptions(options, text))));
          } catch (error) {
            expect(error).toHaveProperty('name', 'Refusal');
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('a command that edits leaves its words to the grammar', () => {
  const called = { name: 'edit', sub: '', options: { seed: 7 }, text: 'a hat --steps 3' } as unknown as CommandIncoming;
  expect(callOf(called)).toMatchObject({ sub: '', options: { seed: 7 }, text: 'a hat --steps 3' });
  expect(callOf({ ...called, name: 'constructor' })).toBeUndefined();
});
