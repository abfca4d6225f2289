import { afterAll, beforeAll, expect, test } from 'vitest';
import { agreement, line, pictureOf, scene, sentBack, truth } from '../../support/scribbles.ts';
import { type Chat, isResult, openChat } from './chat.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat[Symbol.asyncDispose]());

test('a photo that was drawn on, sent as a reply, is shown as a mask and repainted on the original', async () => {
  const ann = chat.tg.private(chat.tg.user('Ann', 'en'));
  const picture = await scene(2, 320, 320);
  const asked = await ann.photo(picture, {});
  await ann.wait(({ text }) => text.startsWith('Got it'));
  const strokes = { color: '#ff3b30', thickness: 14, shapes: line(80, 200, 240, 160) };
  const marked = await sentBack(picture, strokes, { scale: 0.9, quality: 85 });
  await ann.photo(marked, { caption: '--size 320x320', replyTo: asked });
  const card = await ann.wait(({ text }) => text.includes('Red is repainted'));
  expect(card.picture).not.toBeNull();
  const labels = card.buttons.flat().map(({ label }) => label);
  expect(labels.slice(0, 5)).toEqual(['✅ Use', '◐ Invert', '⊕ Grow 4', '⊖ Shrink 4', '∪ Combine']);
  ann.press('⊕', card);
  await expect.poll(() => chat.tg.calls('editMessageMedia').length).toBeGreaterThan(0);
  ann.press('✅', card);
  const form = await ann.wait(({ text }) => text.startsWith('✏'));
  const answer = ann.text('a blue ball', { replyTo: form });
  const result = await ann.wait(isResult(1));
  expect(result.replyTo).toBe(answer.id); // it stays, and the card goes
  await expect.poll(() => chat.tg.messages(ann.chat).some(({ id }) => id === card.id)).toBe(false);
  const { mask } = (await chat.nodeOf(result)).task!.request;
  if (mask?.kind !== 'image') throw new Error('no mask');
  const used = await pictureOf(await chat.storage.blobs.get(mask.blob));
  expect(agreement(used, await truth(strokes, 320, 320)).recall).toBeGreaterThanOrEqual(0.95);
});
