import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../src/bots/core/index.ts';
import { solidPng } from '../../support/jobs.ts';
import { telegramLimits } from '../../support/telegram-stand-in/index.ts';
import { type Chat, type ChatOptions, isResult, openChat } from './chat.ts';

/** A chat, somebody alone with the bot, and a black picture. */
async function open(options: ChatOptions = {}) {
  const chat = await openChat(options);
  const ann = chat.tg.private(chat.tg.user('Ann'));
  return {
    chat,
    ann,
    black: await solidPng(64, 64, '#000000'),
    [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose](),
  };
}

const results = ({ tg }: Chat, { chat }: { chat: Parameters<typeof tg.messages>[0] }) =>
  tg.messages(chat).filter(isResult());

describe('results that are big or unwelcome', () => {
  test('a result of 12 MB is shown smaller, and is there whole as a file; a refused size goes down a step', async () => {
    /** The picture, with as many bytes after its end as make it 12 MB. */
    const padded: ChatOptions['blobs'] = ({ blobs }) => ({
      get: async (ref) => Buffer.concat([await blobs.get(ref), Buffer.alloc(12_000_000)]),
    });
    await using here = await open({ blobs: padded });
    const { chat, ann, black } = here;
    chat.tg.fail({
      method: 'sendPhoto',
      mishap: { kind: 'refuse', code: 413, description: 'Request Entity Too Large' },
    });
    await ann.photo(black, { caption: 'a red hat' });
    const result = await ann.wait(isResult(1), 8000);
    expect(chat.tg.calls('sendPhoto')).toHaveLength(2);
    ann.press('⋯', result);
    await ann.wait(({ buttons }) => buttons.flat().some(({ label }) => label.includes('💾')), 8000);
    ann.press('💾', result);
    const file = await ann.wait(({ asFile }) => asFile, 8000);
    expect(file.picture!.bytes.length).toBeGreaterThan(12_000_000);
    expect(file.picture!.name).toMatch(/\.png$/);
  });

  test('of a picture that is wanted as photo and file, a file that was held up follows alone', async () => {
    await using here = await open();
    const { chat, ann, black } = here;
    ann.command('/settings set files document');
    await ann.wait(({ text }) => text.includes('files is document now'));
    await ann.photo(black, { caption: 'a hat as a file' });
    const file = await ann.wait(({ asFile, text }) => asFile && text.includes('"a hat as a file"'));
    expect((await sharp(file.picture!.bytes).metadata()).format).toBe('png');
    await ann.photo(black, { caption: 'a hidden hat', spoiler: true });
    expect(await ann.wait(({ text }) => text.includes('"a hidden hat"') && text.startsWith('#1'))).toMatchObject({
      ...{ asFile: false, spoiler: true },
    });
    ann.command('/settings set files both');
    await ann.wait(({ text }) => text.includes('files is both now'));
    const mishap = { kind: 'refuse', code: 429, description: 'Too Many Requests', retryAfter: 1 } as const;
    chat.tg.fail({ method: 'sendDocument', mishap });
    await ann.photo(black, { caption: 'a red hat' });
    const isNew = ({ text }: { text: string }) => text.includes('"a red hat"');
    const result = await ann.wait((seen) => isResult(1)(seen) && isNew(seen), 8000);
    await ann.wait(({ asFile, id }) => asFile && id > result.id, 8000);
    expect(chat.tg.calls('sendDocument')).toHaveLength(3);
    expect(results(chat, ann).map(({ id }) => id)).toEqual([file.id, expect.any(Number), result.id]);
  });

  test('a file that is never taken is told in its place', async () => {
    await using here = await open();
    const { chat, ann, black } = here;
    ann.command('/settings set files both');
    await ann.wait(({ text }) => text.includes('files is both now'));
    chat.tg.fail({ method: 'sendDocument', mishap: { kind: 'refuse', code: 400, description: 'Bad Request: nope' } });
    await ann.photo(black, { caption: 'a red hat' });
    await ann.wait(({ text }) => text.startsWith('Telegram does not take this picture as a file'), 8000);
    expect(results(chat, ann)).toHaveLength(1);
  });

  test('somebody who blocked the bot costs nobody else anything, and is told everything when they are back', async () => {
    await using here = await open();
    const { chat, ann, black } = here;
    chat.latch.close();
    const prompts = ['a red hat', 'a blue hat', 'a green hat'];
    for (const caption of prompts) await ann.photo(black, { caption });
    await expect.poll(() => chat.tg.messages(ann.chat).filter(({ byBot }) => byBot).length).toBe(3);
    chat.tg.bar(ann.chat, 'bot was blocked by the user');
    chat.latch.open();
    const bo = chat.tg.private(chat.tg.user('Bo'));
    await bo.photo(black, { caption: 'a red hat' });
    await bo.wait(isResult(1));
    const refused = () => chat.tg.log.filter(({ what, status }) => what === 'sendPhoto' && status === 403).length;
    await expect.poll(refused).toBeGreaterThanOrEqual(3);
    expect(results(chat, ann)).toEqual([]);
    chat.tg.bar(ann.chat, null);
    await ann.photo(black, { caption: 'a hat at last' });
    for (const prompt of ['a hat at last', ...prompts])
      await ann.wait(({ picture, text }) => picture !== null && text.includes(`"${prompt}"`));
  });
});

describe('a group that does not take everything', () => {
  test('gets files where photos are forbidden, and words where files are too; the picture comes in private then', async () => {
    await using here = await open();
    const { chat, black } = here;
    const [ann, bo] = [chat.tg.user('Ann'), chat.tg.user('Bo')];
    const group = chat.tg.group('Studio', [ann, bo]);
    group.chat.forbidden.add('photo');
    group.as(ann).command('/edit a red hat', { replyTo: await group.as(ann).photo(black) });
    const file = await group.as(ann).wait(isResult(1));
    expect(file.asFile).toBe(true);
    group.chat.forbidden.add('document');
    const privately = chat.tg.private(ann);
    group.as(ann).text('a blue hat', { replyTo: file });
    const words = await group.as(ann).wait(({ text }) => /"a blue hat"[\s\S]*I may not send pictures here/.test(text));
    await privately.wait(({ picture, text }) => picture !== null && text.includes('"a blue hat"'));
    group.as(ann).command('/help');
    await group.as(ann).wait(({ text }) => text.includes('/edit'));
    group.chat.forbidden.clear();
    group.as(bo).text('a green hat', { replyTo: words });
    expect((await chat.nodeOf(await group.as(bo).wait(isResult(3)))).parent).toBe((await chat.nodeOf(words)).id);
    chat.tg.bar(group.chat, 'Bad Request: TOPIC_CLOSED');
    group.as(ann).command('/queue');
    await privately.wait(({ text }) => text.includes('waiting'));
  });
});

describe('a line that is full', () => {
  test('says so in words, and takes more when something is done', async () => {
    await using here = await open({ limits: { ...defaultLimits, queuedPerPerson: 1 } });
    const { chat, ann, black } = here;
    chat.latch.close();
    for (const prompt of ['one', 'two', 'three']) await ann.photo(black, { caption: prompt });
    expect((await ann.wait(({ text }) => text.startsWith('⚠'))).text).toContain('The queue is full');
    chat.latch.open();
    await expect.poll(() => results(chat, ann).length, { timeout: 10_000 }).toBe(2);
    await ann.photo(black, { caption: 'four' });
    await expect.poll(() => results(chat, ann).length, { timeout: 10_000 }).toBe(3);
  });
});

describe('a restart', () => {
  test('while Telegram keeps the next updates loses none of them', async () => {
    await using here = await open();
    const { chat, ann, black } = here;
    await chat.restart(async () => {
      await ann.photo(black, { caption: 'a red hat' });
    });
    await ann.wait(isResult(1));
  });
});

describe('trouble on the line', () => {
  test('an answer that got lost makes a second post, which says so', async () => {
    await using here = await open({ speed: 100 });
    const { chat, ann, black } = here;
    chat.tg.fail({ method: 'sendPhoto', mishap: { kind: 'drop', when: 'after' } });
    await ann.photo(black, { caption: 'a red hat' });
    await ann.wait((seen) => seen.picture !== null && seen.text.includes('(repeated)'), 4000);
    expect(results(chat, ann)).toHaveLength(2);
  });

  test('a wait Telegram asks for holds up progress, and the result comes first after it', async () => {
    await using here = await open({ speed: 1 });
    const { chat, ann, black } = here;
    const wait = { kind: 'refuse', code: 429, description: 'Too Many Requests: retry after 1', retryAfter: 1 } as const;
    chat.tg.fail({ method: 'sendPhoto', mishap: wait });
    await ann.photo(black, { caption: 'a red hat' });
    await ann.wait(isResult(1), 5000);
    const posts = chat.tg.log.filter(({ way, what }) => way === 'call' && /^(sendPhoto|editMessage)/.test(what));
    const [refused, posted] = posts.filter(({ what }) => what === 'sendPhoto');
    expect(posted!.at - refused!.at).toBeGreaterThanOrEqual(1000);
    const between = posts.filter(({ what, at }) => what !== 'sendPhoto' && at > refused!.at && at < posted!.at);
    expect(between).toEqual([]);
  });

  test('while progress has to wait half a minute, the result does not', async () => {
    await using here = await open({ speed: 10 });
    const { chat, ann, black } = here;
    chat.latch.close();
    const wait = {
      kind: 'refuse',
      code: 429,
      description: 'Too Many Requests: retry after 30',
      retryAfter: 30,
    } as const;
    chat.tg.fail({ method: /^edit/, mishap: wait });
    await ann.photo(black, { caption: 'a red hat' });
    const edits = () => chat.tg.calls('editMessageText').length;
    await ann.wait(() => true);
    chat.latch.release();
    await expect.poll(edits).toBe(1);
    chat.latch.open();
    await ann.wait(isResult(1));
    expect(edits()).toBe(1); // what happened meanwhile was not told one by one
  });

  test('people keep within the limits of a group, and everybody gets what they asked for', async () => {
    await using here = await open({ standIn: { limits: telegramLimits }, speed: 1 });
    const { chat, black } = here;
    const people = ['Anna', 'Boris', 'Clara'].map((name) => chat.tg.user(name));
    const group = chat.tg.group('Studio', people);
    for (const person of people) await group.as(person).photo(black, { caption: '/edit a red hat' });
    const posted = () => chat.tg.messages(group.chat).filter(isResult());
    await expect.poll(() => posted().length, { timeout: 15_000 }).toBe(3);
    const refused = chat.tg.log.filter(({ way, status }) => way === 'answer' && status === 429);
    expect(refused.length).toBeLessThan(6);
  }, 20_000);

  test('a picture that breaks off on the way is fetched again', async () => {
    await using here = await open();
    const { chat, ann, black } = here;
    chat.tg.fail({ method: 'file', mishap: { kind: 'bytes', how: 'partial' } });
    await ann.photo(black, { caption: 'a red hat' });
    await ann.wait(isResult(1));
  });

  test('a picture that cannot be fetched is said to be missing', async () => {
    await using here = await open();
    const { chat, ann, black } = here;
    chat.tg.fail({
      method: 'getFile',
      times: 3,
      mishap: { kind: 'refuse', code: 500, description: 'Internal Server Error' },
    });
    await ann.photo(black, { caption: 'a red hat' });
    expect((await ann.wait(({ text }) => text.startsWith('⚠'), 5000)).text).toContain('The picture did not arrive');
    expect(JSON.stringify(chat.tg.messages(ann.chat).map(({ text }) => text))).not.toContain(chat.tg.token);
  });

  test('a server of one’s own hands out files by their path', async () => {
    const localDir = await mkdtemp(join(tmpdir(), 'palimpsest-telegram-files-'));
    await using here = await open({ standIn: { localDir } });
    await here.ann.document(here.black, { caption: 'a red hat' });
    await here.ann.wait(isResult(1));
    await rm(localDir, { recursive: true });
  });
});
