import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeId, PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { halfMask } from '../../support/running-bot.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, file, type Posted, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());

const nodeOf = async ({ card }: Posted) => (await chat.storage.lineage.node(buttonsOf(card)[0]!.target as NodeId))!;

/** A result in a room of its own. */
async function begun(place: PlaceId = platform.newRoom()) {
  const before = platform.results(place).length;
  await platform.say(ann, 'a meadow', { in: place, files: [await solidPng(64, 64)] });
  return { place, posted: await chat.result(place, before) };
}

describe('words without a picture', () => {
  test('are about the picture of what somebody has not decided yet', async () => {
    const { place, posted } = await begun();
    await platform.say(ann, 'mask: a pond', { in: place, replyTo: posted.id, files: [await halfMask()] });
    await chat.until(() => platform.standing(place).find(({ card }) => wordsOf(card).includes('Red is repainted')));
    await begun(place);
    await platform.say(ann, 'bluer', { in: place });
    const result = await chat.result(place, 2);
    expect((await nodeOf(result)).parent).toBe((await nodeOf(posted)).id);
    expect(wordsOf(result.card)).toContain('what you were about to edit');
  });

  test('are about the picture that is pinned here, as it stands, until the pin is taken away', async () => {
    const { place, posted } = await begun();
    await platform.pressFurther(ann, posted, 'Pin here');
    await chat.until(() => platform.standing(place).find(({ card }) => card.title.includes('@Ann pinned #1')));
    await platform.say(ann, 'bluer', { in: place, replyTo: posted.id });
    const second = await chat.result(place, 1);
    const { posted: other } = await begun(place);
    await platform.say(bo, 'a castle', { in: place });
    const third = await chat.result(place, 3);
    expect((await nodeOf(third)).parent).toBe((await nodeOf(second)).id);
    expect(wordsOf(third.card)).toContain('(pinned here)');
    await platform.pressFurther(bo, third, 'Pin here');
    expect(chat.lastTold()).toContain('not yours');
    await platform.pressFurther(ann, third, 'Pin here');
    await chat.until(() => platform.standing(place).find(({ card }) => card.title.includes('unpinned')));
    await platform.say(ann, 'a moon', { in: place });
    expect((await nodeOf(await chat.result(place, 4))).parent).not.toBe((await nodeOf(other)).parent);
    expect(wordsOf((await chat.result(place, 4)).card)).toContain('your last picture');
  });
});

describe('a picture that is kept', () => {
  const pointed = async (bytes: Uint8Array) => ({ message: `m${Math.random()}`, ours: false, files: [file(bytes)] });

  test('as a mask is the mask of the next inpainting, once', async () => {
    const { place, posted } = await begun();
    await platform.command(ann, 'use as mask', {}, { in: place, replyTo: await pointed(await halfMask()) });
    expect(chat.lastTold()).toContain('Kept as the mask');
    await platform.command(ann, 'inpaint', { prompt: 'a pond', target: 'grass' }, { in: place, replyTo: posted.id });
    await chat.useMask(place);
    expect((await nodeOf(await chat.result(place, 1))).task?.request.mask).toMatchObject({ kind: 'image' });
    await platform.command(ann, 'inpaint', { prompt: 'a pond', target: 'grass' }, { in: place, replyTo: posted.id });
    expect(chat.lastTold()).toContain('I cannot find "grass" by its name');
  });

  test('as a mask that cannot be used is kept still; words that name a part use it too', async () => {
    const { place, posted } = await begun();
    await platform.command(ann, 'use as mask', {}, { in: place, replyTo: await pointed(await halfMask(128, 64)) });
    await platform.command(ann, 'inpaint', { prompt: 'a pond' }, { in: place, replyTo: posted.id });
    expect(chat.lastTold()).toContain('The mask does not fit the picture');
    expect(await chat.storage.drafts.countOf(ann.id, ['kept mask'])).toBe(1);
    await platform.command(ann, 'use as mask', {}, { in: place, replyTo: await pointed(await halfMask()) });
    await platform.say(ann, 'grass -> pond', { in: place, replyTo: posted.id });
    await chat.useMask(place);
    const { mask, params } = (await nodeOf(await chat.result(place, 1))).task!.request;
    expect(mask).toMatchObject({ kind: 'image' });
    expect(params).toMatchObject({ maskedContent: 'latent noise', denoisingStrength: 0.85, softInpainting: true });
    expect(await chat.storage.drafts.countOf(ann.id, ['kept mask'])).toBe(0);
  });

  test('takes the place of one that was kept before, so that none pile up', async () => {
    const { place } = await begun();
    for (let at = 0; at < 7; at++)
      await platform.command(bo, 'use as sketch', {}, { in: place, replyTo: await pointed(await solidPng(64, 64)) });
    expect(chat.lastTold()).toContain('Kept as the drawing');
    expect(await chat.storage.drafts.countOf(bo.id, ['kept sketch'])).toBe(1);
  });
});

describe('an edit with a drawing', () => {
  test('paints over the drawing instead of the picture; alone, the drawing is the picture', async () => {
    const place = platform.newRoom();
    const [plain, drawn] = await Promise.all([solidPng(64, 64, '#336699'), solidPng(64, 64, '#993366')]);
    await platform.command(ann, 'edit', { prompt: 'x' }, { in: place, files: [file(plain), file(drawn, 'sketch')] });
    const both = (await nodeOf(await chat.result(place))).task!.request;
    expect(both.sketch).toMatchObject({ kind: 'sketch' });
    await platform.command(ann, 'edit', { prompt: 'x' }, { in: place, files: [file(drawn, 'sketch')] });
    const alone = (await nodeOf(await chat.result(place, 1))).task!.request;
    expect(alone.sketch).toBeUndefined();
    expect(alone.init).toBe(both.sketch?.painted);
  });

  test('that may be either is a mask when it is black and white', async () => {
    const { place, posted } = await begun();
    const markup = (bytes: Uint8Array) => ({ in: place, replyTo: posted.id, files: [file(bytes, 'markup')] });
    await platform.command(ann, 'edit', { prompt: 'a pond' }, markup(await solidPng(64, 64, '#993366')));
    expect((await nodeOf(await chat.result(place, 1))).task!.request.sketch).toMatchObject({ kind: 'sketch' });
    await platform.command(ann, 'edit', { prompt: 'a pond' }, markup(await halfMask()));
    await chat.useMask(place);
    expect((await nodeOf(await chat.result(place, 2))).op).toBe('inpaint');
  });
});

test('a preset of the house can be named in an option, and a script too', async () => {
  const place = platform.newRoom();
  const files = [await solidPng(64, 64)];
  await platform.command(ann, 'sketch', { prompt: 'x', preset: 'wallpaper' }, { in: place, files });
  expect((await nodeOf(await chat.result(place))).task!.request.params.denoisingStrength).toBe(0.85);
  await platform.command(ann, 'edit', { prompt: 'x', script: 'loopback' }, { in: place, files });
  expect((await nodeOf(await chat.result(place, 1))).task!.request.params.script).toBe('loopback');
});
