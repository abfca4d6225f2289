import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Card, DeliveryError, type Incoming, type RemoteFile } from '../../../src/bots/core/platform.ts';
import { openTelegram, type TelegramOptions } from '../../../src/bots/telegram/telegram.ts';
import type { BlobRef } from '../../../src/edit/blob.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import type { Log } from '../../../src/log.ts';
import { type HandClock, handClock } from './hand-clock.ts';
import { openScriptedApi, type ScriptedApi, token } from './scripted-api.ts';

const ann = { id: 7, is_bot: false, first_name: 'Ann', language_code: 'zh-hans' };
const privately = { id: 7, type: 'private', first_name: 'Ann' };
const room = { id: -1_002_147_483_647, type: 'supergroup', title: 'Studio' };
const place = 't:7:0' as PlaceId;
const how = { replyTo: '5', nonce: 'n1', repeated: false, language: 'en' } as const;

const picture = { source: new Uint8Array(30), name: 'palimpsest_0123456789.png', description: 'a cat' };
const again = { label: 'Again', emoji: '🎲', action: 'ag', target: '0123456789' } as const;
const card: Card = { title: '#3', lines: ['"hat"'], images: [picture], rows: [[again]], tone: 'done', spoiler: false };

/** Keeps every line, as text. */
function memoryLog(lines: string[]): Log {
  const write = (bindings: object, message: string) => {
    const { error } = bindings as { error?: Error };
    lines.push(`${message} ${JSON.stringify(bindings)} ${error?.stack ?? ''} ${String(error?.cause ?? '')}`);
  };
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
  return log;
}

interface Bot extends AsyncDisposable {
  readonly api: ScriptedApi;
  readonly clock: HandClock;
  readonly telegram: ReturnType<typeof openTelegram>;
  readonly heard: Incoming[];
  readonly log: string[];
  /** The first incoming thing that comes. */
  next(): Promise<Incoming>;
  calls(method: string): ScriptedApi['calls'];
}

async function openBot(
  options: Partial<TelegramOptions> = {},
  prepare: (api: ScriptedApi) => void = () => {},
): Promise<Bot> {
  const api = await openScriptedApi();
  prepare(api);
  const clock = handClock();
  const log: string[] = [];
  const heard: Incoming[] = [];
  const telegram = openTelegram({
    ...{ token, apiRoot: api.root, clock, log: memoryLog(log) },
    blobs: { get: async () => new Uint8Array(50) },
    fit: async (bytes, limit) => ({ bytes: bytes.subarray(0, limit), ending: 'jpg' }),
    ...options,
  });
  await telegram.start(async (incoming) => void heard.push(incoming));
  return {
    ...{ api, clock, telegram, heard, log },
    next: async () => {
      await expect.poll(() => heard.length).toBeGreaterThan(0);
      return heard.shift()!;
    },
    calls: (method) => api.calls.filter((call) => call.method === method),
    [Symbol.asyncDispose]: async () => {
      await telegram[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
      expect(log.join('\n')).not.toContain('secret_secret');
    },
  };
}

const message = (more: object) => ({ message: { message_id: 5, date: 1, chat: privately, from: ann, ...more } });
const photo = [
  { file_id: 'small', file_unique_id: 's', width: 90, height: 60, file_size: 900 },
  { file_id: 'big', file_unique_id: 'b', width: 900, height: 600, file_size: 9000 },
];

describe('what people do on Telegram', () => {
  test('a command is registered in both languages and heard with its words', async () => {
    await using bot = await openBot();
    await expect.poll(() => bot.calls('setChatMenuButton').length).toBe(1);
    const menus = bot.calls('setMyCommands').map(({ fields }) => [fields.scope, fields.language_code]);
    const [all, managing] = [{ type: 'default' }, { type: 'all_chat_administrators' }];
    expect(menus).toEqual([
      [all, undefined],
      [all, 'zh'],
      [managing, undefined],
      [managing, 'zh'],
    ]);
    bot.api.push(message({ text: '/Edit@pal_BOT  a hat --seed 3' }));
    expect(await bot.next()).toMatchObject({
      kind: 'command',
      key: 't:42:7:message:5',
      speaker: { user: 'telegram:7', name: 'Ann', locale: 'zh-hans', moderator: true },
      where: { place: 't:7:0', group: 't:7', kind: 'private' },
      name: 'edit',
      text: 'a hat --seed 3',
      message: '5',
      repliedTo: null,
    });
  });

  test('a link to a picture shows it; any other start is help', async () => {
    await using bot = await openBot();
    bot.api.push(message({ text: '/start n_0123456789' }));
    expect(await bot.next()).toMatchObject({ kind: 'action', action: 'sh', target: '0123456789' });
    bot.api.push(message({ message_id: 6, text: '/start n_../etc' }));
    expect(await bot.next()).toMatchObject({ kind: 'command', name: 'start' });
  });

  test('a message may be corrected for a minute', async () => {
    await using bot = await openBot();
    const edited = (at: number) => ({
      edited_message: { message_id: 5, date: 1000, edit_date: at, chat: privately, from: ann, text: 'a red hat' },
    });
    bot.api.push(edited(1061));
    bot.api.push(edited(1060));
    expect(await bot.next()).toMatchObject({
      ...{ kind: 'message', text: 'a red hat', message: '5', corrects: true, key: 't:42:7:message:5:1060' },
    });
    expect(bot.heard).toEqual([]);
  });

  test('a room is only listened to when it speaks to the bot', async () => {
    await using bot = await openBot({}, (api) => {
      api.script('getChatAdministrators', { result: [{ status: 'creator', user: { id: 8 } }] });
    });
    const says = (id: number, more: object) => bot.api.push(message({ message_id: id, chat: room, ...more }));
    says(1, { text: 'hello all' });
    says(2, { text: '/edit@Other_bot hat' });
    says(3, { text: '/unknown hat' });
    says(4, { photo });
    says(5, { text: 'a blue hat, @Pal_bot please' });
    says(6, {
      text: 'red',
      reply_to_message: { message_id: 2, chat: room, from: { id: 42, is_bot: true }, text: '#1' },
    });
    says(7, { text: '/edit hat', from: { ...ann, id: 8 } });
    await expect.poll(() => bot.heard.length).toBe(3);
    const byMessage = new Map(bot.heard.map((incoming) => ['message' in incoming ? incoming.message : '', incoming]));
    expect([...byMessage.keys()].sort()).toEqual(['5', '6', '7']);
    expect(byMessage.get('5')).toMatchObject({
      kind: 'message',
      text: 'a blue hat, please',
      speaker: { moderator: false },
    });
    expect(byMessage.get('6')).toMatchObject({ repliedTo: { message: '2', ours: true, files: [] } });
    expect(byMessage.get('7')).toMatchObject({ kind: 'command', speaker: { moderator: true } });
    expect(bot.calls('getChatAdministrators').length).toBe(1);
  });

  test('a picture is offered in its biggest size; the picture of a foreign message replied to as well', async () => {
    await using bot = await openBot({}, (api) => {
      api.script('getFile', { result: { file_id: 'big', file_path: 'photos/1.jpg' } });
      api.files.set('photos/1.jpg', Buffer.from('jpeg'));
    });
    const foreign = { message_id: 3, date: 1, chat: privately, from: { id: 9, first_name: 'Bo' }, photo };
    bot.api.push(message({ photo, caption: 'hat', reply_to_message: foreign }));
    const heard = await bot.next();
    expect(heard).toMatchObject({
      kind: 'message',
      text: 'hat',
      files: [{ name: 'photo_b.jpg', size: 9000, role: 'image' }],
    });
    expect(heard).toMatchObject({ repliedTo: { message: '3', ours: false, files: [{ name: 'photo_b.jpg' }] } });
    const bytes = await firstFile(heard).download(AbortSignal.timeout(1000));
    expect(Buffer.from(bytes).toString()).toBe('jpeg');
    expect(bot.calls('getFile')[0]!.fields).toEqual({ file_id: 'big' });
  });

  test('an album comes as one, in order, with the command of its caption', async () => {
    await using bot = await openBot();
    bot.api.push(message({ message_id: 12, media_group_id: 'g', photo: [photo[0]] }));
    bot.api.push(message({ message_id: 11, media_group_id: 'g', photo: [photo[1]], caption: '/inpaint hat' }));
    await expect.poll(() => bot.calls('getUpdates').length).toBeGreaterThan(1);
    bot.clock.advance(2500);
    expect(await bot.next()).toMatchObject({
      kind: 'command',
      key: 't:42:7:album:g',
      name: 'inpaint',
      text: 'hat',
      message: '11',
      files: [{ name: 'photo_b.jpg' }, { name: 'photo_s.jpg' }],
    });
    bot.api.push(message({ message_id: 13, media_group_id: 'g', photo }));
    await expect.poll(() => bot.calls('sendMessage').length).toBe(1);
    expect(bot.calls('sendMessage')[0]!.fields).toMatchObject({ reply_parameters: { message_id: 13 } });
    expect(bot.heard).toEqual([]);
  });

  test('a press is answered before it is acted on, and a broken one is heard as unreadable', async () => {
    await using bot = await openBot({}, (api) => {
      api.script('answerCallbackQuery', {
        code: 400,
        description: 'Bad Request: query is too old and response timeout expired',
      });
    });
    const press = (id: string, data: string) =>
      bot.api.push({ callback_query: { id, from: ann, data, message: { message_id: 9, date: 1, chat: privately } } });
    press('1', '1:pk:0123456789:2');
    expect(await bot.next()).toMatchObject({
      kind: 'action',
      key: 't:42:press:1',
      action: 'pk',
      target: '0123456789',
      arg: '2',
      message: '9',
      values: null,
    });
    press('2', '0:pk:0123456789:2');
    expect(await bot.next()).toMatchObject({ kind: 'unreadable', key: 't:42:press:2' });
    expect(bot.calls('answerCallbackQuery').map(({ fields }) => fields.callback_query_id)).toEqual(['1', '2']);
  });

  test('a form is a message to reply to, understood by a bot that never sent it', async () => {
    await using bot = await openBot();
    bot.api.push({
      callback_query: { id: '1', from: ann, data: '1:ed:0123456789:', message: { message_id: 9, date: 1, chat: room } },
    });
    const pressed = await bot.next();
    const fields = [{ name: 'prompt', label: '提示词', value: 'a cat', long: true, required: true, maxLength: 1500 }];
    await pressed.answer.form({ action: 'ed', target: '0123456789', title: 'Edit #3', fields });
    const { fields: sent } = bot.calls('sendMessage')[0]!;
    expect(sent).toMatchObject({
      reply_markup: { force_reply: true, selective: true },
      reply_parameters: { message_id: 9 },
    });
    await using other = await openBot();
    const form = {
      message_id: 20,
      date: 1,
      chat: room,
      from: { id: 42, is_bot: true },
      text: sent.text,
      entities: sent.entities,
    };
    other.api.push(message({ message_id: 21, chat: room, text: 'a dog', reply_to_message: form }));
    expect(await other.next()).toMatchObject({
      kind: 'action',
      action: 'ed',
      target: '0123456789',
      message: '21',
      values: { prompt: 'a dog' },
    });
  });

  test('a topic is a place of its own; a thread outside topics and General are not', async () => {
    await using bot = await openBot();
    const opened = { message_id: 50, chat: room, from: ann, forum_topic_created: { name: 'hats', icon_color: 1 } };
    bot.api.push(
      message({
        message_id: 1,
        chat: room,
        text: '/queue',
        message_thread_id: 50,
        is_topic_message: true,
        reply_to_message: opened,
      }),
    );
    expect(await bot.next()).toMatchObject({
      where: { place: `t:${room.id}:50`, group: `t:${room.id}` },
      repliedTo: null,
    });
    bot.api.push(message({ message_id: 2, chat: room, text: '/queue', message_thread_id: 50 }));
    expect(await bot.next()).toMatchObject({ where: { place: `t:${room.id}:0` } });
    await bot.telegram.send(`t:${room.id}:50` as PlaceId, card, how);
    await bot.telegram.send(`t:${room.id}:0` as PlaceId, card, how);
    expect(bot.calls('sendPhoto').map(({ fields }) => fields.message_thread_id)).toEqual([50, undefined]);
  });

  test('an update that takes long does not hold up the next', async () => {
    await using api = await openScriptedApi();
    const clock = handClock();
    const never = new Promise<void>(() => {});
    const heard: string[] = [];
    const telegram = openTelegram({
      token,
      apiRoot: api.root,
      clock,
      log: memoryLog([]),
      blobs: { get: async () => new Uint8Array() },
      fit: async (bytes) => ({ bytes, ending: 'png' }),
    });
    await telegram.start((incoming) => {
      heard.push(incoming.key);
      return never;
    });
    api.push(message({ message_id: 1, text: 'slow' }));
    await expect.poll(() => heard.length).toBe(1);
    api.push(message({ message_id: 2, text: 'quick' }));
    clock.advance(2000);
    await expect.poll(() => heard.length).toBe(2);
  });
});

const firstFile = (incoming: Incoming): RemoteFile =>
  'files' in incoming ? incoming.files[0]! : expect.fail('no file');

describe('files that people send', () => {
  const downloaded = async (bot: Bot, file: object) => {
    bot.api.push(message({ document: { file_id: 'd', file_unique_id: 'u', file_name: 'cat.png', ...file } }));
    return firstFile(await bot.next()).download(AbortSignal.timeout(5000));
  };

  test('are read from the disk where the Bot API server shares it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'telegram-'));
    const path = join(folder, 'cat.png');
    await writeFile(path, 'png');
    await using bot = await openBot({}, (api) => api.script('getFile', { result: { file_id: 'd', file_path: path } }));
    expect(Buffer.from(await downloaded(bot, { mime_type: 'image/png' })).toString()).toBe('png');
    await rm(folder, { recursive: true });
  });

  test('are refused when they are no pictures, too big, or cannot be had', async () => {
    await using bot = await openBot({}, (api) => {
      const tooBig = { code: 400, description: 'Bad Request: file is too big' } as const;
      api.script('getFile', tooBig, { result: { file_id: 'd', file_path: 'gone.png' } });
    });
    await expect(downloaded(bot, { mime_type: 'application/pdf' })).rejects.toMatchObject({ code: 'not-an-image' });
    await expect(downloaded(bot, { file_size: 26 * 2 ** 20 })).rejects.toMatchObject({ code: 'file-too-big' });
    await expect(downloaded(bot, { file_size: 21 * 2 ** 20 })).rejects.toMatchObject({ code: 'file-too-big' });
    const lost = await downloaded(bot, {}).catch((error: Error) => error);
    expect(lost).toMatchObject({ code: 'download-failed', details: { host: '127.0.0.1' } });
    expect(JSON.stringify(lost)).not.toContain('secret');
  });
});

describe('what the bot posts on Telegram', () => {
  test('a result is a photo with words, buttons and the message it answers, all of which survive the upload', async () => {
    await using bot = await openBot();
    const source = `sha256-${'0'.repeat(64)}` as BlobRef;
    const [message] = await bot.telegram.send(place, { ...card, images: [{ ...picture, source }], spoiler: true }, how);
    expect(message).toMatch(/^\d+$/);
    const [{ fields, files } = expect.fail()] = bot.calls('sendPhoto');
    expect(fields).toMatchObject({
      chat_id: 7,
      caption: '#3\n"hat"',
      caption_entities: [{ type: 'bold', offset: 0, length: 2 }],
      has_spoiler: true,
      reply_parameters: { message_id: 5, allow_sending_without_reply: true },
      reply_markup: { inline_keyboard: [[{ text: '🎲 Again', callback_data: '1:ag:0123456789:' }]] },
    });
    expect(files).toEqual([{ name: 'palimpsest_0123456789.png', bytes: 50 }]);
  });

  test('an original is a file; several pictures are an album, then words with buttons, and the album is not posted twice', async () => {
    await using bot = await openBot({}, (api) =>
      api.script(
        'sendMessage',
        { code: 429, description: 'Too Many Requests: retry after 3', retryAfter: 3 },
        { result: { message_id: 77 } },
      ),
    );
    await bot.telegram.send(place, { ...card, images: [{ ...picture, original: true }] }, how);
    expect(bot.calls('sendDocument')[0]!.files).toEqual([{ name: picture.name, bytes: 30 }]);
    const four = { ...card, images: [picture, picture, picture, picture] };
    await expect(bot.telegram.send(place, four, how)).rejects.toMatchObject({ reason: 'retry', retryAfterMs: 3000 });
    expect(await bot.telegram.send(place, four, how)).toEqual(['77', ...Array(4).fill(expect.stringMatching(/^\d+$/))]);
    expect(bot.calls('sendMediaGroup').map(({ files }) => files.length)).toEqual([4]);
    expect(bot.calls('sendMessage').at(-1)!.fields).toMatchObject({
      text: '#3\n"hat"',
      reply_markup: { inline_keyboard: [[{}]] },
    });
  });

  test('what Telegram takes for no photo goes as a file, and what is too big goes smaller', async () => {
    await using bot = await openBot({}, (api) =>
      api.script(
        'sendPhoto',
        { code: 400, description: 'Bad Request: PHOTO_INVALID_DIMENSIONS' },
        { code: 413, description: 'Request Entity Too Large' },
      ),
    );
    await bot.telegram.send(place, card, how);
    expect(bot.calls('sendDocument').length).toBe(1);
    const big = { ...card, images: [{ ...picture, source: new Uint8Array(12_000_000) }] };
    await expect(bot.telegram.send(place, big, how)).rejects.toMatchObject({ reason: 'too-big' });
    const sizes = bot
      .calls('sendPhoto')
      .slice(1)
      .map(({ files }) => files[0]!);
    expect(sizes[0]).toEqual({ name: 'palimpsest_0123456789.jpg', bytes: 10_000_000 - 65_536 });
    expect(sizes.map(({ bytes }) => bytes)).toEqual([...sizes.map(({ bytes }) => bytes)].sort((a, b) => b - a));
    expect(sizes.length).toBe(4);
  });

  test('long words become a file, and a post that may be there already says so', async () => {
    await using bot = await openBot();
    const words = { ...card, images: [], lines: ['x'.repeat(5000)] };
    await bot.telegram.send(place, words, how);
    expect(bot.calls('sendDocument')[0]!.files).toEqual([{ name: 'settings.txt', bytes: 5003 }]);
    await bot.telegram.send(place, { ...card, images: [] }, { ...how, repeated: true });
    expect(bot.calls('sendMessage')[0]!.fields.text).toBe('#3 (repeated)\n"hat"');
  });

  test('edits replace words, captions and pictures, and one that changes nothing succeeds', async () => {
    await using bot = await openBot({}, (api) =>
      api.script(
        'editMessageText',
        { code: 400, description: 'Bad Request: there is no text in the message to edit' },
        { code: 400, description: 'Bad Request: message is not modified: specified new message content is the same' },
        { code: 400, description: 'Bad Request: message to edit not found' },
      ),
    );
    const words = { ...card, images: [], tone: 'busy' } as const;
    await bot.telegram.edit(place, '8', words);
    expect(bot.calls('editMessageCaption')[0]!.fields).toMatchObject({ message_id: 8, caption: '#3\n"hat"' });
    await bot.telegram.edit(place, '8', words);
    await expect(bot.telegram.edit(place, '8', words)).rejects.toMatchObject({ reason: 'gone' });
    await bot.telegram.edit(place, '8', card);
    expect(bot.calls('editMessageMedia')[0]!.fields.media).toMatchObject({ type: 'photo', caption: '#3\n"hat"' });
    expect(bot.calls('sendChatAction').length).toBe(1);
    bot.clock.advance(4500);
    await bot.telegram.edit(place, '8', { ...card, tone: 'busy' });
    await expect.poll(() => bot.calls('sendChatAction').length).toBe(2);
  });

  test('a message that is already gone counts as removed', async () => {
    await using bot = await openBot({}, (api) =>
      api.script('deleteMessage', { code: 400, description: "Bad Request: message can't be deleted for everyone" }),
    );
    await expect(bot.telegram.remove(place, '8')).resolves.toBeUndefined();
  });

  test.each([
    [{ code: 403, description: 'Forbidden: bot was blocked by the user' }, 'unreachable'],
    [{ code: 400, description: 'Bad Request: message thread not found' }, 'unreachable'],
    [{ code: 500, description: 'Internal Server Error' }, 'uncertain'],
    ['hang up', 'uncertain'],
    [{ code: 429, description: 'Too Many Requests', retryAfter: 30 }, 'retry'],
  ] as const)('a post that fails with %j is %s', async (reply, reason) => {
    await using bot = await openBot({}, (api) => api.script('sendPhoto', reply));
    const error = await bot.telegram.send(place, card, how).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DeliveryError);
    expect(error).toMatchObject({ reason });
    expect(`${(error as Error).stack} ${((error as Error).cause as Error).stack}`).not.toContain('secret');
  });

  test('a post that never left this machine is tried again', async () => {
    const nobody = openTelegram({
      ...{ token, apiRoot: 'http://127.0.0.1:1', clock: handClock(), log: memoryLog([]) },
      blobs: { get: async () => new Uint8Array(50) },
      fit: async (bytes) => ({ bytes, ending: 'png' }),
    });
    await expect(nobody.send(place, card, how)).rejects.toMatchObject({ reason: 'retry' });
    await nobody[Symbol.asyncDispose]();
  });

  test('an answer waits when Telegram asks to, and a warning in a room goes away after a minute', async () => {
    await using bot = await openBot({}, (api) =>
      api.script(
        'sendMessage',
        { code: 429, description: 'Too Many Requests', retryAfter: 7 },
        { result: { message_id: 77 } },
      ),
    );
    bot.api.push(message({ chat: room, text: '/queue' }));
    const { answer } = await bot.next();
    const told = answer.tell({ ...card, images: [], tone: 'warning' });
    await expect.poll(() => bot.calls('sendMessage').length).toBe(1);
    bot.clock.advance(7000);
    await told;
    expect(bot.calls('deleteMessage')).toEqual([]);
    bot.clock.advance(60_000);
    await expect
      .poll(() => bot.calls('deleteMessage')[0]?.fields)
      .toEqual({ chat_id: String(room.id), message_id: 77 });
  });
});

describe('the line to Telegram', () => {
  test('is tried again, ever more patiently, and the token is not told', async () => {
    await using bot = await openBot({}, (api) => {
      const unauthorized = { code: 401, description: 'Unauthorized' } as const;
      api.script('getMe', unauthorized, unauthorized, 'hang up', {
        result: { id: 42, is_bot: true, first_name: 'P', username: 'Pal_bot' },
      });
      api.script('getUpdates', { code: 409, description: 'Conflict: terminated by other getUpdates request' });
    });
    const tries = () => bot.log.filter((line) => line.startsWith('connection lost')).length;
    for (const [waitMs, lost] of [
      [5000, 2],
      [10_000, 3],
      [20_000, 4],
    ] as const) {
      bot.clock.advance(waitMs - 1);
      expect(tries()).toBe(lost - 1);
      bot.clock.advance(1);
      await expect.poll(tries).toBe(lost);
    }
    expect(bot.log.at(-1)).toContain('409');
    bot.api.script('getUpdates', { result: [{ update_id: 1, ...message({ text: 'hello' }) }] });
    bot.clock.advance(40_000);
    expect(await bot.next()).toMatchObject({ kind: 'message', text: 'hello' });
  });

  test('may be a webhook, which only opens to the secret', async () => {
    await using bot = await openBot({ webhook: { url: 'https://example.org/telegram', secret: 'open-sesame' } });
    expect(bot.calls('setWebhook')[0]!.fields).toMatchObject({
      url: 'https://example.org/telegram',
      secret_token: 'open-sesame',
    });
    expect(bot.calls('getUpdates')).toEqual([]);
    const deliver = (secret: string, body: string) =>
      bot.telegram.webhook!(
        new Request('https://example.org/telegram', {
          method: 'POST',
          body,
          headers: { 'x-telegram-bot-api-secret-token': secret },
        }),
      );
    const update = JSON.stringify({ update_id: 1, ...message({ text: 'hello' }) });
    expect((await deliver('open-sesamE', update)).status).toBe(403);
    expect((await deliver('', update)).status).toBe(403);
    expect((await deliver('open-sesame', 'no update')).status).toBe(400);
    expect(bot.heard).toEqual([]);
    expect((await deliver('open-sesame', update)).status).toBe(200);
    expect(await bot.next()).toMatchObject({ kind: 'message', text: 'hello' });
  });
});
