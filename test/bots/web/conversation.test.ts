import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/bots/core/index.ts';
import { Conversation } from '../../../src/bots/web/conversation.ts';
import { openFeed } from '../../../src/bots/web/feed.ts';
import { openJournal } from '../../../src/bots/web/journal.ts';
import { silentLog } from '../../../src/log.ts';

let folder: string;
let path: string;
let now = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-conversation-'));
  path = join(folder, 'main.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const open = async () => new Conversation(await openJournal(path, silentLog), () => now++);
const card = (title: string, more: Partial<Card> = {}): Card => ({
  ...{ title, lines: [], images: [], rows: [], tone: 'done', spoiler: false, ...more },
});
const post = (conversation: Conversation, title: string, more: Partial<Card> = {}, to: 'web:ann' | null = null) =>
  conversation.post({ to, replyTo: null, nonce: title, said: null, card: card(title, more) });
const titles = (conversation: Conversation, reader: 'web:ann' | 'web:bo' = 'web:ann') =>
  conversation.page(reader, null, 100).messages.map((message) => message.card!.title);

describe('a conversation', () => {
  test('is the same after closing and opening it, without what was removed or only passed by', async () => {
    {
      await using conversation = await open();
      const [one, two, three] = [
        await post(conversation, 'one'),
        await post(conversation, 'two'),
        await post(conversation, 'three', { tone: 'busy' }),
      ];
      await conversation.change(one, card('one, changed'));
      await conversation.change(
        three,
        card('three', {
          tone: 'busy',
          lines: ['half'],
          images: [{ source: new Uint8Array(3), name: 'p.jpg', description: '' }],
        }),
      );
      await conversation.remove(two);
      expect(titles(conversation)).toEqual(['one, changed', 'three']);
    }
    await using conversation = await open();
    expect(titles(conversation)).toEqual(['one, changed', 'three']);
    expect(conversation.page('web:ann', null, 100).messages[1]!.card).toMatchObject({ lines: [], images: [] });
  });

  test('survives a run that was killed while it wrote', async () => {
    {
      await using conversation = await open();
      await post(conversation, 'one');
    }
    await appendFile(path, '{"posted":{"id":"0123');
    {
      await using conversation = await open();
      await post(conversation, 'two');
    }
    await using conversation = await open();
    expect(titles(conversation)).toEqual(['one', 'two']);
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(2);
  });

  test('posts what has the same nonce once, after a restart too', async () => {
    let first: string;
    {
      await using conversation = await open();
      first = await post(conversation, 'one');
      expect(await post(conversation, 'one')).toBe(first);
    }
    await using conversation = await open();
    expect(await post(conversation, 'one')).toBe(first);
    expect(titles(conversation)).toEqual(['one']);
  });

  test('keeps its pictures when a card comes without any', async () => {
    await using conversation = await open();
    const images = [{ source: new Uint8Array([1]), name: 'p.jpg', description: '' }];
    const id = await post(conversation, 'one', { tone: 'busy' });
    await conversation.change(id, card('one', { tone: 'busy', images }));
    await conversation.change(id, card('one', { tone: 'busy', lines: ['more'] }));
    expect(conversation.find(id)!.card).toMatchObject({ images, lines: ['more'] });
    expect(await conversation.change('0000000000', card('nothing'))).toBe(false);
  });

  test('shows each reader what is theirs', async () => {
    await using conversation = await open();
    await post(conversation, 'for Ann', {}, 'web:ann');
    await post(conversation, 'for all');
    expect(titles(conversation)).toEqual(['for Ann', 'for all']);
    expect(titles(conversation, 'web:bo')).toEqual(['for all']);
  });
});

describe('the feed', () => {
  interface Told {
    readonly subject: string;
    readonly state: number;
  }
  const open = () => openFeed<Told>((newer, older) => newer.subject === older.subject && older.state > 0);

  test('tells who comes back what they missed, and of many states the last', () => {
    using feed = open();
    const { event } = feed;
    for (const state of [0, 1, 2, 3]) feed.tell({ subject: 'a', state });
    feed.tell({ subject: 'b', state: 0 });
    expect(feed.since(event)!.map(({ change }) => change)).toEqual([
      { subject: 'a', state: 0 },
      { subject: 'a', state: 3 },
      { subject: 'b', state: 0 },
    ]);
    expect(feed.since(feed.event)).toEqual([]);
  });

  test('cannot tell what it has forgotten', () => {
    using feed = open();
    const { event } = feed;
    for (let i = 0; i < 500; i += 1) feed.tell({ subject: `${i}`, state: 0 });
    expect(feed.since(event)).toHaveLength(500);
    const second = feed.since(event)![0]!.event;
    feed.tell({ subject: 'one more', state: 0 });
    expect(feed.since(event)).toBeUndefined();
    expect(feed.since(second)).toHaveLength(500);
  });

  test('tells listeners until they leave, and that it ends', () => {
    const feed = open();
    const heard: unknown[] = [];
    const listening = feed.listen(
      ({ change }) => heard.push(change.state),
      () => heard.push('end'),
    );
    feed.tell({ subject: 'a', state: 1 });
    listening[Symbol.dispose]();
    feed.tell({ subject: 'a', state: 2 });
    feed.listen(
      () => {},
      () => heard.push('end'),
    );
    feed[Symbol.dispose]();
    expect(heard).toEqual([1, 'end']);
  });
});
