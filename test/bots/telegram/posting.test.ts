import { describe, expect, test } from 'vitest';
import { DeliveryError } from '../../../src/bots/core/platform.ts';
import { openTelegram } from '../../../src/bots/telegram/telegram.ts';
import type { BlobRef } from '../../../src/edit/blob.ts';
import { card, how, memoryLog, message, nothingPosted, openBot, picture, place, room } from './adapter.ts';
import { handClock } from './hand-clock.ts';
import { token } from './scripted-api.ts';

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
    await bot.telegram.edit(place, '8', words);
    const captions = bot.calls('editMessageCaption').map(({ fields }) => [fields.message_id, fields.caption]);
    expect(captions).toEqual(Array(2).fill([8, '#3\n"hat"']));
    expect(bot.calls('editMessageText')).toHaveLength(1); // it has a picture, as was found out
    await bot.telegram.edit(place, '9', words);
    await expect(bot.telegram.edit(place, '9', words)).rejects.toMatchObject({ reason: 'gone' });
    await bot.telegram.edit(place, '8', card);
    expect(bot.calls('editMessageMedia')[0]!.fields.media).toMatchObject({ type: 'photo', caption: '#3\n"hat"' });
    const actions = () => bot.calls('sendChatAction').length;
    bot.clock.advance(60_000);
    expect(actions()).toBe(1); // the edit it was about has ended
    await bot.telegram.edit(place, '8', { ...card, tone: 'busy' });
    await bot.telegram.edit(place, '9', { ...card, tone: 'busy' });
    await expect.poll(actions).toBe(2);
    await bot.telegram.remove(place, '8');
    bot.clock.advance(4500);
    await expect.poll(actions).toBe(3);
    await bot.telegram.remove(place, '9');
    bot.clock.advance(60_000);
    await bot.telegram.remove(place, '9');
    expect(actions()).toBe(3);
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
      ...nothingPosted,
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

  test('a card that Telegram wants to delete later is not left behind', async () => {
    await using bot = await openBot({}, (api) =>
      api.script('deleteMessage', { code: 429, description: 'Too Many Requests', retryAfter: 7 }, { result: true }),
    );
    const removed = bot.telegram.remove(place, '9');
    await expect.poll(() => bot.calls('deleteMessage').length).toBe(1);
    const deletions = () => {
      bot.clock.advance(7000);
      return bot.calls('deleteMessage').length;
    };
    await expect.poll(deletions).toBe(2);
    await removed;
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
    await using bot = await openBot({ webhook: 'https://example.org/telegram' });
    const { url, secret_token: secret } = bot.calls('setWebhook')[0]!.fields;
    expect(url).toBe('https://example.org/telegram');
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(token).not.toContain(secret);
    expect(bot.calls('getUpdates')).toEqual([]);
    const deliver = (given: string, body: string) =>
      bot.telegram.webhook!(
        new Request('https://example.org/telegram', {
          method: 'POST',
          body,
          headers: { 'x-telegram-bot-api-secret-token': given },
        }),
      );
    const update = JSON.stringify({ update_id: 1, ...message({ text: 'hello' }) });
    expect((await deliver(`${secret}x`, update)).status).toBe(403);
    expect((await deliver('', update)).status).toBe(403);
    expect((await deliver(String(secret), 'no update')).status).toBe(400);
    expect(bot.heard).toEqual([]);
    for (const _ of ['first', 'again, for the answer got lost'])
      expect((await deliver(String(secret), update)).status).toBe(200);
    expect(await bot.next()).toMatchObject({ kind: 'message', text: 'hello' });
    expect(bot.heard).toEqual([]);
  });
});
