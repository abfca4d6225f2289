import { afterEach, describe, expect, test } from 'vitest';
import { solidPng } from '../support/jobs.ts';
import { picture } from '../support/room/room.ts';
import { halfMask, patience } from '../support/running-bot.ts';
import { type AnyChat, openAnyChat, platforms } from './any-room.ts';

describe.each(platforms)('after a restart on %s', (platform) => {
  let chat: AnyChat;
  afterEach(() => chat[Symbol.asyncDispose]());

  test('what somebody had begun goes on: masks, dialogs, forms, what was kept for later', async () => {
    chat = await openAnyChat(platform);
    const { bo, cy, answer, edited, newest, numbered } = await chat.enter();
    const first = await edited(bo);
    const { id } = await newest();
    const half = await halfMask();
    const mask = await answer(() => bo.command('mask upload', {}, { mask: half, about: first }), /50 % of the picture/);
    const dialog = await answer(() => bo.press(first, '↔️'), /Enlarge #1/);
    const larger = await answer(() => bo.press(dialog, '64 px'), /64×64 → 192×192/);
    const menu = await answer(() => cy.press(first, '⬆️'), /Enlarge|Upscale/);
    await chat.restart();
    const inverted = await answer(() => bo.press(mask, '◐'), /50 % of the picture/);
    await chat.restart();
    await answer(() => bo.fill(inverted, '✅', { prompt: 'a pond' }), picture(2));
    expect((await numbered(2)).task!.request.mask).toMatchObject({ kind: 'image' });
    await answer(() => bo.press(larger, 'Go'), picture(3));
    expect(await numbered(3)).toMatchObject({ op: 'outpaint', parent: id, image: { width: 192, height: 192 } });
    const twice = menu.buttons.find((label) => /2/.test(label))!;
    await answer(() => cy.press(menu, twice), picture(4));
  });

  test('heads, branches, locks and what could be redone are where they were, and old cards of every kind answer', async () => {
    chat = await openAnyChat(platform);
    const { ann, bo, cy, answer, edited, heads, isLookedAfter } = await chat.enter();
    const first = await edited(ann);
    const second = await answer(() => bo.reply(first, 'make it blue'), picture(2));
    await answer(() => bo.fillFurther(second, '🌿', { name: 'other' }), /The branch "other" begins here\./);
    const back = await answer(() => ann.press(second, '↩️'), /#1 is the current picture/);
    const page = await answer(() => ann.command('history', {}, { about: first }), /History · 3 pictures/);
    const compared = await answer(() => bo.press(second, '🌓'), /^#1 and #2/);
    const panel = await answer(() => ann.pressFurther(first, '👥'), /Anyone here may/);
    const before = await heads();
    await chat.restart();
    expect(await heads()).toEqual(before);
    await answer(() => ann.press(back, '↪️'), /#2 is the current picture/);
    await answer(() => bo.press(compared, 'Difference'), /ΔE/);
    await answer(
      () => ann.press(page, '🖼️'),
      ({ pictures }) => pictures.length > 0,
    );
    await answer(() => ann.press(panel, 'Here: vote'), /take a vote here/);
    await chat.restart();
    await answer(() => cy.press(second, '🎲'), picture(3)); // three people made pictures: two must agree
    const vote = await answer(() => cy.press(second, '↩️'), /wants to go to #1/);
    await chat.restart();
    await answer(() => bo.press(vote, '👍'), /^#1 · [\s\S]*on its own branch "other"/);
    expect(await heads()).toEqual({ main: 3, other: 1 });
    const locking = await answer(() => ann.pressFurther(first, '🔒'), /@Ann (?:locked|wants to lock)/);
    if (!isLookedAfter) await answer(() => bo.press(locking, '👍'), /@Ann locked this history/);
    await chat.restart();
    await answer(() => bo.press(first, '↩️'), /This history is locked/);
    await answer(() => bo.reply(second, 'make it green'), /on its own branch/);
  });

  const states = [
    { state: 'queued', steps: 0 },
    { state: 'preparing', steps: 0 },
    { state: 'running', steps: 2 },
    { state: 'encoding', steps: 5 },
    { state: 'delivering', steps: 6 },
  ] as const;
  // The web chat posts to its own disk: that is done before anything can happen.
  test.each(states.filter(({ state }) => platform !== 'web' || state !== 'delivering'))(
    'an edit that is $state says that it begins again if it had begun, ends in one result, and nothing else of it stays',
    async ({ state, steps }) => {
      chat = await openAnyChat(platform, { worker: state !== 'queued', speed: 200 });
      const { bo, answer, messages, heads } = await chat.enter();
      const black = await solidPng(64, 64, '#000000');
      chat.latch.close();
      const card = await answer(() => bo.command('edit', { prompt: '!decode a red hat' }, { picture: black }), /⏳/);
      const recover = state === 'delivering' ? chat.refusePosts() : () => {};
      chat.latch.release(steps);
      const row = async () => (await chat.storage.jobs.unfinished())[0]?.state;
      await expect.poll(row, patience).toBe(state);
      await chat.restart(recover);
      const isBegunAgain = () => messages().some(({ id, text }) => id === card.id && text.includes('begins again'));
      if (state !== 'delivering') await expect.poll(isBegunAgain, patience).toBe(state !== 'queued');
      chat.latch.open();
      const about = () => messages().filter(({ byBot, text }) => byBot && text.includes('a red hat'));
      await expect.poll(() => about().map(({ text }) => text.slice(0, 2)), patience).toEqual(['#1']);
      expect(await heads()).toEqual({ main: 1 });
      await answer(() => bo.press(about()[0]!, '🎲'), picture(2));
    },
  );
});
