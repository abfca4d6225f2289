import { describe, expect, test } from 'vitest';
import { DeliveryError, defaultLimits } from '../../../src/bots/core/index.ts';
import { solidPng } from '../../support/jobs.ts';
import { halfMask } from '../../support/running-bot.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, direct, file, otherRoom, room, wordsOf } from '../../support/test-platform.ts';
import { admin, ask, command, newestNode } from './house-hands.ts';

describe('a server', () => {
  test('is administered by those who manage it alone, and never from private messages', async () => {
    await using chat = await openTestChat();
    await command(chat, bo, 'server limits set max-steps 5');
    expect(chat.lastTold()).toContain('not yours to decide');
    await chat.platform.command(admin, 'server', {}, { text: 'limits set max-steps 5', in: direct });
    expect(chat.lastTold()).toContain('not yours to decide');
    await command(chat, admin, 'server limits set max-steps 5 --scope all');
    expect(chat.lastTold()).toContain('not yours to decide');
    await command(chat, admin, 'server limits set max-steps 5');
    await command(chat, admin, 'server audit');
    expect(chat.lastTold()).toContain('limits set max-steps 5');
  });

  test('edits only what somebody sends themselves, and what it made, where that is the rule', async () => {
    await using chat = await openTestChat();
    const { platform } = chat;
    await command(chat, admin, 'server limits set sources own');
    const files = [file(await solidPng(64, 64))];
    const replyTo = { message: '1152921504606841111', ours: false, by: bo.id, files };
    const mask = file(await halfMask(), 'mask');
    const before = platform.told.length;
    await platform.say(ann, 'a red hat', { replyTo });
    await platform.command(ann, 'use as sketch', {}, { replyTo });
    await platform.command(ann, 'mask', {}, { sub: 'upload', replyTo, files: [mask] });
    await platform.command(ann, 'inpaint', { prompt: 'a pond' }, { replyTo, files: [mask] });
    await platform.command(ann, 'outpaint', {}, { replyTo });
    const refused = platform.told.slice(before).filter(({ card }) => card.tone === 'warning');
    const told = refused.map(({ card }) => card.lines.join());
    expect(told).toEqual(Array(5).fill(expect.stringContaining('Here I edit what you send yourself')));
    expect(await chat.storage.lineage.recent(room, new Date(0), 9)).toEqual([]); // nothing of it was kept
    await platform.say(bo, 'a red hat', { replyTo });
    await platform.say(ann, 'a blue hat', { replyTo: (await chat.result(room)).id });
    expect((await chat.nodeOf(await chat.result(room, 1))).number).toBe(2);
  });

  test('bans, closes channels and blocks words, each with its reason', async () => {
    await using chat = await openTestChat();
    await command(chat, admin, `server user ban ${bo.id.split(':')[1]} spam`);
    await ask(chat, bo);
    expect(chat.lastTold()).toContain('spam');
    await ask(chat, ann, 'a red cap');
    const shown = await chat.result(room);
    const { lineage } = await newestNode(chat);
    const heads = async () => (await chat.storage.lineage.lineage(lineage))?.heads;
    const before = await heads();
    await chat.platform.press(bo, shown, 'Undo');
    expect(chat.lastTold()).toContain('spam');
    expect(await heads()).toEqual(before);
    await command(chat, bo, 'privacy show');
    expect(chat.lastTold()).toContain('stored about you');
    await command(chat, admin, `server user unban ${bo.id.split(':')[1]}`);
    await command(chat, admin, 'server channel deny');
    await ask(chat, bo);
    expect(chat.lastTold()).toContain('I do not work here');
    await command(chat, admin, 'server channel allow');
    await command(chat, admin, 'server words add hat');
    await ask(chat, bo);
    expect(chat.lastTold()).toContain('I found "hat"');
    await command(chat, admin, 'server words test my h\u200bat');
    expect(chat.lastTold()).toContain('hat (block)');
    await chat.storage.moderation.saveWord({ owner: '*', entry: 'wolf', level: 'block', replacement: null });
    await command(chat, admin, 'server words remove wolf');
    expect(chat.lastTold()).toContain('That is gone'); // what holds everywhere is not the server's to take back
    await command(chat, admin, 'server words add wolf replace dog');
    await ask(chat, bo, 'a wolf');
    expect(chat.lastTold()).toContain('I found "wolf"');
    await command(chat, admin, 'server words add cap');
    await command(chat, ann, 'preset save mine'); // of the picture she made before the word was on the list
    expect(chat.lastTold()).toContain('I found "cap"');
    const bytes = await solidPng(64, 64);
    const named = { role: 'image', name: 'my cap.png', size: bytes.length, download: async () => bytes } as const;
    await chat.platform.command(bo, 'edit', { prompt: 'a boat' }, { files: [named] });
    expect(chat.lastTold()).toContain('I found "cap"');
    expect(await chat.storage.jobs.unfinished()).toEqual([]);
  });

  test('holds what needs a look until a moderator allows it', async () => {
    await using chat = await openTestChat();
    await command(chat, admin, 'server log here');
    await command(chat, admin, 'server words add hat review');
    await ask(chat, bo);
    expect(chat.lastTold()).toContain('A moderator looks at it first');
    const card = await chat.until(() =>
      chat.platform.standing(room).find((p) => p.card.title.includes('needs a look')),
    );
    await chat.platform.press(bo, card, 'Yes');
    expect(chat.lastTold()).toContain('not yours to decide');
    await command(chat, admin, `server user ban ${bo.id.split(':')[1]} spam`);
    await chat.platform.press(admin, card, 'Yes');
    expect(chat.lastTold()).toContain('spam');
    await command(chat, admin, `server user unban ${bo.id.split(':')[1]}`);
    await chat.platform.press(admin, card, 'Yes'); // it waits still
    expect(wordsOf((await chat.result(room)).card)).toContain('@Bo');
  });

  test('pauses and resumes its own part of the queue', async () => {
    await using chat = await openTestChat();
    await command(chat, admin, 'server queue pause');
    await ask(chat, ann);
    expect(
      chat.platform
        .standing(room)
        .map((p) => wordsOf(p.card))
        .join(),
    ).toContain('queued #1 · paused');
    await command(chat, ann, 'queue');
    expect(chat.lastTold()).toContain('#1 · paused');
    await chat.platform.command(ann, 'edit', { prompt: 'elsewhere' }, { files: [await solidPng(64, 64)], in: direct });
    await chat.result(direct);
    expect(chat.platform.results(room)).toEqual([]);
    await command(chat, admin, 'server queue resume');
    await chat.result(room);
    await command(chat, admin, 'server limits set dispatch paused'); // the same by another name
    await ask(chat, ann, 'a blue hat');
    await command(chat, admin, 'server queue list');
    expect(chat.lastTold()).toContain('1 edit on the way here\n@Ann · 0.0 · queued · a blue hat');
    await command(chat, admin, 'server queue pause all');
    expect(chat.lastTold()).toContain('not yours to decide');
    await command(chat, admin, 'server limits reset dispatch');
    await chat.result(room, 1);
  });

  test('is one of many to operators, who pause, list and clear the queue of all of them', async () => {
    await using chat = await openTestChat({ operators: [bo.id] });
    const operate = (text: string) => chat.platform.command(bo, 'server', {}, { text, in: direct });
    await operate('queue pause all');
    await ask(chat, ann);
    await chat.stopBots();
    await chat.startBots();
    await operate('queue list all');
    expect(chat.lastTold()).toBe('1 edit on the way everywhere\n@Ann · 0.0 · queued · d:1152921504606846977');
    await operate('queue clear all');
    expect(chat.lastTold()).toBe('1 edit cancelled.');
    await operate('queue resume all');
    await ask(chat, ann);
    await chat.result(room);
  });

  test('hides what is not safe for work, and makes it only where it may be', async () => {
    await using chat = await openTestChat();
    await command(chat, admin, 'server words add nude nsfw');
    await ask(chat, bo, 'a nude');
    expect(chat.lastTold()).toContain('Not here');
    await command(chat, admin, 'server limits set nsfw allow');
    await ask(chat, bo, 'a nude');
    expect((await chat.result(room)).card.spoiler).toBe(true);
  });

  test('passes a report on to its moderators', async () => {
    await using chat = await openTestChat();
    await ask(chat, ann);
    const result = await chat.result(room);
    const { node: id } = (await chat.storage.messages.find(room, result.id))!;
    await chat.platform.command(admin, 'server', {}, { text: 'log here', in: otherRoom });
    await chat.platform.pressRaw(bo, { action: 'fg', target: id! });
    expect(chat.lastTold()).toBe('The moderators have been told.');
    const told = await chat.until(() => chat.platform.standing(otherRoom).find((p) => p.card.title.startsWith('🚩')));
    expect(wordsOf(told.card)).toContain('@Bo');
  });
});

test('a hidden picture makes hidden pictures', async () => {
  await using chat = await openTestChat();
  const bytes = await solidPng(64, 64);
  const hidden = {
    role: 'image',
    name: 'a.png',
    size: bytes.length,
    spoiler: true,
    download: async () => bytes,
  } as const;
  await chat.platform.command(ann, 'edit', { prompt: 'a red hat' }, { files: [hidden] });
  const result = await chat.result(room);
  expect(result.card.spoiler).toBe(true);
  expect(chat.platform.posted.every((posted) => posted.history.every((card) => card.spoiler))).toBe(true);
});

describe('privacy', () => {
  test('tells what is kept, hands it out as an archive, and forgets on demand', async () => {
    await using chat = await openTestChat();
    await ask(chat, ann);
    const result = await chat.result(room);
    await command(chat, ann, 'privacy show');
    expect(chat.lastTold()).toContain('1 picture you sent · 1 picture made for you');
    await command(chat, ann, 'privacy export');
    const sent = chat.platform.posted.find((posted) => posted.card.images[0]?.name.endsWith('.zip'))!;
    expect(sent.place).toBe(`d:0:${ann.id.split(':')[1]}`);
    const zip = Buffer.from(sent.card.images[0]!.source as Uint8Array);
    expect(zip.readUInt32LE(0)).toBe(0x04034b50);
    expect(zip.toString('latin1')).toContain('account.json');
    expect(zip.toString('latin1').match(/pictures\/\w{10}\.png/g)).toHaveLength(4);

    await command(chat, ann, 'privacy forget-me');
    const asked = chat.platform.told.at(-1)!;
    const yes = buttonsOf(asked.card).find((b) => b.label === 'Yes')!;
    await chat.platform.pressRaw(bo, yes);
    expect(chat.lastTold()).toContain('not yours to decide');
    await chat.platform.pressRaw(ann, yes);
    expect(chat.lastTold()).toContain('Forgotten: 2 files, 2 pictures, 1 edit');
    expect(result.removed).toBe(true);
    expect(await chat.storage.lineage.newest(room, new Date(0))).toBeUndefined();
    await ask(chat, ann);
    await chat.result(room); // a stranger again, who may start anew
  });
});

describe('a result that its place refuses (I7)', () => {
  const refusing = (chat: TestChat, refuses: (title: string) => boolean) => {
    chat.platform.fault = (card, when) => {
      if (when === 'before' && card.tone === 'done' && refuses(card.title))
        throw new DeliveryError('unreachable', null);
    };
  };

  test('goes to the private messages of whoever asked', async () => {
    await using chat = await openTestChat();
    let refusals = 0;
    refusing(chat, () => ++refusals === 1);
    await ask(chat, ann);
    const there = `d:0:${ann.id.split(':')[1]}` as typeof room;
    const result = await chat.until(() => chat.platform.results(there)[0]);
    expect(wordsOf(result.card)).toContain('I could not post this where you asked for it.');
    expect(result.card.images).toHaveLength(1);
  });

  test('is kept where nobody may write to them, and told at the next meeting, once', async () => {
    await using chat = await openTestChat();
    chat.platform.closedTo.add(ann.id);
    refusing(chat, () => true);
    await ask(chat, ann);
    await chat.until(async () => (await chat.storage.outbox.keptFor(ann.id)).length === 1);
    chat.platform.fault = undefined;
    const history = async () => {
      await command(chat, bo, 'history');
      const { posted, told } = chat.platform;
      return [...posted, ...told]
        .map(({ card }) => wordsOf(card))
        .filter((words) => /^.*History/.test(words))
        .join('\n');
    };
    expect(await history()).toMatch(/#1 img2img .* 🆕/);
    await command(chat, ann, 'queue');
    expect(chat.platform.told.some(({ card }) => card.title.startsWith('1 result of yours'))).toBe(true);
    expect(chat.platform.told.filter(({ card }) => card.images.length === 1)).toHaveLength(1);
    await command(chat, ann, 'queue');
    expect(chat.platform.told.filter(({ card }) => card.images.length === 1)).toHaveLength(1);
  });
});

test('somebody whose hour is spent can be reminded, and is', async () => {
  await using chat = await openTestChat({ limits: { ...defaultLimits, creditsPerHour: 0.01 } });
  await ask(chat, ann);
  await chat.result(room);
  await ask(chat, ann);
  const told = chat.platform.told.at(-1)!;
  expect(told.card.title).toContain('enough for this hour');
  const remind = buttonsOf(told.card).find((b) => b.label === 'Remind me')!;
  await chat.platform.pressRaw(ann, remind);
  expect(chat.lastTold()).toContain('I will tell you in 60 minutes');
});

describe('an error leads on', () => {
  const press = (chat: TestChat, label: string) => {
    const told = chat.platform.told.at(-1)!;
    const found = buttonsOf(told.card).find((b) => b.label === label);
    if (!found) throw new Error(`no ${label} among ${buttonsOf(told.card).map((b) => b.label)}`);
    return chat.platform.pressRaw(ann, found);
  };

  test('to the nearest value, for a slash command and for typed words', async () => {
    await using chat = await openTestChat();
    await ask(chat, ann, 'a red hat', { steps: 999 });
    expect(chat.lastTold()).toContain('It goes from 1 to 150.');
    await press(chat, '150');
    await chat.result(room);
    expect((await newestNode(chat)).task?.request.params).toMatchObject({ steps: 150, prompt: 'a red hat' });
    await chat.platform.say(ann, 'a blue hat --cfg 99', { files: [await solidPng(64, 64)] });
    await press(chat, '30');
    await chat.result(room, 1);
    expect((await newestNode(chat)).task?.request.params).toMatchObject({ cfgScale: 30, prompt: 'a blue hat' });
  });

  test('to the nearest names, pressed by whoever asked alone', async () => {
    await using chat = await openTestChat();
    await ask(chat, ann, 'a red hat', { sampler: 'Eulr a' });
    const offered = buttonsOf(chat.platform.told.at(-1)!.card).find((b) => b.label === 'Euler a')!;
    await chat.platform.pressRaw(bo, offered);
    expect(chat.lastTold()).toContain('not yours to decide');
    await chat.platform.pressRaw(ann, offered);
    await chat.result(room);
    expect((await newestNode(chat)).task?.request.params.sampler).toBe('Euler a');
  });

  test('to a smaller picture when memory did not suffice', async () => {
    await using chat = await openTestChat();
    await ask(chat, ann, '!oom', { size: '128x256' });
    const failed = await chat.until(() => chat.platform.standing(room).find((p) => p.card.tone === 'warning'));
    await chat.platform.press(ann, failed, 'Smaller ×0.75');
    const sizes = async () =>
      (await chat.storage.jobs.unfinishedOf('d:1152921504606846977')).map((j) => j.task.request);
    await chat.until(async () => (await sizes()).length === 0);
    const [again] = await chat.until(() => {
      const failures = chat.platform.standing(room).filter((p) => p.card.tone === 'warning');
      return failures.length === 2 ? [failures.at(-1)!] : undefined;
    });
    const job = (await chat.storage.messages.find(room, again!.id))!.job!;
    expect((await chat.storage.jobs.find(job))!.task.request).toMatchObject({ width: 96, height: 192 });
  });
});
