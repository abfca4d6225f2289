import { describe, expect, test } from 'vitest';
import { openDiscord } from '../../../src/bots/discord/discord.ts';
import { silentLog } from '../../../src/log.ts';
import { openDiscordStandIn } from '../../support/discord-stand-in/stand-in.ts';
import { fit, patience } from '../../support/running-bot.ts';
import { openAdapter, plain, sending } from './adapter.ts';

const logs = (logged: readonly { readonly message: string }[], message: string) =>
  logged.filter((line) => line.message === message).length;

describe('the connection', () => {
  test('asks for nothing privileged', async () => {
    await using bot = await openAdapter();
    expect(bot.dc.gateway.identified).toMatchObject({ intents: 4609, count: 1 });
    expect(JSON.stringify(bot.logged)).toContain('&scope=bot+applications.commands&permissions=309237763072"');
  });

  test('is resumed when Discord asks for it, and no click is lost', async () => {
    await using bot = await openAdapter();
    const ann = bot.dc.user('Ann');
    bot.dc.gateway.askToReconnect();
    await expect.poll(() => logs(bot.logged, 'reconnecting'), patience).toBe(1);
    bot.dc.message(ann, '@Palimpsest still there?');
    await expect.poll(() => bot.heard.length, patience).toBe(1);
    expect(bot.dc.gateway.identified).toMatchObject({ count: 1, resumed: 1 });
    await expect.poll(() => logs(bot.logged, 'resumed'), patience).toBe(1);
  });

  test('is resumed when it broke, and delivers meanwhile', async () => {
    await using bot = await openAdapter();
    bot.dc.gateway.close();
    await bot.discord.send(bot.place, plain, sending());
    await expect.poll(() => bot.dc.gateway.identified.resumed, patience).toBe(1);
  });

  test('that seems to live and does not answer is given up and resumed', async () => {
    await using bot = await openAdapter();
    const { gateway } = bot.dc;
    gateway.heartbeatMs = 100;
    gateway.close(); // comes back with the shorter beat
    await expect.poll(() => gateway.identified.resumed, patience).toBe(1);
    gateway.acknowledges = false;
    await expect.poll(() => gateway.identified.resumed, patience).toBe(2);
    gateway.acknowledges = true;
    bot.dc.message(bot.dc.user('Ann'), '@Palimpsest still there?');
    await expect.poll(() => bot.heard.length, patience).toBe(1);
  });

  test('is begun anew when Discord closes it for good', async () => {
    await using bot = await openAdapter();
    bot.dc.gateway.close(4004);
    await expect.poll(() => bot.dc.gateway.identified.count, patience).toBe(2);
    expect(bot.logged.map(({ bindings }) => JSON.stringify(bindings)).join()).toContain('4004');
    bot.dc.message(bot.dc.user('Ann'), '@Palimpsest still there?');
    await expect.poll(() => bot.heard.length, patience).toBe(1);
  });

  test('that Discord does not answer at first is made later', async () => {
    await using dc = await openDiscordStandIn();
    dc.fail({ method: 'GET', path: /gateway/, mishap: { kind: 'drop', when: 'before' } });
    const clock = {
      now: Date.now,
      setTimeout: (wake: () => void, ms: number) => {
        const timer = setTimeout(wake, ms / 50);
        return { [Symbol.dispose]: () => clearTimeout(timer) };
      },
    };
    const blobs = { get: async () => new Uint8Array() };
    const { token, api: apiRoot } = dc;
    await using discord = openDiscord({ token, apiRoot, dataDir: '/tmp', blobs, fit, log: silentLog, clock });
    await discord.start(async () => {});
    await expect.poll(() => dc.gateway.identified.count, patience).toBe(1);
  });

  test('may be ended before Discord is ready, and is not made again then', async () => {
    await using dc = await openDiscordStandIn();
    let ready = () => {};
    dc.gateway.readyAfter = new Promise((resolve) => {
      ready = resolve;
    });
    const blobs = { get: async () => new Uint8Array() };
    const { token, api: apiRoot } = dc;
    const discord = openDiscord({ token, apiRoot, dataDir: '/tmp', blobs, fit, log: silentLog });
    const started = discord.start(async () => {});
    await expect.poll(() => dc.gateway.identified.count, patience).toBe(1);
    const ended = discord[Symbol.asyncDispose]();
    ready();
    await Promise.all([started, ended]);
    expect(dc.gateway.identified).toMatchObject({ count: 1, resumed: 0 });
  });

  test('with a token nobody knows ends the start with a sentence', async () => {
    await using dc = await openDiscordStandIn();
    const blobs = { get: async () => new Uint8Array() };
    const options = { apiRoot: dc.api, dataDir: '/tmp', blobs, fit, log: silentLog };
    await using discord = openDiscord({ ...options, token: 'bm90.aXQ.eA' });
    await expect(discord.start(async () => {})).rejects.toThrow(/DISCORD_TOKEN/);
  });
});

describe('acknowledging', () => {
  test('comes before anything is dealt with, however long that takes', async () => {
    await using bot = await openAdapter();
    let finish = () => {};
    bot.answer = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const asked = await bot.dc.slash(bot.dc.user('Ann'), 'queue').answered();
    expect(asked).toMatchObject({ callbackType: 5, answer: { loading: true, onlyFor: 'Ann' } });
    await expect.poll(() => bot.heard.length, patience).toBe(1);
    finish();
    await expect.poll(() => bot.dc.messages(), patience).toEqual([]);
  });

  test('says several things to one person alone, the first in place of "thinking"', async () => {
    await using bot = await openAdapter();
    bot.answer = async ({ answer }) => {
      await answer.tell({ ...plain, title: 'one' });
      await answer.tell({ ...plain, title: 'two' });
    };
    bot.dc.slash(bot.dc.user('Ann'), 'queue');
    await expect
      .poll(() => bot.dc.messages().map(({ text }) => text), patience)
      .toEqual(['**one**\na line', '**two**\na line']);
    expect(bot.dc.messages().every(({ onlyFor, loading }) => onlyFor === 'Ann' && !loading)).toBe(true);
  });

  test('that comes too late does not undo the work', async () => {
    await using bot = await openAdapter();
    bot.dc.fail({ method: 'POST', path: /callback$/, mishap: { kind: 'code', code: 10062 } });
    bot.dc.slash(bot.dc.user('Ann'), 'queue');
    await expect.poll(() => bot.heard.length, patience).toBe(1);
  });

  test('that somebody else has given already leaves the work to them', async () => {
    await using bot = await openAdapter();
    bot.dc.fail({ method: 'POST', path: /callback$/, mishap: { kind: 'code', code: 40060 } });
    bot.dc.slash(bot.dc.user('Ann'), 'queue');
    bot.dc.slash(bot.dc.user('Bo'), 'queue');
    await expect.poll(() => bot.heard.map(({ speaker }) => speaker.name), patience).toEqual(['Bo']);
  });

  test('of a button that opens a form waits for it, and offers it anew when it takes too long', async () => {
    await using bot = await openAdapter();
    const button = { label: 'Edit…', action: 'ed', target: '0123456789' } as const;
    await bot.discord.send(bot.place, { ...plain, rows: [[button]] }, sending());
    const [card] = bot.dc.messages();
    const field = { name: 'prompt', label: 'P'.repeat(60), value: 'x', long: true, required: true, maxLength: 5000 };
    const form = { action: 'ed', target: '0123456789', title: 'T'.repeat(60), fields: [field] } as const;
    bot.answer = ({ answer }) => answer.form(form);
    const ann = bot.dc.user('Ann');
    const quick = await bot.dc.button(ann, card!, 'Edit…').answered();
    expect(quick.modal).toMatchObject({ title: expect.stringMatching(/^T{44}…$/), custom_id: 'p1|ed|0123456789|' });

    bot.answer = async ({ answer }) => {
      await new Promise((resolve) => setTimeout(resolve, 200)); // 2 s of the bot's time
      await answer.form(form);
    };
    const slow = await bot.dc.button(ann, card!, 'Edit…').answered();
    expect(slow.callbackType).toBe(5);
    await expect.poll(() => slow.answer?.buttons[0]?.customId, patience).toBe('p1|ed|0123456789|');

    bot.answer = ({ answer }) => answer.tell({ ...plain, title: 'No' });
    const refused = await bot.dc.button(ann, card!, 'Edit…').answered();
    expect(refused.answer).toMatchObject({ text: '**No**\na line', onlyFor: 'Ann' });
  });

  test('falls back to plain fields where Discord does not know the younger ones', async () => {
    await using bot = await openAdapter({ standIn: { modalUploads: false } });
    const [ann, bo] = [bot.dc.user('Ann', { locale: 'zh-CN' }), bot.dc.user('Bo')];
    const target = bot.dc.message(bo, 'look', { files: [{ name: 'cat.png', bytes: Buffer.from('png') }] });
    const opened = bot.dc.context(ann, 'Edit image', target);
    await expect.poll(() => opened.modal, patience).not.toBeNull();
    bot.dc.modal(opened, { prompt: '红帽子', strength: '0.4' });
    await expect.poll(() => bot.heard.length, patience).toBe(1);
    expect(bot.heard[0]).toMatchObject({
      kind: 'command',
      name: 'edit',
      options: { prompt: '红帽子', strength: '0.4' },
      speaker: { locale: 'zh-CN' },
      repliedTo: { message: target.id, ours: false, files: [{ name: 'cat.png', role: 'image' }] },
    });
  });
});

describe('files people send', () => {
  test('are fetched when they are wanted, tried again, and refused when gone or too big', async () => {
    await using bot = await openAdapter();
    const ann = bot.dc.user('Ann');
    const bytes = Buffer.from('89504e470d0a1a0a0000000d49484452000000400000002008020000', 'hex');
    bot.dc.message(ann, '@Palimpsest', { files: [{ name: 'cat.png', bytes }] });
    bot.dc.message(ann, '@Palimpsest', { files: [{ name: 'notes.txt', bytes }] });
    bot.dc.slash(ann, 'edit', { prompt: 'x', image: { name: 'notes.txt', bytes } });
    await expect.poll(() => bot.heard.length, patience).toBe(3);
    const [files, none, typed] = bot.heard.map((incoming) => ('files' in incoming ? incoming.files : []));
    const file = files![0]!;
    const fetchIt = (remote = file) => remote.download(AbortSignal.timeout(3000));
    bot.dc.fail({ path: /^\/cdn/, mishap: { kind: 'bytes', how: 'partial' } });
    expect(Buffer.from(await fetchIt()).equals(bytes)).toBe(true);
    expect(none).toEqual([]);
    await expect(fetchIt(typed![0])).rejects.toMatchObject({ code: 'not-an-image' });
    bot.dc.clock.advance(25 * 60 * 60 * 1000);
    await expect(fetchIt()).rejects.toMatchObject({ code: 'download-failed', details: { host: '127.0.0.1' } });
  });
});
