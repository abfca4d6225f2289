import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseWords, promptAfter, promptWithout, takeMaskWord } from '../../../src/bots/core/grammar.ts';
import { parseText } from '../../../src/bots/core/verbs.ts';
import { refusalOf } from '../../support/refusal.ts';

const nothing = {
  prompt: null,
  append: '',
  negative: null,
  appendNegative: '',
  params: {},
  region: null,
  saidTwice: [],
};
const words = (given: Partial<typeof nothing> | object) => ({ ...nothing, ...given });

describe('words of an edit', () => {
  test.each([
    ['a red hat', { prompt: 'a red hat' }],
    ['  油画，温暖的光 ', { prompt: '油画，温暖的光' }],
    ['+ sunset, warm light', { append: 'sunset, warm light' }],
    ['＋日落', { append: '日落' }],
    ['no: blurry', { negative: 'blurry' }],
    ['no:', { negative: '' }],
    ['a cat no: +no: text', { prompt: 'a cat', negative: '', appendNegative: 'text' }],
    ['NEG：blurry', { negative: 'blurry' }],
    ['反向：模糊', { negative: '模糊' }],
    ['+no: text', { appendNegative: 'text' }],
    ['blue hat no: blurry', { prompt: 'blue hat', negative: 'blurry' }],
    ['blue hat\n+ sunset', { prompt: 'blue hat', append: 'sunset' }],
    ['--strength 0.4 --seed 7', { params: { denoisingStrength: 0.4, seed: 7 } }],
    ['--strength=0.4, --seed=-1', { params: { denoisingStrength: 0.4, seed: -1 } }],
    ['－－strength＝0.4', { params: { denoisingStrength: 0.4 } }],
    ['—strength 0.4', { params: { denoisingStrength: 0.4 } }],
    ['hat --denoising_strength .4 with feather', { prompt: 'hat with feather', params: { denoisingStrength: 0.4 } }],
    ['--sampler DPM++ 2M SDE Heun hat', { prompt: 'hat', params: { sampler: 'DPM++ 2M SDE Heun' } }],
    ['--sampler "Euler a" hat', { prompt: 'hat', params: { sampler: 'Euler a' } }],
    ['--fill 潜空间噪声', { params: { maskedContent: 'latent noise' } }],
    ['--fill 2', { params: { maskedContent: 'latent noise' } }],
    ['hat --soft', { prompt: 'hat', params: { softInpainting: true } }],
    ['--soft off hat', { prompt: 'hat', params: { softInpainting: false } }],
    ['--soft no: blurry', { negative: 'blurry', params: { softInpainting: true } }],
    ['--negative blurry, bad hands --seed 7', { negative: 'blurry, bad hands', params: { seed: 7 } }],
    ['--negative "a, b" hat', { prompt: 'hat', negative: 'a, b' }],
    ['--prompt a cat', { prompt: 'a cat' }],
    ['--seed 1 --seed 2', { params: { seed: 2 } }],
    ['--steps ３０ hat', { prompt: 'hat', params: { steps: 30 } }],
    ['--strength 0,4 hat', { prompt: 'hat', params: { denoisingStrength: 0.4 } }],
    ['--steps 4, hat', { prompt: 'hat', params: { steps: 4 } }],
    ['--sampler “Euler a” hat', { prompt: 'hat', params: { sampler: 'Euler a' } }],
    ['--prompt 「a, b」', { prompt: 'a, b' }],
    ['--direction left, up lamp', { prompt: 'lamp', params: { direction: 'left, up' } }],
    ['--direction left upstairs', { prompt: 'upstairs', params: { direction: 'left' } }],
    ['--size 768 x 512 hat', { prompt: 'hat', params: { size: '768 x 512' } }],
    ['--size 2x 4 cats', { prompt: '4 cats', params: { size: '2x' } }],
    ['--width 512 --height 768 hat', { prompt: 'hat', params: { size: '512x768' } }],
    ['--inpaint_full_res true', { params: { inpaintArea: 'only masked' } }],
    ['一只猫，反向：模糊', { prompt: '一只猫', negative: '模糊' }],
    ['--strength 0.4,--seed 7', { params: { denoisingStrength: 0.4, seed: 7 } }],
    ['a cat,--strength：０.４', { prompt: 'a cat', params: { denoisingStrength: 0.4 } }],
    ['--no: blurry', { negative: 'blurry' }],
    ['--sampler DPM++ 2M Karras hat', { prompt: 'hat', params: { sampler: 'DPM++ 2M', scheduler: 'Karras' } }],
    ['--scheduler Beta --sampler "Euler karras"', { params: { sampler: 'Euler', scheduler: 'Beta' } }],
  ])('%j', (text, expected) => {
    expect(parseWords(text)).toEqual(words(expected));
  });

  test.each([
    'a cat + a dog',
    'semi--auto rifle',
    'a cat—black',
    '-- a dash',
    'she said—no',
    'a sign that says yes: enter',
    '(hat:1.2) [a:b:0.5] <lora:x:0.8>',
    'casino: royale',
  ])('takes %j for a prompt as it is', (text) => {
    expect(parseWords(text)).toEqual(words({ prompt: text }));
  });

  test('an unknown key is refused with its place and the nearest one', () => {
    expect(refusalOf(() => parseWords('hat --stregth 0.4'))).toEqual({
      code: 'bad-option',
      details: {
        ...{ position: 4, text: 'stregth', nearest: 'strength' },
        around: { excerpt: 'hat --stregth 0.4', at: 4 },
      },
    });
    const cut = refusalOf(() => parseWords(`${'🎩'.repeat(20)} --stregth 0.4`)); // begins inside of one
    expect(JSON.stringify(cut)).not.toMatch(/\\ud[89a-f]/i);
  });

  test('a value out of range is refused', () => {
    expect(refusalOf(() => parseWords('--steps 151')).code).toBe('out-of-range');
    expect(refusalOf(() => parseWords('--steps'))).toMatchObject({ code: 'bad-option', details: { text: '' } });
  });

  test('an invisible or direction mark does not survive', () => {
    expect(parseWords('a\u202e red\u0000 hat\ud800').prompt).toBe('a red hat');
  });
});

describe('verbs', () => {
  test.each([
    ['again', 'again'],
    ['Again', 'again'],
    ['再来', 'again'],
    ['再来一张！', 'again'],
    ['more.', 'more'],
    ['更少', 'less'],
    ['undo', 'undo'],
    ['撤销', 'undo'],
    ['重做', 'redo'],
    ['compare', 'compare'],
    ['对比', 'compare'],
  ])('%j is %s', (text, verb) => {
    expect(parseText(text)).toEqual({ kind: 'verb', verb, params: {} });
  });

  test('parameters may follow those that make a picture', () => {
    expect(parseText('again --steps 30')).toEqual({ kind: 'verb', verb: 'again', params: { steps: 30 } });
  });

  test.each(['more clouds', 'undo the braid', 'again, but blue', 'less --steps 3 noise', '撤销她的辫子'])(
    '%j is an edit',
    (text) => {
      expect(parseText(text).kind).toBe('edit');
    },
  );

  test.each(['constructor', 'toString', '__proto__'])('%j is a prompt', (text) => {
    expect(parseText(text)).toEqual({ kind: 'edit', command: 'edit', words: words({ prompt: text }) });
  });
});

describe('verbs that begin another flow', () => {
  test.each([
    ['upscale', 'upscale', {}],
    ['Upscale 1.5x', 'upscale', { scaleFactor: 1.5 }],
    ['放大2倍', 'upscale', { scaleFactor: 2 }],
    ['放大 ３', 'upscale', { scaleFactor: 3 }],
    ['放大两倍', 'upscale', { scaleFactor: 2 }],
    ['放大三倍！', 'upscale', { scaleFactor: 3 }],
    ['upscale x2', 'upscale', { scaleFactor: 2 }],
    ['outpaint left and right 64', 'outpaint', { direction: 'left right', pixels: 64 }],
    ['外扩向左６４', 'outpaint', { direction: 'left', pixels: 64 }],
    ['outpaint', 'outpaint', {}],
    ['outpaint left right 128', 'outpaint', { direction: 'left right', pixels: 128 }],
    ['outpaint up, 64 px --strength 0.7', 'outpaint', { direction: 'up', pixels: 64, denoisingStrength: 0.7 }],
    ['外扩左右128像素', 'outpaint', { direction: 'left right', pixels: 128 }],
    ['外扩 四周', 'outpaint', { direction: 'left right up down' }],
    ['outpaint horizontal', 'outpaint', { direction: 'left right' }],
  ] as const)('%j is %s', (text, command, params) => {
    expect(parseText(text)).toEqual({ kind: 'edit', command, words: words({ params }) });
  });

  test('words may be added to them', () => {
    const added = { append: 'a wide meadow', negative: 'people', params: { direction: 'left' } };
    expect(parseText('outpaint left no: people\n+ a wide meadow')).toEqual({
      ...{ kind: 'edit', command: 'outpaint', words: words(added) },
    });
  });

  test.each([
    'upscale the building',
    '放大镜',
    'outpaint leftovers',
    'outpainted wall',
    '外扩镜头',
    '外扩张',
    '放大2倍的猫',
  ])('%j is a prompt', (text) => {
    expect(parseText(text)).toEqual({ kind: 'edit', command: 'edit', words: words({ prompt: text }) });
  });

  test('what a verb cannot take is refused', () => {
    expect(refusalOf(() => parseText('upscale 9')).code).toBe('out-of-range');
    expect(refusalOf(() => parseText('outpaint left 4')).code).toBe('out-of-range');
  });
});

describe('a part of the picture', () => {
  const swapped = { denoisingStrength: 0.85, maskedContent: 'latent noise', softInpainting: true };
  test.each([
    ['hat -> red beret', 'hat', 'red beret'],
    ['hat => red beret', 'hat', 'red beret'],
    ['hat－＞red beret', 'hat', 'red beret'],
    ['hat → red beret', 'hat', 'red beret'],
    ['“hat” -> "red beret"', 'hat', 'red beret'],
    ['replace the hat with a red beret', 'the hat', 'a red beret'],
    ['把帽子换成红色贝雷帽', '帽子', '红色贝雷帽'],
    ['把 帽子 改成 红色贝雷帽', '帽子', '红色贝雷帽'],
    ['帽子改成红色贝雷帽', '帽子', '红色贝雷帽'],
  ])('%j swaps', (text, target, append) => {
    expect(parseText(text)).toEqual({
      ...{ kind: 'edit', command: 'edit' },
      words: words({ append, params: swapped, region: { target, becomes: 'another' } }),
    });
  });

  test.each([
    ['remove vase', 'vase'],
    ['去掉花瓶', '花瓶'],
    ['移除 花瓶', '花瓶'],
  ])('%j takes away', (text, target) => {
    const params = { denoisingStrength: 0.5, maskedContent: 'fill', dilateMask: 8 };
    expect(parseText(text)).toMatchObject({ words: { prompt: null, params, region: { target, becomes: 'nothing' } } });
  });

  test.each([
    ['inpaint hat: red beret', 'hat', 'red beret'],
    ['重绘帽子：红色贝雷帽', '帽子', '红色贝雷帽'],
  ])('%j repaints', (text, target, prompt) => {
    expect(parseText(text)).toMatchObject({ words: { prompt, params: {}, region: { target, becomes: 'repainted' } } });
  });

  test('what is said besides wins over what the form stands for', () => {
    const { words: said } = parseText('hat -> beret --strength 0.6 no: blurry') as Extract<
      ReturnType<typeof parseText>,
      { kind: 'edit' }
    >;
    expect(said).toMatchObject({ append: 'beret', negative: 'blurry', params: { ...swapped, denoisingStrength: 0.6 } });
  });

  test.each([
    'a -> b -> c',
    '-> beret',
    'hat ->',
    'replace the hat',
    'remove',
    'inpaint',
    'inpaint the hat',
    'X改成',
    '把握',
  ])('%j is a prompt', (text) => {
    expect(parseText(text)).toMatchObject({ words: { prompt: text.trim(), region: null } });
  });

  test('a tag that speaks of what is taken away goes too', () => {
    expect(promptWithout('a table, Vase of roses, 花瓶，warm light', 'vase')).toBe('a table, 花瓶, warm light');
    expect(promptWithout('a table', null)).toBe('a table');
    expect(promptWithout('a cat in a cathedral, category, two cats, cathedral', 'cat')).toBe('category, cathedral');
    expect(promptWithout('(a vase, roses:1.2), a table, 花瓶里的花', '花瓶')).toBe('(a vase, roses:1.2), a table');
    expect(promptWithout('(a vase, roses:1.2), a table', 'vase')).toBe('a table');
  });
});

describe('hostile texts', () => {
  test('a text of 100,000 characters is refused', () => {
    expect(refusalOf(() => parseText('x'.repeat(100_000)))).toEqual({
      code: 'prompt-too-long',
      details: { length: 100_000, limit: 4000 },
    });
  });

  test.each([
    'no: ',
    '+',
    '--soft ',
    ' ',
    '，',
    '"',
    '\\',
    '--seed "',
    'a+',
    '—',
    '\n+',
    'replace ',
    ' with ',
    '->',
    '改成',
    'outpaint left ',
  ])('%j repeated is read in time proportional to its length', (part) => {
    const text = part.repeat(Math.floor(400_000 / part.length));
    try {
      parseText(text);
    } catch (error) {
      expect(error).toHaveProperty('name', 'Refusal');
    }
  });

  test('nothing but a refusal is ever thrown', () => {
    const parts = fc.constantFrom(
      'no:',
      '+',
      '--',
      '—',
      'seed',
      '=',
      ' ',
      '\n',
      '"',
      'hat',
      '：',
      '--soft',
      '->',
      '把',
      '换成',
      'upscale ',
      'outpaint left',
      'remove ',
      '0.4',
      '\u0000',
      '\ud800',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(parts).map((a) => a.join('')),
        ),
        (text) => {
          try {
            parseText(text);
          } catch (error) {
            expect(error).toHaveProperty('name', 'Refusal');
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('a caption that begins with "mask" says so', () => {
  expect(takeMaskWord('mask: red hat')).toEqual({ isMask: true, rest: 'red hat' });
  expect(takeMaskWord('蒙版 红帽子')).toEqual({ isMask: true, rest: '红帽子' });
  expect(takeMaskWord('masked ball')).toEqual({ isMask: false, rest: 'masked ball' });
});

test('the prompt after a text is the old or the new one, with what is appended', () => {
  expect(promptAfter('a cat', null, 'sunset')).toBe('a cat, sunset');
  expect(promptAfter('a cat', 'a dog', '')).toBe('a dog');
  expect(promptAfter('', null, 'sunset')).toBe('sunset');
});
