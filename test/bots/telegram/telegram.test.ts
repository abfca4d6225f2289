import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Incoming, RemoteFile } from '../../../src/bots/core/platform.ts';
import { openTelegram } from '../../../src/bots/telegram/telegram.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import {
  ann,
  type Bot,
  card,
  how,
  memoryLog,
  message,
  nothingPosted,
  openBot,
  photo,
  privately,
  room,
} from './adapter.ts';
import { handClock } from './hand-clock.ts';
import { openScriptedApi, token } from './scripted-api.ts';

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
    bot.api.push(
      message({ message_id: 6, text: 'hat', external_reply: { origin: {}, photo, has_media_spoiler: true } }),
    );
    expect(await bot.next()).toMatchObject({
      text: 'hat',
      repliedTo: null,
      files: [{ name: 'photo_b.jpg', spoiler: true }],
    });
    const sticker = { file_id: 'big', file_unique_id: 's', type: 'regular', is_animated: false, is_video: false };
    const wave = { message_id: 4, date: 1, chat: privately, from: { id: 9, first_name: 'Bo' }, sticker };
    bot.api.push(message({ message_id: 7, sticker }));
    bot.api.push(message({ message_id: 8, text: 'hat', reply_to_message: wave }));
    expect(await bot.next()).toMatchObject({ message: '8', repliedTo: { files: [{ name: 'sticker' }] } });
    bot.api.push(message({ message_id: 9, video: { file_id: 'v', file_unique_id: 'v', width: 9, height: 9 } }));
    await expect(firstFile(await bot.next()).download(AbortSignal.timeout(1000))).rejects.toMatchObject({
      ...{ code: 'not-an-image', details: { found: 'video/mp4' } },
    });
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
    expect(await bot.next()).toMatchObject({
      ...{ kind: 'message', key: 't:42:7:album:g:late:13', text: 'hat', message: '13', isLate: true },
      ...{ repliedTo: { message: '11', ours: false, files: [] }, files: [{ name: 'photo_b.jpg' }] },
    });
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
      message: '9',
      said: '21',
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

  test('an update that takes long does not hold up the next, nor the answer to a press', async () => {
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
      ...nothingPosted,
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
    const pressed = { message_id: 9, date: 1, chat: privately };
    api.push({ callback_query: { id: '1', from: ann, data: '1:ag:0123456789:', message: pressed } });
    clock.advance(2000);
    await expect.poll(() => heard.length).toBe(3);
    expect(api.calls.map(({ method }) => method)).toContain('answerCallbackQuery');
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
