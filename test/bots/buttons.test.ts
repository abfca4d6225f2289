import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { solidPng } from '../support/jobs.ts';
import { picture } from '../support/room/room.ts';
import { halfMask } from '../support/running-bot.ts';
import { type AnyChat, openAnyChat, platforms } from './any-room.ts';

describe.each(platforms)('buttons of a result on %s', (platform) => {
  let chat: AnyChat;
  let black: Buffer;
  beforeAll(async () => {
    [chat, black] = await Promise.all([openAnyChat(platform), solidPng(64, 64, '#000000')]);
  });
  afterAll(() => chat[Symbol.asyncDispose]());

  test('Again draws another seed; Less and More keep it, move by a tenth, and are off at their ends', async () => {
    const { bo, answer, numbered } = await chat.enter();
    const paramsOf = async (number: number) => (await numbered(number)).task!.request.params;
    const values = { prompt: 'a red hat', seed: 7, strength: 0.92 };
    const first = await answer(() => bo.command('edit', values, { picture: black }), picture(1));
    await answer(() => bo.press(first, '🎲'), picture(2));
    const again = await paramsOf(2);
    expect(again).toEqual({ ...(await paramsOf(1)), seed: again.seed, subseed: again.subseed });
    expect(again.seed).not.toBe(7);
    const most = await answer(() => bo.press(first, '➕'), picture(3));
    expect(await paramsOf(3)).toMatchObject({ denoisingStrength: 1, seed: 7 });
    expect(most.buttons.join()).not.toContain('➕');
    await answer(() => bo.press(most, '➖'), picture(4));
    expect(await paramsOf(4)).toMatchObject({ denoisingStrength: 0.9, seed: 7 });
    const low = { ...values, strength: 0.1 };
    const weak = await answer(() => bo.command('edit', low, { about: first }), picture(5));
    const least = await answer(() => bo.press(weak, '➖'), picture(6));
    expect(await paramsOf(6)).toMatchObject({ denoisingStrength: 0.05, seed: 7 });
    expect(least.buttons.join()).not.toContain('➖');
    const parents = await Promise.all([2, 3, 4].map(async (number) => (await numbered(number)).parent));
    expect(new Set(parents)).toEqual(new Set([(await numbered(0)).id])); // variants of one edit, beside one another
  });

  test('Same mask goes on from the result, and is there only where there was a mask', async () => {
    const { bo, answer, edited, numbered } = await chat.enter();
    const sent = { mask: await halfMask(), about: await edited(bo) };
    const asked = await answer(() => bo.command('mask upload', {}, sent), /50 % of the picture/);
    const first = await answer(() => bo.fill(asked, '✅', { prompt: 'a pond' }), picture(2));
    await answer(() => bo.press(first, '♻️'), picture(3));
    const [one, two] = [await numbered(2), await numbered(3)];
    expect(two).toMatchObject({ parent: one.id, task: { request: { init: one.image.ref } } });
    expect(two.task!.request.mask).toEqual(one.task!.request.mask);
    expect(two.task!.request.params.seed).not.toBe(one.task!.request.params.seed);
    const plain = await answer(() => bo.reply(first, 'a lake'), picture(4));
    expect(plain.buttons.join()).not.toContain('♻️');
  });

  test('one of a batch is picked, becomes the current picture and stands alone; the others stay', async () => {
    const { bo, answer, heads, numbered } = await chat.enter();
    const values = { prompt: 'a red hat', count: 3 };
    const isBatch = ({ buttons }: { readonly buttons: readonly string[] }) =>
      buttons.some((label) => /(^|\s)3$/.test(label));
    const batch = await answer(() => bo.command('edit', values, { picture: black }), isBatch);
    const third = batch.buttons.find((label) => /(^|\s)3$/.test(label))!;
    const picked = await answer(() => bo.press(batch, third), picture(3));
    expect(picked.pictures).toHaveLength(1);
    expect(await heads()).toEqual({ main: 3 });
    expect(await numbered(3)).toMatchObject({ pick: 2, removed: false });
    await answer(() => bo.press(picked, '🎲'), picture(4));
    expect((await numbered(1)).removed).toBe(false);
  });
});
