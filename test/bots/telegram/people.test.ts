import { afterAll, beforeAll, expect, test } from 'vitest';
import { solidPng } from '../../support/jobs.ts';
import { type Chat, isResult, openChat } from './chat.ts';

let chat: Chat;
let black: Buffer;
beforeAll(async () => {
  chat = await openChat();
  black = await solidPng(64, 64, '#000000');
});
afterAll(() => chat[Symbol.asyncDispose]());

/** A group that Ada looks after, and somebody in it. */
function enter(...names: readonly [string, ...string[]]) {
  const { tg } = chat;
  const ada = tg.user('Ada');
  const others = names.map((name) => tg.user(name));
  const group = tg.group('Studio', [ada, ...others], { administrators: [ada] });
  return { group, ada: group.as(ada), others: others.map((user) => group.as(user)) };
}
const banOf = (person: { user: { id: number } }, group: { chat: { id: number } }) =>
  chat.storage.moderation.member([`t:${group.chat.id}`], `telegram:${person.user.id}`);

test('somebody is named by the username they were last seen with, and by no other', async () => {
  const { group, ada, others } = enter('Dora');
  const [dora] = others as [typeof ada];
  ada.command('/server user ban @dora_here');
  await ada.wait(({ text }) => /I do not know "@.?dora_here"[\s\S]*once they have spoken to me/.test(text));
  dora.command('/queue');
  await expect.poll(() => chat.storage.people.withHandle('telegram:@dora_here')).toBeDefined();
  Object.assign(dora.user, { username: 'Dora_New' });
  dora.command('/queue');
  await expect.poll(() => chat.storage.people.withHandle('telegram:@dora_new')).toBeDefined();
  ada.command('/server user ban @DORA_new too many hats');
  await ada.wait(({ text }) => text.startsWith('Done'));
  expect(await banOf(dora, group)).toMatchObject([{ banned: true, why: 'too many hats' }]);
  expect(await chat.storage.people.withHandle('telegram:@dora_here')).toBeUndefined();
});

test('digits in a username are no number', async () => {
  const { ada, others } = enter('Eve');
  const [eve] = others as [typeof ada];
  ada.command(`/server user ban @eve${eve.user.id}`);
  await ada.wait(({ text }) => text.includes('I do not know'));
  expect(await chat.storage.moderation.member([`t:${ada.chat.id}`], `telegram:${eve.user.id}`)).toEqual([]);
});

test('somebody without a username is chosen from the list of members', async () => {
  const { group, ada, others } = enter('Fay Li');
  const [fay] = others as [typeof ada];
  ada.command('/server user ban Fay Li spam', { mentions: fay.user });
  await ada.wait(({ text }) => text.startsWith('Done'));
  expect(await banOf(fay, group)).toMatchObject([{ banned: true, why: 'spam' }]);
});

test('of several people with one name the one is asked for; a short number is the size of a page', async () => {
  const { ada, others } = enter('Gil Ox', 'Gil Ox');
  const [one, two] = others as [typeof ada, typeof ada];
  Object.assign(one.user, { username: 'gil_one' });
  Object.assign(two.user, { username: 'gil_two' });
  await one.photo(black, { caption: '/edit a red hat' });
  const first = await ada.wait(isResult(1));
  two.text('a blue hat', { replyTo: first });
  await ada.wait(isResult(2));
  ada.command('/history "gil ox"', { replyTo: first });
  await ada.wait(({ text }) => /Several people are called "gil ox"[\s\S]*@.?gil_one[\s\S]*@.?gil_two/.test(text));
  ada.press('@gil_two');
  const own = await ada.wait(({ text }) => text.startsWith('History · 1 picture'));
  expect(own.text).toContain('#2');
  ada.command('/history 2', { replyTo: first });
  await ada.wait(({ text }) => text.includes('page 1 of 2'));
});
