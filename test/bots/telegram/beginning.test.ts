import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { solidPng } from '../../support/jobs.ts';
import { halfMask } from '../../support/running-bot.ts';
import type { Conversation } from '../../support/telegram-stand-in/index.ts';
import { type Chat, isResult, openChat } from './chat.ts';

let chat: Chat;
let black: Buffer;
let grey: Buffer;
let people = 0;
beforeAll(async () => {
  chat = await openChat();
  [black, grey] = await Promise.all([solidPng(64, 64, '#000000'), solidPng(64, 64, '#777777')]);
});
afterAll(() => chat[Symbol.asyncDispose]());

type Seen = Awaited<ReturnType<Conversation['wait']>>;

function somebody(language: string | null = 'en'): Conversation {
  people += 1;
  return chat.tg.private(chat.tg.user(`Ann${people}`, language));
}
const labels = ({ buttons }: Seen) => buttons.map((row) => row.map(({ label }) => label));
const asked = (seen: Seen) => seen.text.includes('What is the second picture?');

describe('somebody who has just come', () => {
  test('is greeted with four ways to begin, and can try them on a picture of ours', async () => {
    const ann = somebody();
    ann.command('/start');
    const greeting = await ann.wait(({ text }) => text.includes('Palimpsest edits pictures with you'));
    expect(labels(greeting)).toEqual([
      ['🏞️ Try a sample', '📷 Send a photo'],
      ['✏️ Draw on it', '❓ Help'],
    ]);
    ann.press('Help', greeting);
    const help = await ann.wait(({ text }) => text.includes('/edit'));
    expect(help.text).toMatch(/More: \/help .*options$/); // whole: too much for a caption, it stands below its picture
    const above = chat.tg.messages(ann.chat).find(({ id }) => id === help.id - 1);
    expect(above).toMatchObject({ text: '', picture: { width: expect.any(Number) } });
    ann.press('Send a photo', greeting);
    await ann.wait(({ text }) => text.includes('caption'));
    ann.press('Draw on it', greeting);
    await ann.wait(({ text }) => text.includes('blank sheet'));
    ann.press('Try a sample', greeting);
    const sample = await ann.wait(({ picture, text }) => picture !== null && text.includes('falling snow'));
    ann.text('winter', { replyTo: sample });
    expect((await chat.nodeOf(await ann.wait(isResult(1)))).parent).toBe((await chat.nodeOf(sample)).id);
  });

  test('is spoken to in Chinese by a Chinese client', async () => {
    const ann = somebody('zh-hans');
    ann.command('/start');
    expect(labels(await ann.wait(({ text }) => text.includes('Palimpsest 和你一起修图')))[0]).toEqual([
      '🏞️ 试试示例',
      '📷 发送照片',
    ]);
  });

  test('hears in a group what Telegram lets the bot see there', async () => {
    const ann = chat.tg.user('Ann');
    const group = chat.tg.group('Friends', [ann]);
    group.as(ann).command('/start@PalimpsestBot');
    await group.as(ann).wait(({ text }) => text.includes('I only see commands and replies to me'));
  });
});

test('a picture without words offers what can be done with it', async () => {
  const ann = somebody();
  await ann.photo(black);
  const offer = await ann.wait(({ buttons }) => buttons.length > 0);
  expect(labels(offer)).toEqual([
    ['✏️ Edit…', '🖌️ Region…', '⬆️ Upscale…'],
    ['↔️ Outpaint…', '🧽 Remove…', 'ℹ️ Info'],
  ]);
  ann.press('ℹ️', offer);
  await ann.wait(({ text }) => text.includes('without parameters'));
});

describe('two pictures of which nothing says what the second is', () => {
  const pair = async (caption = 'a red hat') => {
    const ann = somebody();
    await ann.album([black, grey], { caption });
    return { ann, card: await ann.wait(asked) };
  };

  test('are asked about; as a mask the second is stretched where it has to be, and shown before it is used', async () => {
    const ann = somebody();
    const wide = await sharp(await halfMask(128, 64))
      .linear(0.5, 64)
      .png()
      .toBuffer();
    await ann.album([black, wide], { caption: 'a red hat' });
    const card = await ann.wait(asked);
    expect(labels(card)[0]).toEqual(['🖌️ The mask', '✏️ A sketch', '🖼️ Separate edits']);
    ann.press('The mask', card);
    ann.press('Stretch', await ann.wait(({ text }) => text.includes('The mask does not fit the picture')));
    await ann.wait(({ text }) => text.includes('Red is repainted: 50 % of the picture'));
    await expect.poll(() => chat.tg.messages(ann.chat).some(asked)).toBe(false);
  });

  test('are one picture, repainted as a whole, if the second is said to be the mask and covers it', async () => {
    const ann = somebody();
    await ann.album([black, await solidPng(64, 64, '#c0c0c0')], { caption: 'a red hat' });
    ann.press('The mask', await ann.wait(asked));
    const result = await ann.wait(isResult(1));
    expect(result.text).toContain('The mask covers everything');
    expect((await chat.nodeOf(result)).task!.request.mask).toBeNull();
  });

  test('are a picture and its sketch, if that is said', async () => {
    const { ann, card } = await pair();
    ann.press('A sketch', card);
    const result = await ann.wait(isResult(1));
    expect(result.replyTo).toBe(card.replyTo); // what the card asked about
    const { request } = (await chat.nodeOf(result)).task!;
    expect(request.sketch).toMatchObject({ kind: 'inpaint sketch' });
    await expect.poll(() => chat.tg.messages(ann.chat).some(asked)).toBe(false);
  });

  test('are two edits, if that is said', async () => {
    const { ann, card } = await pair();
    ann.press('Separate edits', card);
    await expect.poll(() => chat.tg.messages(ann.chat).filter(isResult(1)).length, { timeout: 10_000 }).toBe(2);
  });

  test('are not asked about when the caption says it', async () => {
    const ann = somebody();
    await ann.album([black, grey], { caption: 'sketch: a red hat' });
    const { request } = (await chat.nodeOf(await ann.wait(isResult(1)))).task!;
    expect(request.sketch).toMatchObject({ kind: 'sketch' });
  });
});

describe('a picture that comes after its album', () => {
  test('is the mask of the picture before it, when it looks like one', async () => {
    const ann = somebody();
    const album = await ann.album([black, await halfMask()], { caption: 'a red hat', held: [1] });
    await ann.wait(isResult(1));
    album.release();
    const masked = await ann.wait(isResult(2));
    expect(masked.text).toContain('"a red hat"');
    expect((await chat.nodeOf(masked)).op).toBe('inpaint');
  });

  test('is told to have come late, when it is anything else', async () => {
    const ann = somebody();
    const album = await ann.album([black, grey], { caption: 'a red hat', held: [1] });
    await ann.wait(isResult(1));
    album.release();
    await ann.wait(({ text }) => text.includes('arrived after its album'));
  });
});
