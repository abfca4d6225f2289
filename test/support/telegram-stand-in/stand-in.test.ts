import sharp from 'sharp';
import { Telegraf } from 'telegraf';
import type { Update } from 'telegraf/types';
import { describe, expect, test } from 'vitest';
import { openTelegramStandIn, type TelegramStandIn } from './index.ts';

/** A noisy picture: its PNG is several times its JPEG. */
async function picture(width: number, height: number): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background: 'gray', noise } })
    .png()
    .toBuffer();
}

/** The real library, polling; every update it gets lands in `heard`. */
async function openBot(tg: TelegramStandIn) {
  const bot = new Telegraf(tg.token, { telegram: { apiRoot: tg.apiRoot, webhookReply: false } });
  const heard: Update[] = [];
  bot.use(({ update }) => void heard.push(update));
  const ended = new Promise<void>((resolve, reject) => {
    bot.launch({ allowedUpdates: ['message', 'callback_query'] }).then(resolve, reject);
  });
  ended.catch(() => {});
  const until = async (condition: () => boolean) => {
    for (const end = Date.now() + 3000; !condition(); await new Promise((resolve) => setTimeout(resolve, 10))) {
      if (Date.now() > end) throw new Error(`waited in vain; heard ${JSON.stringify(heard)}`);
    }
  };
  const close = async () => {
    bot.stop('test');
    await ended.catch(() => {});
  };
  return { bot, api: bot.telegram, heard, ended, until, [Symbol.asyncDispose]: close };
}

const refusal = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  );

describe('updates', () => {
  test('are polled by the real library, confirmed, and come again after a lost offset', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const ann = tg.private(tg.user('Ann', 'zh-hans'));
    ann.text('hello @someone_else');
    await line.until(() => line.heard.length === 1);
    expect(line.heard[0]).toMatchObject({
      message: {
        chat: { id: ann.user.id, type: 'private' },
        from: { first_name: 'Ann', language_code: 'zh-hans' },
        entities: [{ type: 'mention', offset: 6, length: 13 }],
      },
    });
    ann.edit(tg.messages(ann.chat)[0]!, 'not asked for'); // what a bot did not name is not brought
    tg.replay();
    await line.until(() => line.heard.length === 2);
    expect(line.heard[1]!.update_id).toBe(line.heard[0]!.update_id);
  });

  test('end the poll that another one follows with 409, and a bad token with 401', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    await line.until(() => tg.calls('getUpdates').length === 1);
    const other = new Telegraf(tg.token, { telegram: { apiRoot: tg.apiRoot } }).telegram;
    const poll = other.callApi('getUpdates', { timeout: 1, limit: 1, offset: 0, allowed_updates: [] });
    expect(await refusal(line.ended)).toMatch(/409: Conflict: terminated by other getUpdates/);
    expect(await poll).toEqual([]);
    const stranger = new Telegraf('1:wrong', { telegram: { apiRoot: tg.apiRoot } });
    expect(await refusal(stranger.launch())).toContain('401: Unauthorized');
  });

  test('are brought to a webhook with its secret', async () => {
    await using tg = await openTelegramStandIn();
    const { telegram } = new Telegraf(tg.token, { telegram: { apiRoot: tg.apiRoot } });
    expect(await refusal(telegram.setWebhook('http://bot.example'))).toContain('HTTPS');
    await telegram.setWebhook('https://bot.example/hook', { secret_token: 's3cret' });
    const brought: [string | null, unknown][] = [];
    tg.bring(async (request) => {
      brought.push([request.headers.get('x-telegram-bot-api-secret-token'), await request.json()]);
      return new Response();
    });
    tg.private(tg.user('Ann')).text('hello');
    await expect.poll(() => brought).toMatchObject([['s3cret', { message: { text: 'hello' } }]]);
    expect(
      await refusal(telegram.callApi('getUpdates', { timeout: 0, limit: 1, offset: 0, allowed_updates: [] })),
    ).toMatch(/409/);
  });
});

describe('group privacy', () => {
  test('lets commands to the bot and replies to it through, and nothing else', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const [ann, bo] = [tg.user('Ann'), tg.user('Bo')];
    const group = tg.group('Studio', [ann, bo]);
    const [a, b] = [group.as(ann), group.as(bo)];
    const posted = await line.api.sendMessage(group.chat.id, 'I am here');
    const png = await picture(200, 100);
    const foreign = await b.photo(png);
    b.text('chatter');
    b.text('@PalimpsestBot look');
    b.text('/edit@OtherBot x');
    a.command('/edit a hat', { replyTo: foreign });
    a.text('nice', { replyTo: tg.messages(group.chat).find(({ id }) => id === posted.message_id)! });
    await a.album([png, png], { caption: '/inpaint sky' });
    await line.until(() => line.heard.length >= 3);
    const messages = line.heard.map((update) => ('message' in update ? update.message : undefined));
    expect(messages).toMatchObject([
      {
        text: '/edit a hat',
        reply_to_message: { photo: [{ width: 90 }, { width: 200 }] },
        message_thread_id: foreign.id,
      },
      { text: 'nice', reply_to_message: { text: 'I am here' } },
      { caption: '/inpaint sky', media_group_id: expect.any(String) },
    ]);
    expect(Math.abs(group.chat.id)).toBeGreaterThan(2 ** 32);
  });

  test('says which topic a message is in; General has none', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const ann = tg.user('Ann');
    const forum = tg.group('Forum', [ann], { topics: ['Cats'] });
    forum.as(ann, 'Cats').command('/help');
    forum.as(ann).command('/help');
    await line.until(() => line.heard.length === 2);
    const [inTopic, inGeneral] = line.heard.map((update) => ('message' in update ? update.message : undefined));
    expect(inTopic).toMatchObject({
      is_topic_message: true,
      reply_to_message: { forum_topic_created: { name: 'Cats' } },
    });
    expect(inGeneral).not.toHaveProperty('message_thread_id');
    expect(await refusal(line.api.sendMessage(forum.chat.id, 'x', { message_thread_id: 1 }))).toContain(
      'thread not found',
    );
    const thread = inTopic?.message_thread_id as number;
    await line.api.sendMessage(forum.chat.id, 'meow', { message_thread_id: thread });
    expect(tg.view(forum.chat)).toContain('Palimpsest (topic Cats):\n  meow');
  });
});

describe('pictures', () => {
  test('are recompressed as photos and kept as documents', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const ann = tg.private(tg.user('Ann'));
    const png = await picture(1600, 800);
    await line.api.sendPhoto(ann.chat.id, { source: png, filename: 'a.png' }, { caption: 'one', has_spoiler: true });
    await line.api.sendDocument(ann.chat.id, { source: png, filename: 'a.png' });
    const [photo, file] = tg.messages(ann.chat);
    expect(photo).toMatchObject({ text: 'one', spoiler: true, asFile: false, picture: { width: 1280, height: 640 } });
    expect(photo!.picture!.bytes.equals(png)).toBe(false);
    expect(file!.picture!.bytes.equals(png)).toBe(true);
    const long = await picture(2100, 100);
    expect(await refusal(line.api.sendPhoto(ann.chat.id, { source: long }))).toContain('PHOTO_INVALID_DIMENSIONS');
    expect(await refusal(line.api.sendPhoto(ann.chat.id, { source: Buffer.from('text') }))).toContain('IMAGE_PROCESS');
  });

  test('lose object parameters on the way, as the real library sends them', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const ann = tg.private(tg.user('Ann'));
    const asked = ann.text('make it so');
    const reply_parameters = { message_id: asked.id };
    await line.api.sendPhoto(ann.chat.id, { source: await picture(50, 50) }, { reply_parameters });
    await line.api.sendMessage(ann.chat.id, 'done', { reply_parameters });
    expect(tg.messages(ann.chat).map(({ replyTo }) => replyTo)).toEqual([null, null, asked.id]);
    expect(tg.calls('sendPhoto')[0]!.fields).not.toHaveProperty('reply_parameters');
  });

  test('are downloaded by a link that ends after an hour, at most 20 MB', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const ann = tg.private(tg.user('Ann'));
    const png = await picture(300, 200);
    const { picture: file } = await ann.document(png);
    const link = await line.api.getFileLink(file!.id);
    expect(Buffer.from(await (await fetch(link)).arrayBuffer()).equals(png)).toBe(true);
    tg.clock.advance(61 * 60 * 1000);
    expect((await fetch(link)).status).toBe(404);
    const big = await ann.document(Buffer.alloc(20 * 1024 * 1024 + 1), { name: 'big.bin' });
    expect(await refusal(line.api.getFile(big.picture!.id))).toContain('400: Bad Request: file is too big');
  });

  test('come as albums of two to ten, and can be drawn upon', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const ann = tg.private(tg.user('Ann'));
    const source = await picture(400, 300);
    const media = [1, 2].map(() => ({ type: 'photo', media: { source } }) as const);
    await line.api.sendMediaGroup(ann.chat.id, media);
    expect(await refusal(line.api.sendMediaGroup(ann.chat.id, media.slice(1)))).toContain('2-10 items');
    const [first, second] = tg.messages(ann.chat);
    expect(first!.album).toBe(second!.album);
    const drawn = await ann.scribble(
      first!,
      '<svg viewBox="0 0 40 30"><circle cx="20" cy="15" r="10" fill="red"/></svg>',
    );
    expect(drawn.replyTo).toBe(first!.id);
    const pixel = await sharp(drawn.picture!.bytes)
      .extract({ left: 200, top: 150, width: 1, height: 1 })
      .raw()
      .toBuffer();
    expect(pixel[0]! - pixel[1]!).toBeGreaterThan(150);
    await line.until(() => line.heard.length === 1);
  });
});

describe('messages of the bot', () => {
  test('are changed, compared with what they were, and deleted within two days', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const ann = tg.private(tg.user('Ann'));
    const { message_id } = await line.api.sendMessage(ann.chat.id, 'one');
    const edit = (text: string) => line.api.editMessageText(ann.chat.id, message_id, undefined, text);
    await edit('two');
    expect(await refusal(edit('two'))).toContain('message is not modified');
    expect(await refusal(line.api.editMessageCaption(ann.chat.id, message_id, undefined, 'x'))).toContain('no caption');
    await line.api.editMessageMedia(ann.chat.id, message_id, undefined, {
      type: 'photo',
      media: { source: await picture(90, 90) },
    });
    expect(tg.view(ann.chat)).toBe('Palimpsest (edited):\n  [photo 90×90]');
    expect(await refusal(edit('three'))).toContain('there is no text in the message');
    tg.clock.advance(49 * 60 * 60 * 1000);
    expect(await refusal(line.api.deleteMessage(ann.chat.id, message_id))).toContain("can't be deleted");
    expect(await refusal(line.api.sendMessage(1, 'x'))).toContain('chat not found');
    tg.bar(ann.chat, 'bot was blocked by the user');
    expect(await refusal(line.api.sendMessage(ann.chat.id, 'x'))).toContain('403: Forbidden: bot was blocked');
  });

  test('carry buttons of at most 64 bytes, whose presses are answered within 15 s and once', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const ann = tg.private(tg.user('Ann'));
    const button = (callback_data: string) => ({
      reply_markup: { inline_keyboard: [[{ text: '🎲 Again', callback_data }]] },
    });
    expect(await refusal(line.api.sendMessage(ann.chat.id, 'x', button('的'.repeat(22))))).toContain(
      'BUTTON_DATA_INVALID',
    );
    await line.api.sendMessage(ann.chat.id, 'x', button('1:ag:0123456789:'));
    const press = ann.press('Again');
    await line.until(() => line.heard.length === 1);
    expect(line.heard[0]).toMatchObject({ callback_query: { data: '1:ag:0123456789:', from: { id: ann.user.id } } });
    await line.api.answerCbQuery(press.id, 'on it');
    expect(press.answer).toBe('on it');
    expect(await refusal(line.api.answerCbQuery(press.id))).toContain('query is too old');
    const late = ann.press('🎲');
    tg.clock.advance(16_000);
    expect(await refusal(line.api.answerCbQuery(late.id))).toContain('query is too old');
  });

  test('are limited: three at once in a chat, twenty a minute in a group, edits counted', async () => {
    await using tg = await openTelegramStandIn();
    await using line = await openBot(tg);
    const ann = tg.user('Ann');
    const { chat } = tg.private(ann);
    for (let n = 0; n < 3; n += 1) await line.api.sendMessage(chat.id, `${n}`);
    expect(await refusal(line.api.sendMessage(chat.id, '3'))).toContain('429: Too Many Requests: retry after 1');
    const group = tg.group('Studio', [ann]);
    const { message_id } = await line.api.sendMessage(group.chat.id, 'x');
    for (let n = 0; n < 19; n += 1) {
      await line.api.editMessageText(group.chat.id, message_id, undefined, `${n}`);
      tg.clock.advance(1000);
    }
    const full = await refusal(line.api.editMessageText(group.chat.id, message_id, undefined, 'last'));
    expect(full).toMatch(/retry after 4[01]/);
    tg.clock.advance(42_000);
    await line.api.editMessageText(group.chat.id, message_id, undefined, 'last');
  });
});

test('trouble comes when ordered: broken connections, refusals, corrupt downloads', async () => {
  await using tg = await openTelegramStandIn({ limits: null });
  await using line = await openBot(tg);
  const ann = tg.private(tg.user('Ann'));
  tg.fail({ method: 'sendMessage', mishap: { kind: 'drop', when: 'before' } });
  tg.fail({ method: 'sendMessage', mishap: { kind: 'drop', when: 'after' } });
  tg.fail({
    method: 'sendMessage',
    mishap: { kind: 'refuse', code: 429, description: 'Too Many Requests', retryAfter: 30 },
  });
  for (const text of ['before', 'after'])
    expect(await refusal(line.api.sendMessage(ann.chat.id, text))).toMatch(/socket|ECONNRESET/);
  await expect(line.api.sendMessage(ann.chat.id, 'x')).rejects.toMatchObject({
    code: 429,
    parameters: { retry_after: 30 },
  });
  expect(tg.messages(ann.chat).map(({ text }) => text)).toEqual(['after']);
  const png = await picture(64, 64);
  const { picture: file } = await ann.document(png);
  const link = await line.api.getFileLink(file!.id);
  tg.fail({ method: 'file', mishap: { kind: 'bytes', how: 'partial' } });
  await expect(fetch(link).then((response) => response.arrayBuffer())).rejects.toThrow();
  tg.fail({ method: 'file', mishap: { kind: 'bytes', how: 'corrupt' } });
  expect(Buffer.from(await (await fetch(link)).arrayBuffer()).equals(png)).toBe(false);
  expect(JSON.stringify(tg.log)).not.toContain(tg.token);
});
