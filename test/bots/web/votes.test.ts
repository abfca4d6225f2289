import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WireMessage } from '../../../src/bots/web/client/wire.ts';
import { solidPng } from '../../support/jobs.ts';
import { freePort } from '../../support/process.ts';
import { pngFile, Visitor } from './visitor.ts';
import { openWebChat, type WebChat } from './web-chat.ts';

let chat: WebChat;
beforeAll(async () => {
  chat = await openWebChat(await freePort());
});
afterAll(() => chat[Symbol.asyncDispose]());

async function somebody(): Promise<Visitor> {
  const [origin, token] = chat.web.url.split('/#') as [string, string];
  const body = JSON.stringify({ token });
  const response = await fetch(`${origin}/session`, { method: 'POST', headers: { origin }, body });
  return new Visitor(origin, response.headers.get('set-cookie')!.split(';')[0]!);
}

const isResult = (number: number) => (message: WireMessage) =>
  message.card?.title.startsWith(`#${number} · `) === true && message.card.tone === 'done';
/** What the button of an action would send. */
const codeOf = ({ card }: WireMessage, action: string) =>
  card!.rows.flat().find(({ code }) => code.startsWith(`w1|${action}|`))!.code;
const nodeOf = (message: WireMessage) => codeOf(message, 'mx').split('|')[2]!;

test('whoever is on the page may let it vote, and everybody has one', async () => {
  const [ann, bo, cy] = await Promise.all([somebody(), somebody(), somebody()]);
  await ann.say('a red hat', { image: pngFile(await solidPng(64, 64, '#102030')) });
  const first = await ann.find(isResult(1));
  await bo.say('make it blue', { replyTo: first.id });
  const second = await bo.find(isResult(2));
  await cy.say('make it green', { replyTo: second.id });
  const third = await cy.find(isResult(3));
  await bo.press(`w1|tg|${nodeOf(first)}|v`);
  expect((await chat.storage.together.rules('w:main' as never)).votes).toBe(false); // not Bo's picture
  await ann.press(`w1|tg|${nodeOf(first)}|v`);
  await bo.press(codeOf(third, 'un'), third.id);
  const vote = await bo.find(({ card }) => card?.title.includes('wants to go to #2') === true);
  expect(vote.card!.lines[0]).toContain('1 of 2 agree');
  await cy.press(codeOf(vote, 'vt'), vote.id);
  await cy.find(({ card }) => card?.lines.some((line) => line.includes('#2 is the current picture')) === true);
  expect((await cy.find(({ id }) => id === vote.id)).card!.lines).toEqual(['Agreed.']);
});
