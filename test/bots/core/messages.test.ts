import { describe, expect, test } from 'vitest';
import { commandList, helpTopics } from '../../../src/bots/core/commands.ts';
import { helpCard } from '../../../src/bots/core/help.ts';
import { helpPicture } from '../../../src/bots/core/help-picture.ts';
import { messagesIn, troubleOf } from '../../../src/bots/core/messages/index.ts';
import { parseText } from '../../../src/bots/core/verbs.ts';
import { readUsage } from '../../../src/bots/web/client/reading.ts';
import type { RefusalCode, RefusalData } from '../../../src/errors.ts';
import { wordsOf } from '../../support/test-platform.ts';

const languages = ['en', 'zh'] as const;

/** Details that fit every refusal: each text finds the facts it names. */
const facts = {
  ...{
    host: 'cdn.example',
    hosts: ['cdn.example'],
    bytes: 30_000_000,
    limit: 25,
    found: 'a text',
    format: 'PNG',
    megapixels: 50,
  },
  ...{ strength: 1e-6, least: 0.001 },
  ...{ width: 8, height: 9000, min: 16, max: 16384, mask: '64×64', image: '64×32', given: 'Eulr', text: 'stpes' },
  ...{ position: 3, nearest: ['Euler'], field: 'steps', length: 5000, kind: 'sampler', why: 'no-prompt', current: 4 },
  ...{ scope: 'user', seconds: 100, permissions: ['Attach Files'], folder: 'models', file: 'x.safetensors' },
  ...{ setting: 'size', ref: '0123abcd', sketch: '64×64', sampler: 'DDIM', script: 'SD upscale', maxSide: 4096 },
  ...{
    by: 'Ann',
    overlap: 64,
    runs: 300,
    target: 'hat',
    command: 'preset save',
    ...{ word: 'hat', entry: '(a', open: ['#art'], isEverywhere: false, isAllowedElsewhere: true },
    option: 'name',
    ratio: '16:9',
    subcommands: ['show', 'words add'],
  },
};

/** Telegram counts a wide character as two. */
function cells(text: string): number {
  return [...text].reduce(
    (sum, c) =>
      sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(c) ? 2 : 1),
    0,
  );
}

describe.each(languages)('in %s', (language) => {
  const messages = messagesIn(language);

  test('every refusal says what, and no text has a hole', () => {
    for (const code of Object.keys(messages.refusals) as RefusalCode[]) {
      const trouble = troubleOf(messages, { code, details: facts } as unknown as RefusalData);
      expect(trouble.what, code).not.toBe('');
      expect(Object.values(trouble).join(' '), code).not.toMatch(/undefined|NaN|\[object|\{\w*\}/);
    }
  });

  test('labels fit on buttons', () => {
    for (const label of Object.values(messages.buttons)) expect(cells(label), label).toBeLessThanOrEqual(20); // and an emoji
    expect(cells(messages.setHead(12345))).toBeLessThanOrEqual(24);
  });

  test('help is generated, short, and knows every command', () => {
    for (const topic of helpTopics) expect(wordsOf(helpCard(topic, language)).length).toBeLessThanOrEqual(1500);
    const start = wordsOf(helpCard('start', language));
    for (const { name, about } of commandList) expect(start).toContain(`/${name}   ${about[language]}`);
    expect(wordsOf(helpCard('options', language))).toContain('strength');
  });

  test('every topic of help has a small picture, and words for those who cannot see it', async () => {
    for (const topic of helpTopics) {
      const { source, description } = await helpPicture(topic, language);
      expect(Buffer.from(source).subarray(0, 3), topic).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
      expect(source.length, topic).toBeLessThanOrEqual(60_000);
      expect(description, topic).not.toBe('');
    }
  });

  test('time left is told in seconds up to ten minutes', () => {
    expect(messages.eta(40)).toMatch(/40 (s|秒)/);
    expect(messages.eta(600)).toMatch(/600/);
    expect(messages.eta(720)).toMatch(/12 (min|分钟)/);
  });
});

test('what help says can be typed is read as it says, in both languages alike', () => {
  const meant = languages.map((language) =>
    messagesIn(language)
      .help.edit.lines.flatMap((line) => readUsage(line)?.typed.split(' · ') ?? [])
      .map((typed) => {
        const read = parseText(typed);
        if (read.kind === 'verb') return read.verb;
        return [read.command, read.words.region?.becomes, ...Object.keys(read.words.params)].join(' ');
      }),
  );
  expect(meant[0]).toEqual(meant[1]);
  expect(meant[0]!.length).toBeGreaterThan(10);
  expect(new Set(meant[0]).size).toBeGreaterThan(9);
});

test('the vocabulary is that of the interface people know', () => {
  const { buttons, operations } = messagesIn('zh');
  expect([buttons.again, buttons.edit, buttons.sameMask, buttons.undo, buttons.redo, buttons.cancel]).toEqual([
    ...['再来一张', '修改…', '沿用蒙版', '撤销', '重做', '取消'],
  ]);
  expect(operations.inpaint).toBe('局部重绘');
  expect(messagesIn('zh').job.queued(3, messagesIn('zh').eta(40))).toBe('排队第 3 位 · 约 40 秒');
  expect(messagesIn('en').job.queued(3, messagesIn('en').eta(40))).toBe('queued #3 · ~40 s');
});

test('English texts hold no Chinese, Chinese refusals no English sentence', () => {
  const said = (language: 'en' | 'zh') =>
    (Object.keys(messagesIn(language).refusals) as RefusalCode[]).map((code) =>
      Object.values(troubleOf(messagesIn(language), { code, details: facts } as unknown as RefusalData)).join(' '),
    );
  for (const text of said('en')) expect(text).not.toMatch(/\p{Script=Han}/u);
  for (const text of said('zh')) expect(text).toMatch(/\p{Script=Han}/u);
});
