import { afterEach, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../src/bots/core/index.ts';
import type { Seen } from '../../support/discord-stand-in/view.ts';
import { guildJson } from '../../support/discord-stand-in/wire.ts';
import { permissions } from '../../support/discord-stand-in/world.ts';
import { solidPng } from '../../support/jobs.ts';
import { patience } from '../../support/running-bot.ts';
import { type Chat, type ChatOptions, isResult, openChat } from './chat.ts';

let chat: Chat;
afterEach(() => chat[Symbol.asyncDispose]());

async function open(options: ChatOptions = {}) {
  chat = await openChat(options);
  const { dc } = chat;
  const image = { name: 'black.png', bytes: await solidPng(64, 64, '#000000') };
  return { dc, image, ann: dc.user('Ann'), latch: chat.latch };
}

/** The newest message that a condition holds for. */
const card = (condition: (seen: Seen) => boolean) => chat.dc.waitCard(condition, patience.timeout);

const isCard = (seen: Seen) => seen.interaction === null && seen.buttons.some(({ label }) => label.includes('Cancel'));
/** An edit may be this late on its way, ms. */
const LATE = 200;

/** What everybody sees: not the welcome that somebody new is given. */
const forAll = () => chat.dc.messages().filter(({ onlyFor }) => onlyFor === null);
/** Until interactions cannot be answered any more: first for the bot, which leaves their last minute alone, then for Discord. */
async function waitLong(dc: Chat['dc']): Promise<void> {
  dc.clock.advance(14.5 * 60 * 1000);
  const count = (way: 'request' | 'answer') => dc.log.filter((line) => line.way === way).length;
  await expect.poll(() => count('request') - count('answer'), patience).toBe(0); // what was on its way has arrived
  dc.clock.advance(5.5 * 60 * 1000);
}

const results = () => chat.dc.messages().filter(isResult());
const tokenTrouble = () =>
  chat.dc.log.filter(({ way, body }) => way === 'answer' && JSON.stringify(body ?? '').includes('50027'));

describe('a restart', () => {
  test('loses nothing that was running or waiting, posts nothing twice, and old buttons go on working', async () => {
    const { dc, image, ann, latch } = await open({ worker: false });
    latch.close();
    for (const prompt of ['one', 'two', 'three']) dc.slash(ann, 'edit', { prompt, image });
    await expect.poll(() => dc.messages().filter(isCard).length, patience).toBe(3);
    await chat.restart(() => latch.open());
    await expect.poll(() => results().length, patience).toBe(3);
    await expect.poll(() => dc.messages().filter(isCard), patience).toEqual([]);
    const [first] = results();
    await chat.restart();
    dc.button(ann, first!, 'Again');
    await expect.poll(() => results().length, patience).toBe(4);
  });

  test('meets clicks that were made meanwhile with the same words afterwards', async () => {
    const { dc, image, ann } = await open();
    dc.slash(ann, 'edit', { prompt: 'one', image });
    const result = await card(isResult(1));
    await chat.restart();
    const press = await dc.button(ann, result, 'Edit…').answered();
    expect(press.callbackType).toBe(9);
    const opened = await dc.context(ann, 'Edit image', result).answered();
    await chat.restart();
    dc.modal(opened, { prompt: 'two' }); // the form was opened by the process before
    await card(isResult(2));
  });
});

describe('long jobs', () => {
  test('are delivered when the interaction is long forgotten', async () => {
    const { dc, image, ann, latch } = await open();
    latch.close();
    dc.slash(ann, 'edit', { prompt: 'a red hat', image });
    await card(isCard);
    await expect.poll(() => forAll(), patience).toHaveLength(1);
    const told = () => ['POST', 'PATCH'].flatMap((method) => dc.calls(method, /\/webhooks\//)).length;
    await expect.poll(told, patience).toBe(2); // the welcome, and where the card is
    await waitLong(dc);
    latch.open();
    expect(await card(isResult(1))).toMatchObject({ interaction: null, onlyFor: null });
    expect(tokenTrouble()).toEqual([]);
  });

  test('get a new card before the old one becomes too old to be edited', async () => {
    const { dc, image, ann, latch } = await open();
    latch.close();
    dc.slash(ann, 'edit', { prompt: 'a red hat', image });
    const first = await card(isCard);
    latch.release();
    await card(({ id, edited }) => id === first.id && edited);
    dc.clock.advance(56 * 60 * 1000);
    latch.release();
    const next = await card((seen) => isCard(seen) && seen.id !== first.id);
    await expect.poll(() => dc.messages().map(({ id }) => id), patience).not.toContain(first.id);
    dc.fail({ method: 'PATCH', path: new RegExp(`/messages/${next.id}$`), mishap: { kind: 'code', code: 10008 } });
    latch.release(); // somebody deleted the card: there is another one
    await card((seen) => isCard(seen) && ![first.id, next.id].includes(seen.id));
    latch.open();
    await card(isResult(1));
    await expect.poll(() => dc.messages().map(({ id }) => id), patience).not.toContain(next.id);
  });

  test('in a server the bot never joined end in private messages, or nowhere when those are closed', async () => {
    const { dc, image, ann, latch } = await open();
    const shy = dc.user('Shy', { dmClosed: true });
    const guild = dc.addGuild('Far', { joined: false });
    latch.close();
    for (const user of [ann, shy]) {
      const channel = dc.addChannel(`far-${user.name}`, { guild });
      dc.slash(user, 'edit', { prompt: 'a red hat', image }, { channel });
      await card((seen) => seen.channel === channel && seen.buttons.length > 0);
    }
    await waitLong(dc);
    latch.open();
    const sent = await card((seen) => seen.channel === dc.privately(ann) && seen.text.startsWith('**#1 · '));
    expect(sent).toMatchObject({ pictures: [{}], buttons: [] }); // buttons lead nowhere outside the place
    const tried = () => dc.calls('POST', new RegExp(`/channels/${dc.privately(shy).id}/`)).length;
    await expect.poll(tried, patience).toBe(1);
    expect(tokenTrouble()).toEqual([]);
    dc.slash(shy, 'queue', {}, { channel: dc.addChannel('elsewhere', { guild }) });
    await card(({ onlyFor }) => onlyFor === 'Shy');
    expect(tried()).toBe(1);
  });
});

describe('the line', () => {
  test('lets its people cancel what waits and what runs, but not what others asked for', async () => {
    const { dc, image, ann, latch } = await open();
    const bo = dc.user('Bo');
    const moderator = dc.user('Mod', { permissions: permissions.manageGuild });
    latch.close();
    dc.slash(ann, 'edit', { prompt: 'running', image });
    const running = await card(isCard);
    dc.slash(ann, 'edit', { prompt: 'waiting', image });
    const waiting = await card((seen) => isCard(seen) && seen.text.includes('waiting'));
    dc.button(bo, running, 'Cancel');
    await card(({ onlyFor, text }) => onlyFor === 'Bo' && text.includes('⚠'));
    dc.button(ann, waiting, 'Cancel');
    await expect.poll(() => dc.messages().some(({ id }) => id === waiting.id), patience).toBe(false);
    dc.button(moderator, running, 'Cancel');
    await expect.poll(() => dc.messages().some(({ id }) => id === running.id), patience).toBe(false);
    latch.open();
    dc.slash(ann, 'edit', { prompt: 'last', image });
    await card(isResult());
    expect(results()).toHaveLength(1);
  });

  test('that is full says so to whoever asks for more', async () => {
    const { dc, image, ann, latch } = await open({ limits: { ...defaultLimits, queuedPerPerson: 1 } });
    latch.close();
    for (const prompt of ['one', 'two', 'three', 'four']) await dc.slash(ann, 'edit', { prompt, image }).answered();
    await card(({ onlyFor, text }) => onlyFor === 'Ann' && text.includes('⚠'));
    latch.open();
  });

  test('of many jobs at once edits each channel no more often than it bears', async () => {
    const speed = 20;
    const limits = { ...defaultLimits, queuedPerGroup: 100 };
    const { dc, image, latch } = await open({ speed, limits });
    latch.close();
    for (let n = 0; n < 8; n += 1) dc.slash(dc.user(`U${n}`), 'edit', { prompt: `${n}`, image });
    const all = () => results().length === 8 || void latch.release(); // one step of one job at each look
    await expect.poll(all, { timeout: 20_000, interval: 40 }).toBe(true);
    const at = dc
      .calls('PATCH', /\/channels\/\d+\/messages\/\d+$/)
      .filter(({ body }) => JSON.stringify(body).includes('|cx|')) // a card that becomes the result does not wait
      .map((line) => line.at)
      .sort((a, b) => a - b);
    expect(at.length).toBeGreaterThan(3);
    // However late a busy machine lets single edits arrive: all in all there are two seconds to each.
    const span = at.at(-1)! - at[0]!;
    expect(span + LATE).toBeGreaterThanOrEqual(((at.length - 1) * 2000) / speed);
  });
});

describe('limits of Discord', () => {
  test('of everything delay the result and lose nothing', async () => {
    const { dc, image, ann } = await open();
    dc.fail({ method: 'POST', path: /messages$/, mishap: { kind: 'limit', waitMs: 300, scope: 'global' } });
    dc.fail({ method: 'PATCH', path: /messages/, mishap: { kind: 'limit', waitMs: 300, scope: 'user' } });
    dc.slash(ann, 'edit', { prompt: 'a red hat', image });
    await card(isResult(1));
    await expect.poll(() => forAll(), patience).toHaveLength(1);
  });

  test('and broken lines still post each result once', async () => {
    const { dc, image, ann } = await open();
    const isPost = /\/channels\/\d+\/messages$/;
    dc.fail({ method: 'POST', path: isPost, mishap: { kind: 'drop', when: 'after' } });
    dc.fail({ method: 'POST', path: isPost, mishap: { kind: 'drop', when: 'after' } });
    dc.fail({ method: 'POST', path: isPost, mishap: { kind: 'status', status: 502 } });
    dc.slash(ann, 'edit', { prompt: 'a red hat', image });
    await card(isResult(1));
    expect(results()).toHaveLength(1);
  });
});

test('everybody reads their own language, rooms that of their server, and nobody reads a key', async () => {
  const { dc, image, ann } = await open();
  const guild = dc.addGuild('工作室', { locale: 'zh-CN' });
  const channel = dc.addChannel('中文', { guild });
  dc.gateway.dispatch('GUILD_CREATE', guildJson(dc.world, guild), channel);
  const li = dc.user('Li', { locale: 'zh-CN' });
  dc.slash(ann, 'edit', { prompt: 'a red hat', image }, { channel });
  const result = await card((seen) => seen.channel === channel && isResult(1)(seen));
  expect(result.text).toContain('重绘幅度');
  dc.button(li, result, '🎲');
  await card((seen) => seen.channel === channel && isResult(2)(seen));
  for (const user of [li, ann, dc.user('Fr', { locale: 'fr' })]) dc.slash(user, 'help', {}, { channel });
  const help = (name: string, text: string) => card((seen) => seen.onlyFor === name && seen.text.includes(text));
  await help('Li', '按提示词编辑图片');
  await help('Ann', 'Edit a picture');
  await help('Fr', '按提示词编辑图片'); // nobody here speaks French: the server's language
  for (const user of [li, ann]) expect(dc.view(user, { channel })).not.toMatch(/undefined|\[object|\{\w+\}|NaN/);
});

test('with the privileged intent words without a picture are about the last one posted, and a reply needs no ping', async () => {
  const { dc, image, ann } = await open({ standIn: { messageContent: true } });
  const bo = dc.user('Bo');
  dc.message(bo, 'look', { files: [image] });
  dc.message(bo, 'nice, is it not');
  dc.slash(ann, 'edit', { prompt: 'a red hat' });
  const result = await card(isResult(1));
  expect(result.text).toContain('Source: the last picture posted here');
  dc.message(bo, 'make it blue', { replyTo: result, ping: false });
  await card(isResult(2));
  expect(dc.gateway.identified.intents).toBe(4609 | (1 << 15));
});
