import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ranked } from '../../../src/bots/core/ranking.ts';
import { openSuggestions, type SuggestionOptions } from '../../../src/bots/core/suggestions.ts';
import type { Catalog } from '../../../src/edit/catalog.ts';
import { samplerNames } from '../../../src/edit/choices.ts';
import { findCheckpoint } from '../../../src/edit/resolve.ts';
import { solidPng } from '../../support/jobs.ts';
import { halfMask } from '../../support/running-bot.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo } from '../../support/test-platform.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await openTestChat();
});
afterAll(() => chat[Symbol.asyncDispose]());

const entry = (name: string, at: number) => ({
  ...{ name, hash: `${at}`.padStart(10, '0'), family: 'sd1' as const, nativeSize: 512 },
});
const numbered = (count: number, name: (at: number) => string): Catalog => ({
  checkpoints: Array.from({ length: count }, (_, at) => entry(name(at), at)),
});
const open = (
  catalog: Catalog = { checkpoints: [] },
  clock: Pick<SuggestionOptions['clock'], 'now'> = { now: Date.now },
) =>
  openSuggestions({
    catalog: async () => catalog,
    storage: chat.storage,
    clock: { ...clock, setTimeout: () => ({ [Symbol.dispose]: () => {} }) },
  });
const names = (found: readonly { readonly name: string }[]) => found.map(({ name }) => name);

describe('suggestions', () => {
  const who = { user: ann.id, place: 'd:1:2' as never, group: 'd:1' };

  test('are at most 25 of however many models, those that begin with the words first', async () => {
    const many = open(numbered(60, (at) => `model-${at}`));
    expect(await many.of('model', '', who)).toHaveLength(25);
    expect(names(await many.of('model', '59', who))).toEqual(['model-59']);
    const scattered = ['7', '17', '27', '37', '47', '57'].map((n) => `model-${n}`);
    expect(names(await many.of('model', 'mdl7', who))).toEqual(scattered);
    expect(await many.of('model', 'nothing like it', who)).toEqual([]);
  });

  test('carry an id where a name is too long, another’s, or would look like something else', async () => {
    const odd = [
      '很长的名字'.repeat(30),
      `${'🦊'.repeat(60)}-v1`,
      `${'🦊'.repeat(60)}-v2`,
      'Twin',
      'twin',
      'a\u202egnp',
      'a\nb',
    ];
    const catalog = numbered(odd.length + 1, (at) => odd[at] ?? 'plain');
    const found = await open(catalog).of('model', '', who);
    for (const { name, value } of found) {
      expect(name.length).toBeLessThanOrEqual(100);
      expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(String(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
    }
    expect(new Set(names(found)).size).toBe(odd.length + 1); // told apart by their ends, or by their hashes
    expect(found.map(({ value }) => findCheckpoint(catalog, String(value)).name)).toEqual([...odd, 'plain']);
    expect(found.at(-1)).toEqual({ name: 'plain', value: 'plain' });
    const [, { hash }] = catalog.checkpoints as [unknown, { hash: string }];
    expect(found[1]).toMatchObject({ value: `m:${hash}`, name: expect.stringMatching(/-v1$/) });
    const nameless = { checkpoints: [{ ...entry('x'.repeat(120), 1), hash: null }] };
    const [only] = await open(nameless).of('model', `${'x'.repeat(110)}`, who);
    expect(findCheckpoint(nameless, String(only!.value)).name).toBe('x'.repeat(120));
  });

  test('rank the beginning before a word, a word before the middle, the middle before scattered letters', () => {
    const all = ['xx sdxx', 'anisd', 'sd 1.5', 's-x-d'].map((name) => ({ name }));
    expect(names(ranked(all, 'SD'))).toEqual(['sd 1.5', 'xx sdxx', 'anisd', 's-x-d']);
  });

  test('of samplers, topics and upscalers are the names that are taken', async () => {
    const some = open({ checkpoints: [], models: [{ kind: 'upscaler', name: '4x-UltraSharp', hash: null }] });
    expect(names(await some.of('sampler', '', who))).toEqual(samplerNames);
    expect(names(await some.of('sampler', 'euler', who))).toEqual(['Euler a', 'Euler']);
    expect(names(await some.of('upscaler', '', who))).toEqual(['None', 'Lanczos', 'Nearest']); // networks enlarge nothing yet
    expect(names(await some.of('topic', 'reg', who))).toEqual(['region']);
  });

  test('of presets are a person’s own, the channel’s, the server’s and everybody’s', async () => {
    const content = { params: {} };
    const save = (scope: 'user' | 'server' | 'system', owner: string, name: string) =>
      chat.storage.presets.save({ scope, owner, name, content });
    await save('user', ann.id, 'mine');
    await save('user', bo.id, 'not mine');
    await save('server', 'd:1', 'house style');
    expect(names(await open().of('preset', 'mine', who))).toEqual(['mine']);
    const all = names(await open().of('preset', '', who));
    expect(all.slice(0, 2)).toEqual(['mine', 'house style']);
    expect(all).toContain('wallpaper');
  });

  test('of versions are the pictures of the tree somebody works on, newest first; of masks those made with one', async () => {
    const place = chat.platform.newRoom();
    const { platform } = chat;
    await platform.say(bo, 'a castle', { in: place, files: [await solidPng(64, 64)] });
    await chat.result(place);
    await platform.say(ann, 'a hat', { in: place, files: [await solidPng(64, 64)] });
    const first = await chat.result(place, 1);
    await platform.say(ann, 'a pond', { in: place, replyTo: first.id, files: [await halfMask()] });
    await chat.useMask(place);
    await chat.result(place, 2);
    const here = { ...who, place };
    const found = await open().of('version', '', here);
    expect(found.map(({ value }) => value)).toEqual(['#2', '#1', '#0']);
    expect(found[1]!.name).toMatch(/^#1 · \d\d:\d\d · a hat$/);
    expect((await open().of('masked version', '', here)).map(({ value }) => value)).toEqual(['#2']);
    expect((await open().of('version', 'hat', here)).map(({ value }) => value)).toEqual(['#1']);
    await platform.command(ann, 'compare', { a: '#1', b: '#2' }, { in: place });
    await chat.until(() => platform.standing(place).find(({ card }) => /#1 and #2/.test(card.title)));
  });

  test('of seeds are the number that is typed, chance, and those of the pictures before', async () => {
    const place = chat.platform.newRoom();
    await chat.platform.say(ann, 'a hat --seed 4242', { in: place, files: [await solidPng(64, 64)] });
    await chat.result(place);
    const some = open();
    const here = { ...who, place };
    expect(await some.of('seed', '', here)).toEqual([
      { name: '-1 (random)', value: -1 },
      { name: '4242 (#1)', value: 4242 },
    ]);
    expect(names(await some.of('seed', '42', here))).toEqual(['42', '4242 (#1)']);
    expect(names(await some.of('seed', '99999999999', here))).toEqual(['-1 (random)', '4242 (#1)']);
  });

  test('are asked for once a minute', async () => {
    let [now, count] = [0, 0];
    const clock = { now: () => now, setTimeout: () => ({ [Symbol.dispose]: () => {} }) };
    const catalog = async () => numbered(++count, (at) => `m${at}`);
    const some = openSuggestions({ catalog, storage: chat.storage, clock });
    for (const at of [0, 59_000, 61_000]) {
      now = at;
      await some.of('model', '', who);
    }
    expect(count).toBe(2);
  });
});
