import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { DeliveryError } from '../../../src/bots/core/index.ts';
import type { Mishap } from '../../support/discord-stand-in/faults.ts';
import { permissions } from '../../support/discord-stand-in/world.ts';
import { openAdapter, openUnconnected, picturing, plain, sending } from './adapter.ts';

const posts = /\/channels\/\d+\/messages$/;
const edits = /\/channels\/\d+\/messages\/\d+$/;

/** What became of a delivery: `sent`, or the reason of its failure. */
const outcome = (delivery: Promise<unknown>): Promise<string> =>
  delivery.then(
    () => 'sent',
    (error: unknown) => (error instanceof DeliveryError ? error.reason : `not a delivery error: ${error}`),
  );

describe('posting', () => {
  test('shows words, pictures and buttons in one container, and notifies nobody', async () => {
    const png = await sharp({ create: { width: 8, height: 4, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    await using bot = await openAdapter({ blob: png });
    const again = { label: 'Again', emoji: '🎲', action: 'ag', target: '0123456789', arg: '' } as const;
    const cancel = { label: 'x'.repeat(90), action: 'cx', target: '0123456789', arg: 'a', style: 'danger' } as const;
    const invert = { label: 'Invert', emoji: '◐', action: 'mi', target: '0123456789' } as const; // a mark that is no emoji
    const wide = [invert, ...Array.from({ length: 6 }, (_, at) => ({ ...again, arg: `${at}` }))];
    const asked = bot.dc.message(bot.dc.user('Ann'), 'please');
    const card = picturing({ rows: [[{ ...again, disabled: true }, cancel], wide], spoiler: true, tone: 'done' });
    const [id] = await bot.discord.send(bot.place, { ...card, title: '#1 · @Ann' }, sending({ replyTo: asked.id }));
    const seen = bot.dc.messages().find((message) => message.id === id)!;
    expect(seen).toMatchObject({ text: '**#1 · @Ann**\na line', replyTo: asked.id, mentions: [], interaction: null });
    expect(seen.pictures).toMatchObject([{ name: 'palimpsest_0123456789.png', description: 'a cat', spoiler: true }]);
    expect(seen.pictures[0]!.bytes.equals(png)).toBe(true);
    expect(seen.buttons).toHaveLength(9);
    expect(seen.buttons[0]).toMatchObject({ label: '🎲 Again', customId: 'p1|ag|0123456789|', disabled: true });
    expect(seen.buttons[1]!.label).toHaveLength(80);
    expect(seen.buttons[2]!.label).toBe('◐ Invert');
    const { body } = bot.dc.calls('POST', posts)[0]!;
    expect(body).toMatchObject({ enforce_nonce: true, allowed_mentions: { parse: [], replied_user: false } });
  });

  test('happens once, however often the line breaks', async () => {
    await using bot = await openAdapter();
    const options = sending();
    const trouble: readonly Mishap[] = [
      { kind: 'drop', when: 'before' },
      { kind: 'drop', when: 'after' },
      { kind: 'status', status: 500 },
    ];
    for (const mishap of trouble) {
      bot.dc.fail({ method: 'POST', path: posts, mishap, times: mishap.kind === 'status' ? 4 : 1 });
      expect(await outcome(bot.discord.send(bot.place, plain, options))).toBe('retry');
    }
    await bot.discord.send(bot.place, plain, options);
    expect(bot.dc.messages()).toHaveLength(1);
  });

  test('says when it was possibly done before, and may reply to what is gone', async () => {
    await using bot = await openAdapter();
    await bot.discord.send(
      bot.place,
      plain,
      sending({ repeated: true, language: 'zh', replyTo: '1234567890123456789' }),
    );
    expect(bot.dc.messages()[0]).toMatchObject({ text: '**Title （重发）**\na line', replyTo: null });
  });

  test('knows places that cannot be written to', async () => {
    await using bot = await openAdapter();
    const shy = bot.dc.privately(bot.dc.user('Shy', { dmClosed: true }));
    expect(await outcome(bot.discord.send(`d:0:${shy.id}` as never, plain, sending()))).toBe('unreachable');
    expect(await outcome(bot.discord.send('d:1:99999999999999999' as never, plain, sending()))).toBe('unreachable');
    bot.dc.deny(bot.dc.channel, permissions.sendMessages);
    expect(await outcome(bot.discord.send(bot.place, plain, sending()))).toBe('unreachable');
  });

  test('takes smaller pictures where they are too big, and smaller ones yet where Discord says so', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const big = await sharp({ create: { width: 300, height: 300, channels: 3, background: 'grey', noise } })
      .png()
      .toBuffer();
    await using bot = await openAdapter({ blob: big, standIn: { uploadLimit: 60_000 } });
    expect(big.length).toBeGreaterThan(60_000);
    const asked: number[] = [];
    await using fitting = await openAdapter({
      blob: Buffer.concat([big, randomBytes(11 * 1024 * 1024)]),
      fit: async (_, limit) => {
        asked.push(limit);
        return { bytes: await sharp(big).jpeg({ quality: 80 }).toBuffer(), ending: 'jpg' };
      },
    });
    fitting.dc.fail({ method: 'POST', path: posts, mishap: { kind: 'code', code: 40005 } });
    await fitting.discord.send(fitting.place, picturing(), sending());
    expect(asked).toEqual([10 * 1024 * 1024 - 65_536, (10 * 1024 * 1024 - 65_536) / 2]);
    expect(fitting.dc.messages()[0]!.pictures[0]!.name).toBe('palimpsest_0123456789.jpg');
    expect(await outcome(bot.discord.send(bot.place, picturing(), sending()))).toBe('too-big');
    const [original] = picturing().images;
    const whole = picturing({ images: [{ ...original!, original: true }] });
    expect(await outcome(fitting.discord.send(fitting.place, whole, sending()))).toBe('too-big');
  });

  test('waits for the limits of a channel and of everything', async () => {
    let limits = 0;
    const limited = () => {
      limits += 1;
    };
    await using bot = await openAdapter({ limited, standIn: { messageBucket: { limit: 2, windowMs: 300 } } });
    bot.dc.fail({ method: 'POST', path: posts, mishap: { kind: 'limit', waitMs: 200, scope: 'global' } });
    await Promise.all([1, 2, 3, 4].map((n) => bot.discord.send(bot.place, { ...plain, title: `${n}` }, sending())));
    expect(bot.dc.messages()).toHaveLength(4);
    expect(limits).toBeGreaterThan(1); // counted
  });

  test('survives a token that is refused once', async () => {
    await using bot = await openAdapter();
    bot.dc.fail({ method: 'POST', path: posts, mishap: { kind: 'status', status: 401 } });
    expect(await outcome(bot.discord.send(bot.place, plain, sending()))).toBe('retry');
    expect(await outcome(bot.discord.send(bot.place, plain, sending()))).toBe('sent');
    expect(JSON.stringify(bot.logged)).not.toContain(bot.dc.token);
  });
});

describe('editing', () => {
  test('replaces words and pictures, and keeps pictures it is not given', async () => {
    await using bot = await openAdapter({ blob: Buffer.from('stored') });
    const [id] = await bot.discord.send(bot.place, plain, sending());
    const seen = () => bot.dc.messages().find((message) => message.id === id)!;
    const preview = (text: string) => ({ source: Buffer.from(text), name: 'preview.jpg', description: 'so far' });
    await bot.discord.edit(bot.place, id, { ...plain, images: [preview('one')] });
    await bot.discord.edit(bot.place, id, { ...plain, images: [preview('two')] });
    expect(seen().pictures.map(({ bytes }) => String(bytes))).toEqual(['two']);
    await bot.discord.edit(bot.place, id, { ...plain, title: 'Next' });
    expect(seen()).toMatchObject({ text: '**Next**\na line', edited: true });
    expect(seen().pictures.map(({ bytes }) => String(bytes))).toEqual(['two']);
  });

  test('of a message nobody remembers takes its pictures away', async () => {
    await using bot = await openAdapter({ blob: Buffer.from('stored') });
    const [id] = await bot.discord.send(bot.place, picturing(), sending());
    await using other = openUnconnected(bot.dc);
    await other.edit(bot.place, id, plain);
    expect(bot.dc.messages()[0]).toMatchObject({ text: '**Title**\na line', pictures: [] });
  });

  test('does not wait in line: the next edit says more', async () => {
    await using bot = await openAdapter({ standIn: { messageBucket: { limit: 2, windowMs: 60_000 } } });
    const [id] = await bot.discord.send(bot.place, plain, sending());
    const edit = (title: string) => bot.discord.edit(bot.place, id, { ...plain, title });
    await edit('one');
    await edit('two');
    await expect(edit('three')).rejects.toMatchObject({ reason: 'retry', retryAfterMs: expect.any(Number) });
    expect(await outcome(bot.discord.send(bot.place, plain, sending()))).toBe('sent');
  });

  test('knows what is gone, and what is surely not done yet', async () => {
    await using bot = await openAdapter();
    const [id] = await bot.discord.send(bot.place, plain, sending());
    bot.dc.fail({ method: 'PATCH', path: edits, mishap: { kind: 'drop', when: 'after' } });
    expect(await outcome(bot.discord.edit(bot.place, id, plain))).toBe('retry');
    expect(await outcome(bot.discord.edit(bot.place, id, { ...plain, title: 'Now' }))).toBe('sent');
    bot.dc.fail({ method: 'PATCH', path: edits, mishap: { kind: 'code', code: 30046 } });
    expect(await outcome(bot.discord.edit(bot.place, id, plain))).toBe('retry');
    bot.dc.clock.advance(61 * 60 * 1000); // from now on Discord bears a few edits more
    const late = [1, 2, 3, 4].map((n) => () => outcome(bot.discord.edit(bot.place, id, { ...plain, title: `${n}` })));
    for (const edit of late.slice(0, 3)) expect(await edit()).toBe('sent');
    expect(await late[3]!()).toBe('gone');
    await bot.discord.remove(bot.place, id);
    expect(await outcome(bot.discord.edit(bot.place, id, plain))).toBe('gone');
    expect(await outcome(bot.discord.remove(bot.place, id))).toBe('sent');
    expect(bot.dc.messages()).toEqual([]);
  });
});
