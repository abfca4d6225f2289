import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { button } from '../../../src/bots/core/buttons.ts';
import { called } from '../../../src/bots/core/cards.ts';
import { messagesIn } from '../../../src/bots/core/messages/index.ts';
import { actionIds } from '../../../src/bots/core/platform.ts';
import { words as discordWords } from '../../../src/bots/discord/words.ts';
import { words as telegramWords } from '../../../src/bots/telegram/words.ts';
import { words as pageWords } from '../../../src/bots/web/client/words.ts';
import { forgottenUser } from '../../../src/edit/request.ts';

const catalogues = {
  core: [messagesIn('en'), messagesIn('zh')],
  discord: [discordWords.en, discordWords.zh],
  telegram: [telegramWords.en, telegramWords.zh],
  page: [pageWords.en, pageWords.zh],
} as const;

type Said = (...facts: unknown[]) => unknown;
interface Leaf {
  readonly path: string;
  readonly value: unknown;
}

function leavesOf(value: unknown, path = ''): Leaf[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`));
}

/** What texts do with a fact of whatever kind. */
const uses: Readonly<Record<string, unknown>> = {
  toFixed: () => '3.00',
  toLocaleString: () => '3',
  join: () => 'x',
  map: (say: Said) => [say('x')],
  slice: () => ['x'],
  padStart: () => '03',
  trim: () => 'x',
  length: 2,
};

/** A fact that notes when it is told; its parts are facts too. */
function fact(name: string, told: Set<string>): unknown {
  return new Proxy(() => 'x', {
    get: (_, key) => {
      if (key === Symbol.toPrimitive) {
        told.add(name);
        return (hint: string) => (hint === 'string' ? '3' : 3);
      }
      if (typeof key === 'symbol' || Object.hasOwn(uses, key)) told.add(name);
      if (key === Symbol.iterator) return () => ['x'].values();
      if (typeof key === 'symbol') return undefined;
      return Object.hasOwn(uses, key) ? uses[key] : fact(`${name}.${key}`, told);
    },
  });
}

/** Which of its facts a text tells; refusals compare some of them without telling. */
function toldBy(say: Said): ReadonlySet<string> {
  const told = new Set<string>();
  const said = say(...Array.from({ length: say.length }, (_, at) => fact(String(at), told)));
  JSON.stringify(said);
  return told;
}

/** Telegram counts a wide character as two. */
function cells(text: string): number {
  const wide =
    /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Extended_Pictographic}/u;
  return [...text.replaceAll('\ufe0f', '')].reduce((sum, c) => sum + (wide.test(c) ? 2 : 1), 0);
}

describe.each(Object.entries(catalogues))('the words of %s', (_, [en, zh]) => {
  const leaves = [leavesOf(en), leavesOf(zh)] as const;
  const inChinese = new Map(leaves[1].map(({ path, value }) => [path, value]));

  test('are there in both languages, and none is empty in one of them', () => {
    const isList = /\.\d+$/; // how many lines a text takes is its own affair
    const paths = (side: readonly Leaf[]) => side.map(({ path }) => path).filter((path) => !isList.test(path));
    expect(paths(leaves[1]).sort()).toEqual(paths(leaves[0]).sort());
    for (const { path, value } of leaves.flat()) expect(value, path).not.toBe('');
  });

  test('tell the same facts in both', () => {
    for (const { path, value } of leaves[0]) {
      const other = inChinese.get(path);
      if (typeof value !== 'function' || typeof other !== 'function') continue;
      const [mine, theirs] = [toldBy(value as Said), toldBy(other as Said)];
      expect([...theirs].sort(), path).toEqual([...mine].sort());
    }
  });
});

describe.each(['en', 'zh'] as const)('buttons in %s', (language) => {
  const messages = messagesIn(language);
  const faces = [
    ...actionIds.map((action) => button(messages, action, '0123456789')).map((b) => `${b.emoji ?? ''} ${b.label}`),
    ...Object.values(messages.buttons),
    ...Object.values(messages.pair.choices).map((label) => `🖼️ ${label}`),
    ...Object.values(messages.house.welcome.choices).map((label) => `🏞️ ${label}`),
    ...[...Object.values(messages.upscale.ways), messages.upscale.set(0.55)].map((label) => `⬆️ ${label}`),
    ...[...Object.values(messages.mask.combinations), messages.mask.isSketch, messages.mask.isMask],
    ...[messages.mask.softOn, messages.mask.softOff].map((label) => `🧩 ${label}`),
    ...Object.values(messages.room.compareStyles),
    ...Object.values(messages.room.together.policies).map((label) => `👥 ${label}`),
    ...Object.values(messages.room.together.usualPolicies),
    ...[messages.room.together.votesButton, messages.room.together.authorsButton, messages.room.together.done],
    ...[messages.room.confirmDelete(12345), messages.room.agree(12, 34), messages.setHead(12345)],
    ...[messages.outpaint.go, messages.outpaint.prompt, messages.outpaint.preset],
    ...Object.values(messages.outpaint.methods),
  ];

  test('are at most 24 cells wide, which is what Telegram shows, and 80 characters long', () => {
    for (const face of faces) {
      expect(cells(face.trim()), face).toBeLessThanOrEqual(24);
      expect(face.length).toBeLessThanOrEqual(80);
    }
  });
});

test('whoever asked to be forgotten has no name on cards', () => {
  expect(called(messagesIn('en'), forgottenUser)).toBe('deleted user');
  expect(called(messagesIn('zh'), forgottenUser)).toBe('已注销用户');
  expect(called(messagesIn('en'), 'Ann')).toBe('Ann');
});

test('no words are kept that nobody says', async () => {
  const files = await readdir('src', { recursive: true });
  const others = files.filter((path) => path.endsWith('.ts') && !/messages\/|generated\//.test(path));
  const code = (await Promise.all(others.map((path) => readFile(join('src', path), 'utf8')))).join('\n');
  const { refusals: _, help: __, ...rest } = messagesIn('en'); // these two are looked up by what their keys name
  const names = new Set(leavesOf(rest).flatMap(({ path }) => path.split('.').filter((key) => !/^\d+$/.test(key))));
  const unsaid = [...names].filter((name) => !new RegExp(`(?:[.'"\\[{, (]|^)${name}\\b`, 'm').test(code));
  expect(unsaid).toEqual([]);
});
