import { describe, expect, test } from 'vitest';
import { pictureRows } from '../../../src/bots/core/buttons.ts';
import {
  errorCard,
  fitted,
  type PictureView,
  plainCard,
  resultCard,
  settingsCards,
} from '../../../src/bots/core/cards.ts';
import { messagesIn } from '../../../src/bots/core/messages/index.ts';
import { oneLine, soundText } from '../../../src/bots/core/plain-text.ts';
import type { LineageNode } from '../../../src/edit/lineage.ts';
import { anyBlob, editTask } from '../../support/jobs.ts';
import { buttonsOf, quickCapabilities, wordsOf } from '../../support/test-platform.ts';

const node: LineageNode = {
  ...{ id: '0123456789', lineage: 'aaaaaaaaaa', parent: 'bbbbbbbbbb', job: 'cccccccccc' },
  ...{ number: 3, op: 'edit', seed: 42, infotext: 'a red hat\nSteps: 20, Seed: 42', pick: 0 },
  image: { ref: anyBlob, width: 832, height: 1248 },
  task: editTask({ prompt: 'a red hat', denoisingStrength: 0.5 }),
  author: 'discord:1',
  maskAuthor: null,
  createdAt: new Date('2026-11-22T12:00:00Z'),
} as unknown as LineageNode;

const view: PictureView = {
  ...{ node, batch: [node], isHead: true, hasChildren: false, author: 'Ann', maskAuthor: null, branch: null, head: 3 },
  parent: { number: 1, author: 'Cy', size: { width: 768, height: 1152 } },
  made: { seconds: 9.2, stepsRun: 11 },
  notes: [],
};

test.each([
  [
    'en',
    ...[
      '#3 · img2img · @Ann',
      '"a red hat"',
      'strength 0.50 · 20 steps (11 run) · cfg 7',
      'Euler a · seed 42 · fake · 768×1152 → 832×1248 · 9 s',
      'from #1 · mask by @Bo · base by @Cy',
    ],
  ],
  [
    'zh',
    ...[
      '#3 · 图生图 · @Ann',
      '"a red hat"',
      '重绘幅度 0.50 · 20 步（实际 11 步） · CFG 7',
      'Euler a · 种子 42 · fake · 768×1152 → 832×1248 · 9 秒',
      '来自 #1 · 蒙版：@Bo · 底图：@Cy',
    ],
  ],
] as const)('a result says everything that made it, in %s', (language, ...words) => {
  const { title, lines } = resultCard(messagesIn(language), { ...view, maskAuthor: 'Bo' }, quickCapabilities);
  expect([title, ...lines]).toEqual(words);
});

describe('rows of buttons', () => {
  const batch = Array.from({ length: 4 }, (_, pick) => ({ ...node, pick }));

  test('never exceed what the platform shows', () => {
    for (const buttonsPerRow of [1, 2, 3, 5, 8]) {
      for (const rows of [1, 2, 3, 5]) {
        const made = pictureRows(messagesIn('en'), { ...view, batch }, { ...quickCapabilities, buttonsPerRow, rows });
        expect(made.length).toBeLessThanOrEqual(rows);
        for (const row of made) expect(row.length).toBeLessThanOrEqual(buttonsPerRow);
      }
    }
  });

  test('begin with the choice of a batch', () => {
    const card = resultCard(messagesIn('en'), { ...view, batch }, quickCapabilities);
    expect(card.rows[0]!.map((b) => [b.label, b.action, b.arg])).toEqual([
      ...[
        ['1', 'pk', '1'],
        ['2', 'pk', '2'],
        ['3', 'pk', '3'],
        ['4', 'pk', '4'],
      ],
    ]);
    expect(card.images).toHaveLength(4);
  });

  test('hold no two buttons of the same identifier', () => {
    const card = resultCard(messagesIn('en'), { ...view, batch, isHead: false, hasChildren: true }, quickCapabilities);
    const ids = buttonsOf(card).map((b) => `${b.action}${b.target}${b.arg}`);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('a card never says more than the platform shows', () => {
  const card = resultCard(messagesIn('en'), { ...view, notes: ['x'.repeat(900), 'kept'] }, quickCapabilities);
  for (const maxText of [4000, 1024, 300]) {
    const { title, lines } = fitted(card, { maxText });
    expect([title, ...lines].join('\n').length).toBeLessThanOrEqual(maxText);
    expect(lines.at(-1)).toBe('kept');
  }
});

test('an error says what, why and what to do, and its reference', () => {
  const refusal = { code: 'file-too-big', details: { bytes: 26_214_400, limit: 20_971_520 } } as const;
  expect(wordsOf(errorCard(messagesIn('en'), refusal, '0123abcd'))).toBe(
    '⚠ That file is too big\nIt has 25.0 MB; I can take 20.0 MB.\nSend it as a photo, or smaller.\nref: 0123abcd',
  );
  const hostile = {
    code: 'unknown-name',
    details: { kind: 'model', given: `x\u202e\n${'y'.repeat(9999)}`, nearest: [] },
  } as const;
  expect(wordsOf(errorCard(messagesIn('en'), hostile, null)).length).toBeLessThan(400);
});

test('settings of any length come whole, in cards that fit', () => {
  const infotext = Array.from({ length: 300 }, (_, i) => `Line ${i}: ${'x'.repeat(i)}`).join('\n');
  const cards = settingsCards(
    messagesIn('en'),
    { ...view, node: { ...node, infotext } },
    { ...quickCapabilities, maxText: 1000 },
  );
  for (const card of cards) expect(wordsOf(card).length).toBeLessThanOrEqual(1000);
  expect(
    cards
      .flatMap((card) => card.lines)
      .join('')
      .replaceAll('\n', ''),
  ).toContain(infotext.replaceAll('\n', ''));
});

test('words of people lose what is invisible and keep what is language', () => {
  expect(soundText('a\r\nb\u0000\u202e\u200b\ufeff\ud800é👩🏽\tc')).toBe('a\nbé👩🏽\tc');
  expect(oneLine(' 油画，\n 温暖的光 ', 5)).toBe('油画， …');
  expect(oneLine('👍'.repeat(10), 4)).toBe('👍👍👍…');
});

test('a card of emoji is cut like any other', () => {
  const card = { ...plainCard, title: 'x', lines: ['🎩'.repeat(300), 'seed 1', '🎩'.repeat(200)] };
  const { lines } = fitted(card, { maxText: 900 });
  expect(lines.join('\n').length).toBeLessThanOrEqual(900);
  expect(lines[0]).toMatch(/^(?:🎩)+…$/u);
  expect(lines.slice(1)).toEqual(card.lines.slice(1));
});
