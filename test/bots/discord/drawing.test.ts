import { afterAll, beforeAll, expect, test } from 'vitest';
import { channelJson } from '../../support/discord-stand-in/wire.ts';
import { patience } from '../../support/running-bot.ts';
import { line, scene, sentBack } from '../../support/scribbles.ts';
import { type Chat, isResult, openChat } from './chat.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat[Symbol.asyncDispose]());

function somebody() {
  const { dc } = chat;
  const user = dc.user('Ann');
  const channel = dc.addChannel('drawing', { guild: dc.guild });
  dc.gateway.dispatch('CHANNEL_CREATE', channelJson(dc.world, channel), channel);
  return { user, channel };
}

test('a result that was drawn on, sent as a reply, is a mask; the outpaint dialog grows what came of it', async () => {
  const ann = somebody();
  const { dc } = chat;
  const newest = (says: string) => dc.waitCard((seen) => seen.text.includes(says), patience.timeout);
  const image = { name: 'a.png', bytes: await scene(2, 320, 320) };
  dc.slash(ann.user, 'edit', { prompt: 'a meadow', image, size: '320x320' }, ann);
  const first = await dc.waitCard(isResult(1), patience.timeout);
  const { ref } = (await chat.nodeOf(first)).image;
  const strokes = { color: '#ff3b30', thickness: 14, shapes: line(80, 200, 240, 160) };
  const marked = await sentBack(await chat.storage.blobs.get(ref), strokes, { scale: 0.8, quality: 80 });
  dc.message(ann.user, 'a pond', { ...ann, replyTo: first, files: [{ name: 'drawn.jpg', bytes: marked }] });
  const card = await newest('Red is repainted');
  expect(card.pictures).toHaveLength(1);
  dc.button(ann.user, card, 'Use');
  const second = await dc.waitCard(isResult(2), patience.timeout);
  expect((await chat.nodeOf(second)).op).toBe('inpaint');
  dc.button(ann.user, second, 'Outpaint…');
  const dialog = await newest('Enlarge #2');
  expect(dialog.buttons).toHaveLength(20);
  dc.button(ann.user, dialog, 'Go');
  expect((await chat.nodeOf(await dc.waitCard(isResult(3), patience.timeout))).op).toBe('outpaint');
});
