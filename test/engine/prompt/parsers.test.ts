import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAttention } from '../../../src/engine/prompt/attention.ts';
import { removeComments } from '../../../src/engine/prompt/comments.ts';
import { splitComposition } from '../../../src/engine/prompt/composition.ts';
import { parseDecimal } from '../../../src/engine/prompt/decimal.ts';
import { extractExtraNetworks, hypernetsOf, lorasOf } from '../../../src/engine/prompt/extra-networks.ts';
import { readPrompts, schedulePrompt } from '../../../src/engine/prompt/prompt.ts';
import { promptSchedule } from '../../../src/engine/prompt/schedule.ts';
import { applyStyles, removeStyle } from '../../../src/engine/prompt/styles.ts';

const syntax = fc.string({ unit: fc.constantFrom(...'[]()::||ab3\\ \n', '.5', 'AND', 'BREAK', '<lora:') });
const plain = fc.string({ unit: fc.constantFrom(...'abc ,.-#<>é1') });

describe('attention', () => {
  test('leaves a prompt without brackets as one piece', () => {
    fc.assert(
      fc.property(plain, (text) => {
        expect(parseAttention(text)).toEqual([{ text, weight: 1 }]);
      }),
    );
  });

  test('never puts pieces of equal weight side by side', () => {
    fc.assert(
      fc.property(syntax, (text) => {
        const weights = parseAttention(text).map(({ weight }) => weight);
        expect(weights.length).toBeGreaterThan(0);
        expect(weights.some((weight, i) => i > 0 && weight === weights[i - 1])).toBe(false);
      }),
    );
  });

  test('reads digits of any script, as people type them beside their own letters', () => {
    expect(parseAttention('(猫:１.２)')).toEqual([{ text: '猫', weight: 1.2 }]);
  });

  test('breaks chunks between round brackets only', () => {
    const breaks = (prompt: string) =>
      parseAttention(prompt).filter(({ text, weight }) => text === 'BREAK' && weight === -1);
    expect(breaks('a BREAK b,BREAK')).toHaveLength(2);
    expect(breaks('(a BREAK b)')).toHaveLength(0);
    expect(breaks('aBREAK BREAKs BREAK_ 你BREAK')).toHaveLength(0);
  });

  test('refuses a weight that is no number, and names it', () => {
    expect(() => parseAttention('a (cat: 1.2.3 ) b')).toThrow(
      expect.objectContaining({ code: 'bad-weight', details: { text: ': 1.2.3 )' } }),
    );
  });
});

describe('prompt editing', () => {
  const texts = (prompt: string, steps = 4) =>
    promptSchedule(prompt, { steps }).map(({ endAt, text }) => [endAt, text]);

  test('swaps, adds and takes away at a step or a share of the steps', () => {
    expect(texts('[a:b:1] c')).toEqual([
      [1, 'a c'],
      [4, 'b c'],
    ]);
    expect(texts('[b:.5]')).toEqual([
      [2, ''],
      [4, 'b'],
    ]);
    expect(texts('[a::3]')).toEqual([
      [3, 'a'],
      [4, ''],
    ]);
  });

  test('cycles at every step, also inside a swap', () => {
    expect(texts('[[a|b]:c:2]')).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'c'],
    ]);
  });

  test('keeps attention brackets and escapes for the next reader', () => {
    expect(texts('(a:1.2) \\[b\\] [c]')).toEqual([[4, '(a:1.2) \\[b\\] [c]']]);
  });

  test('keeps a prompt whose brackets make no sense', () => {
    for (const prompt of ['a|b', '[a:b', '[a|b:1]', '(a|b)', 'a\\', '[a:b:c:1]', '[a:1)]'])
      expect(texts(prompt)).toEqual([[4, prompt]]);
  });

  test('ends at the last step and rises, whatever the prompt', () => {
    fc.assert(
      fc.property(syntax, fc.integer({ min: 1, max: 30 }), (prompt, steps) => {
        const ends = promptSchedule(prompt, { steps }).map(({ endAt }) => endAt);
        expect(ends.at(-1)).toBe(steps);
        expect(ends.every((end, i) => end > (ends[i - 1] ?? 0))).toBe(true);
      }),
    );
  });
});

describe('AND', () => {
  test('makes parts with weights, of which a lone prompt is one', () => {
    expect(splitComposition('a cat :1.2 AND a dog AND [a:b:3] : -.5 ')).toEqual([
      { text: 'a cat', weight: 1.2 },
      { text: ' a dog', weight: 1 },
      { text: ' [a:b:3]', weight: -0.5 },
    ]);
    expect(splitComposition('BRAND new, AND_more')).toEqual([{ text: 'BRAND new, AND_more', weight: 1 }]);
  });

  test('comes before editing, so every part has its own schedule', () => {
    expect(schedulePrompt('[a:b:2] AND c:0.3', { steps: 5 })).toEqual([
      {
        weight: 1,
        schedule: [
          { endAt: 2, text: 'a' },
          { endAt: 5, text: 'b' },
        ],
      },
      { weight: 0.3, schedule: [{ endAt: 5, text: ' c' }] },
    ]);
  });
});

describe('extra networks', () => {
  test('are cut out of the prompt, not out of the negative one', () => {
    const given = { prompt: 'a <lora:x:.5> b # note', negativePrompt: '<lora:y:1> AND z' };
    const read = readPrompts(given);
    expect(read.prompt).toBe('a  b \n');
    expect(read.negativePrompt).toBe(given.negativePrompt);
    expect(read.written.prompt).toBe('a <lora:x:.5> b \n');
    expect(read.loras).toEqual({ mentions: [{ name: 'x', te: 0.5, unet: 0.5, dyn: null }] });
    expect(read.hypernets).toEqual({ mentions: [] });
  });

  test('are all turned off by one multiplier that is no number', () => {
    const { networks } = extractExtraNetworks('<lora:a:1><lora:b:much><lora:c:1:1:2.5><hypernet:h:2>');
    expect(lorasOf(networks)).toEqual({ mentions: [], broken: 'much' });
    expect(hypernetsOf(networks)).toEqual({ mentions: [{ name: 'h', multiplier: 2 }] });
  });

  test('take their multipliers by name, and lyco is another word for lora', () => {
    const { networks } = extractExtraNetworks('<lyco:a:1:unet=.25:dyn=4>');
    expect(lorasOf(networks).mentions).toEqual([{ name: 'a', te: 1, unet: 0.25, dyn: 4 }]);
  });

  test('leave every other text as it was', () => {
    fc.assert(
      fc.property(plain, (text) => {
        expect(extractExtraNetworks(text)).toEqual({ text, networks: [] });
      }),
    );
  });
});

describe('styles and comments', () => {
  test('a style that was applied can be removed again', () => {
    const words = fc.string({ unit: fc.constantFrom(...'ab c'), minLength: 1 }).filter((text) => text === text.trim());
    fc.assert(
      fc.property(words, fc.constantFrom('x, {prompt}, y', 'x', '{prompt}'), (prompt, style) => {
        expect(removeStyle(applyStyles(prompt, [style]), style)).toBe(prompt);
      }),
    );
  });

  test('a prompt that merely resembles a style keeps all of it', () => {
    expect(removeStyle('ab', 'ab{prompt}b')).toBeUndefined();
    expect(removeStyle('a cat', 'a dog')).toBeUndefined();
  });

  test('a dollar sign in a prompt is a dollar sign', () => {
    expect(applyStyles('$& $1', ['<{prompt}>'])).toBe('<$& $1>');
  });

  test('comments go, and take their line with them', () => {
    expect(removeComments('# a\nb # c\nd')).toBe('\nb \nd');
  });
});

describe('decimal numbers', () => {
  test.each([
    ['1', 1],
    [' -.5 ', -0.5],
    ['+2.', 2],
    ['1e-2', 0.01],
    ['٣.٥', 3.5],
    ['𝟗𝟎', 90],
  ])('%j is one', (text, value) => {
    expect(parseDecimal(text)).toBe(value);
  });

  test.each(['', '.', '1.2.3', 'nan', 'Infinity', '0x10', '1_0', '1 2'])('%j is none', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });
});

test('no prompt of a hundred thousand characters stops any of the linear readers', () => {
  const fill = (text: string) => text.repeat(100_000 / text.length);
  const prompts = ['(', '[', '[a|', '[a:b:3]', '<a:', '<a:>', ' ', 'AND ', '\\(', ':', '#', '|', '[a:'].map(fill);
  const deep = `${'['.repeat(33_333)}a${':1]'.repeat(22_222)}`;
  for (const prompt of [...prompts, deep]) {
    const read = readPrompts({ prompt, negativePrompt: prompt });
    expect(schedulePrompt(read.prompt, { steps: 20 }).length).toBeGreaterThan(0);
  }
});
