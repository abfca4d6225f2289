import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, buttonsOf, type TestPlatform, type TestUser, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
let here: PlaceId;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());

const li: TestUser = { id: 'discord:1152921504606846993', name: '李', locale: 'zh-CN' };
/** What a catalogue key or a hole in a text looks like. */
const raw = /undefined|NaN|\[object|\{\w*\}|\b[a-z]+\.[a-z]+[A-Z]\w*\b/;

test('who speaks Chinese is answered in Chinese, card after card', async () => {
  here = platform.newRoom();
  const files = [await solidPng(64, 64)];
  await platform.say(li, '油画，温暖的光', { in: here, files });
  const result = await chat.result(here);
  expect(wordsOf(result.card)).toMatch(
    /^#1 · 图生图 · @李\n"油画，温暖的光"\n重绘幅度 0\.50 · 20 步（实际 5 步） · CFG 7\nEuler a · 种子 \d+ · fake · 64×64 · 1 秒\n来自 #0$/,
  );
  expect(buttonsOf(result.card).map((b) => b.label)).toEqual([
    ...['再来一张', '幅度−', '幅度+', '修改…', '选区…', '放大…', '外扩…', '撤销', '对比', '⋯'],
  ]);
  await platform.pressFurther(li, result, '参数');
  await platform.press(li, result, '修改…');
  await platform.press(li, result, '撤销');
  await platform.command(li, 'help', {}, { in: here });
  await platform.command(li, 'queue', {}, { in: here });
  await platform.say(li, '--stpes 3', { in: here });
  const cards = [...platform.posted, ...platform.told].map(({ card }) => wordsOf(card));
  for (const words of cards) expect(words).toMatch(/\p{Script=Han}/u);
  for (const words of cards) expect(words).not.toMatch(raw);
  expect(platform.forms.at(-1)!.fields.map((f) => f.label)).toEqual([
    ...['提示词', '反向提示词', '重绘幅度', '随机数种子', '其他参数（键=值 …）'],
  ]);
});

test('in a room a person alone reads their language, everybody the language of who asked', async () => {
  here = platform.newRoom();
  await platform.say(ann, 'a red hat', { in: here, files: [await solidPng(64, 64)] });
  const result = await chat.result(here);
  expect(wordsOf(result.card)).toContain('strength');
  await platform.pressFurther(li, result, '参数');
  expect(chat.lastTold()).toContain('#1 的参数');
});

test('a language that was chosen wins over the client’s', async () => {
  here = platform.newRoom();
  const eva: TestUser = { id: 'discord:5', name: 'Eva', locale: 'de' };
  await chat.storage.people.savePerson({ id: eva.id, name: 'Eva', language: 'zh', handle: null });
  await platform.command(eva, 'help', { topic: 'buttons' }, { in: here });
  expect(chat.lastTold()).toMatch(/^图片下方的按钮/);
});

test('help knows its topics, typed or chosen; what is unknown gets the start', async () => {
  here = platform.newRoom();
  await platform.command(ann, 'help', { topic: 'region' }, { in: here });
  expect(chat.lastTold()).toMatch(/^Repainting a part/);
  await platform.command(ann, 'help', {}, { in: here, text: ' Options ' });
  expect(chat.lastTold()).toMatch(/^Parameters/);
  await platform.command(ann, 'start', {}, { in: here });
  expect(chat.lastTold()).toMatch(/^Palimpsest edits pictures/);
});

test('ids beyond what numbers hold come back digit by digit', async () => {
  here = 'd:1152921504606846977:9007199254740993' as PlaceId;
  const user = { ...ann, id: 'discord:9007199254740995' as const };
  const message = await platform.say(user, 'a red hat', { in: here, files: [await solidPng(64, 64)] });
  const result = await chat.result(here);
  const node = await chat.storage.lineage.node(buttonsOf(result.card)[0]!.target as never);
  expect(node!.author).toBe('discord:9007199254740995');
  expect(result.options.replyTo).toBe(message);
  expect((await chat.storage.messages.find(here, result.id))?.node).toBe(node!.id);
});
