import { describe, expect, test } from 'vitest';
import { parseText } from '../../../src/bots/core/verbs.ts';
import { readBranch, readProgress, readPrompt, readTitle, readUsage } from '../../../src/bots/web/client/reading.ts';
import { words } from '../../../src/bots/web/client/words.ts';
import { isOurHost } from '../../../src/bots/web/guard.ts';
import { typed } from '../../../src/bots/web/typed.ts';

const image = { name: 'a.png', role: 'image', view: null } as const;
const mask = { name: 'm.png', role: 'mask', view: null } as const;
const settings = { strength: '0.3', negative: 'a "b" \\ c', background: '#ffffff' };

describe('parameters chosen beside a text', () => {
  test('are read by the grammar as they were chosen', () => {
    const { text } = typed({ text: 'oil painting', settings, files: [] });
    expect(parseText(text)).toMatchObject({
      kind: 'edit',
      words: {
        prompt: 'oil painting',
        negative: settings.negative,
        params: { denoisingStrength: 0.3, backgroundColor: '#ffffff' },
      },
    });
  });

  test.each(['again', 'undo', '撤销', 'more', '/undo', '/help options'])('leave “%s” alone', (text) => {
    const { text: said } = typed({ text, settings, files: [] });
    expect(text.endsWith(said)).toBe(true);
  });

  test('go with an editing command, and with a mask that comes without words', () => {
    expect(typed({ text: '/inpaint a hat', settings: { soft: 'on' }, files: [] })).toEqual({
      ...{ kind: 'command', name: 'inpaint', text: 'a hat --soft on' },
    });
    const bare = { text: '', settings: { steps: '9' } };
    expect(typed({ ...bare, files: [image] }).text).toBe('');
    expect(typed({ ...bare, files: [image, mask] }).text).toBe('--steps 9');
    expect(typed({ ...bare, files: [] }).text).toBe('--steps 9');
  });
});

describe('a card’s texts', () => {
  test('give number, progress and prompt', () => {
    expect(readTitle('#12 · img2img · @Ann')).toEqual({ number: '#12', rest: 'img2img · @Ann' });
    expect(readTitle('⏳ img2img · @Ann')).toEqual({ number: null, rest: 'img2img · @Ann' });
    expect(readTitle('⚠ Which picture?')).toEqual({ number: null, rest: 'Which picture?' });
    expect(readProgress('▰▰▰▰▱▱▱▱▱▱▱▱ 34 % · 7/20 · ~9 s')).toEqual({ percent: 34, says: '7/20 · ~9 s' });
    expect(readProgress('queued #3 · ~40 s')).toBeUndefined();
    expect(readPrompt('"a "red" hat"')).toBe('a "red" hat');
    expect(readPrompt('from #1')).toBeUndefined();
    expect(readUsage('+ warm light   adds to the prompt')).toEqual({
      typed: '+ warm light',
      does: 'adds to the prompt',
    });
    expect(readUsage('Which picture?')).toBeUndefined();
    expect(readBranch('   │  └─ #6 img2img "a hat" · Bo')).toEqual({
      drawn: '   │  └─ ',
      says: '#6 img2img "a hat" · Bo',
    });
    expect(readBranch('#0 source · Ann')).toBeUndefined();
  });
});

test('the page says everything in both languages', () => {
  const unsaid = Object.entries(words.zh).filter(([name, text]) => text === words.en[name as keyof typeof words.en]);
  expect(unsaid).toEqual([]);
  expect(Object.values(words.zh).filter((text) => text === '')).toEqual([]);
});

test.each([
  ['127.0.0.1:8080', true],
  ['localhost', true],
  ['[::1]:8080', true],
  ['192.168.1.5:8080', true],
  ['pictures.lan:8080', true],
  ['PICTURES.LAN', true],
  ['evil.example', false],
  ['localhost.evil.example', false],
  ['127.0.0.1@evil.example', false],
  ['', false],
])('the host %s is ours: %s', (host, isOurs) => expect(isOurHost(host, 'pictures.lan')).toBe(isOurs));
