import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messagesIn, troubleOf } from '../../src/bots/core/messages/index.ts';
import { type Refusal, refusalData } from '../../src/errors.ts';
import { executeIn } from '../storage/stand.ts';
import { solidPng } from '../support/jobs.ts';
import { patience } from '../support/running-bot.ts';
import { openTestChat, type TestChat } from '../support/test-chat.ts';
import { ann, buttonsOf, type TestPlatform, wordsOf } from '../support/test-platform.ts';
import { type Chat as Discord, isResult as isDiscordResult, openChat as openDiscord } from './discord/chat.ts';
import { isResult as isTelegramResult, openChat as openTelegram, type Chat as Telegram } from './telegram/chat.ts';

let discord: Discord;
let telegram: Telegram;
let black: Buffer;
beforeAll(async () => {
  [discord, telegram, black] = await Promise.all([openDiscord(), openTelegram(), solidPng(64, 64, '#000000')]);
});
afterAll(() => Promise.all([discord, telegram].map((chat) => chat[Symbol.asyncDispose]())));

const image = () => ({ name: 'black.png', bytes: black });

describe('I1: whatever is done is acknowledged in time', () => {
  test('on Discord within a second, however long the edit takes', async () => {
    const { dc } = discord;
    const user = dc.user('Ann');
    discord.latch.close();
    const asked = [
      dc.slash(user, 'edit', { prompt: 'x', image: image() }),
      dc.slash(user, 'help', {}),
      dc.slash(user, 'edit', { prompt: 'x', advanced: 'nonsense' }),
    ];
    for (const interaction of asked) expect((await interaction.answered()).answeredAfterMs).toBeLessThan(1000);
    discord.latch.open();
    const result = await dc.waitCard(isDiscordResult(1), patience.timeout);
    const { id } = await discord.nodeOf(result);
    const form = await dc.button(user, result, 'Edit…').answered();
    const menu = await dc.context(user, 'Edit image', result).answered();
    expect([form.callbackType, menu.callbackType]).toEqual([9, 9]);
    const others = [
      ...[form, menu, dc.context(user, 'Show settings', result), dc.button(user, result, 'Again')],
      ...[dc.select(user, result, { customId: 'p1|choose', values: [`p1|sh|${id}|`] }), dc.forge(user, result, 'x')],
      ...[dc.autocomplete(user, 'edit', { options: { model: '' }, focused: 'model' })],
      ...[dc.modal(form, { prompt: 'y' }), dc.modal(menu, { prompt: 'z' })],
    ];
    for (const interaction of others) expect((await interaction.answered()).answeredAfterMs).toBeLessThan(1000);
  });

  test('on Telegram a press is answered within two seconds', async () => {
    const bo = telegram.tg.private(telegram.tg.user('Bo'));
    await bo.photo(black, { caption: 'a red hat' });
    const result = await bo.wait(isTelegramResult(1));
    bo.press('Again', result);
    await expect.poll(() => telegram.tg.queries.every(({ answer }) => answer !== null), patience).toBe(true);
    const answers = telegram.tg.calls('answerCallbackQuery');
    for (const { id, at } of telegram.tg.queries) {
      const answered = answers.find(({ fields }) => fields.callback_query_id === id);
      expect(answered!.at - at).toBeLessThan(2000);
    }
  });
});

describe('inside the chat', () => {
  let chat: TestChat;
  let platform: TestPlatform;
  beforeAll(async () => {
    chat = await openTestChat();
    platform = chat.platform;
  });
  afterAll(() => chat[Symbol.asyncDispose]());

  test('I2: nobody waits for a job: what was asked has been dealt with while the job still runs', async () => {
    const place = platform.newRoom();
    chat.latch.close();
    await platform.say(ann, 'a red hat', { in: place, files: [black] });
    const row = (await chat.storage.jobs.unfinished()).find((job) => job.place === place);
    expect(row?.task.request.params.prompt).toBe('a red hat');
    await platform.command(ann, 'queue', {}, { in: place });
    expect(chat.lastTold()).toContain('a red hat');
    chat.latch.open();
    await chat.result(place);
  });

  test('I8: a result carries its parameters in the file and in the database, and both read the same', async () => {
    const place = platform.newRoom();
    await platform.say(ann, 'a red hat --steps 7 --seed 42', { in: place, files: [black] });
    const node = await chat.nodeOf(await chat.result(place));
    const bytes = await chat.storage.blobs.get(node.image.ref);
    const { comments = [] } = await sharp(bytes).metadata();
    const written = comments.find(({ keyword }) => keyword === 'parameters')?.text;
    expect(written).toBe(node.infotext);
    expect(written).toMatch(/^a red hat\nSteps: 7, .*Seed: 42/);
    const other = platform.newRoom();
    await platform.command(ann, 'pinfo', {}, { in: other, files: [bytes] });
    expect(chat.lastTold()).toContain('Seed: 42');
    const { card } = platform.told.at(-1)!;
    await platform.press(ann, { id: 'told', place: other, card }, 'Use these');
    const again = await chat.nodeOf(await chat.result(other));
    expect(again.task?.request.params).toMatchObject({ prompt: 'a red hat', steps: 7, seed: 42 });
  });

  test('I9: errors name the cause and the next step, and no stack, path or id of ours', async () => {
    const place = platform.newRoom();
    const before = platform.told.length;
    await platform.say(ann, 'a hat --stepz 7', { in: place, files: [black] });
    await platform.command(ann, 'edit', { prompt: 'x' }, { in: place });
    await platform.say(ann, 'x', { in: place, files: [randomBytes(200)] });
    await platform.command(ann, 'edit', { prompt: 'x', model: 'nobody' }, { in: place, files: [black] });
    const told = platform.told.slice(before).map(({ card }) => card);
    expect(told).toHaveLength(4);
    for (const card of told) {
      const [title, ...lines] = wordsOf(card).split('\n');
      expect(title).toMatch(/^⚠ /);
      expect(lines.join(' ') + buttonsOf(card).map(({ label }) => label)).not.toBe('');
      expect(wordsOf(card)).not.toMatch(/\bat \S+:\d+|node_modules|\/src\/|Error:|[0-9a-f]{32}/);
    }
  });

  test('I9: what is no refusal is told under eight characters and nothing else', async () => {
    const place = platform.newRoom();
    await platform.say(ann, 'a red hat', { in: place, files: [black] });
    const posted = await chat.result(place);
    const { id } = await chat.nodeOf(posted);
    await executeIn(chat.dataDir, `UPDATE "Node" SET "op" = 'nonsense' WHERE "id" = '${id}'`);
    await platform.press(ann, posted, 'Undo');
    expect(chat.lastTold()).toMatch(
      /^⚠ Something went wrong on my side\n.*\nTry again; if it stays, give [0-9a-z]{8} to whoever runs this bot\.$/,
    );
    const refusal = { code: 'internal', details: { ref: '0123abcd' } } as unknown as Refusal;
    for (const language of ['en', 'zh'] as const)
      expect(Object.values(troubleOf(messagesIn(language), refusalData(refusal))).join()).toContain('0123abcd');
  });
});

test('I4: results are ordinary messages of the bot, on both platforms, and replies to them go on from them', async () => {
  const { dc } = discord;
  const cy = { user: dc.user('Cy'), channel: dc.privately(dc.user('Cy')) };
  dc.slash(cy.user, 'edit', { prompt: 'x', image: image() }, cy);
  const result = await dc.waitCard((seen) => seen.channel === cy.channel && isDiscordResult(1)(seen), patience.timeout);
  expect(result).toMatchObject({ interaction: null, onlyFor: null, byBot: true });
  dc.message(cy.user, 'a blue hat', { ...cy, replyTo: result });
  const next = await dc.waitCard((seen) => seen.channel === cy.channel && isDiscordResult(2)(seen), patience.timeout);
  expect((await discord.nodeOf(next)).parent).toBe((await discord.nodeOf(result)).id);
  const dee = telegram.tg.private(telegram.tg.user('Dee'));
  await dee.photo(black, { caption: 'a red hat' });
  const first = await dee.wait(isTelegramResult(1));
  dee.text('a blue hat', { replyTo: first });
  const second = await dee.wait(isTelegramResult(2));
  expect((await telegram.nodeOf(second)).parent).toBe((await telegram.nodeOf(first)).id);
});
