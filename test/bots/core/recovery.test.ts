import { describe, expect, test } from 'vitest';
import { type Card, type Clock, DeliveryError, defaultLimits } from '../../../src/bots/core/index.ts';
import type { JobId, PlaceId } from '../../../src/edit/lineage.ts';
import { Refusal } from '../../../src/errors.ts';
import { openEmbeddedQueue } from '../../../src/jobs/embedded.ts';
import type { Job, JobEvent, JobQueue, WorkSource } from '../../../src/jobs/queue.ts';
import { workHandler } from '../../../src/jobs/worker.ts';
import { silentLog } from '../../../src/log.ts';
import type { JobRow } from '../../../src/storage/index.ts';
import { fakeCatalog, fakeEngineHost } from '../../support/fake-engine.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, buttonsOf, otherRoom, room, wordsOf } from '../../support/test-platform.ts';

async function ask({ platform }: TestChat, words = 'a red hat'): Promise<void> {
  await platform.say(ann, words, { in: room, files: [await solidPng(64, 64)] });
}

/** Exactly one outcome stands, no progress card does, and nothing is left to do. */
async function expectOneResult(chat: TestChat): Promise<void> {
  await chat.result(room);
  await chat.until(async () => (await chat.storage.jobs.unfinished()).length === 0);
  expect(chat.platform.standing(room).map((p) => p.card.tone)).toEqual(['done']);
}

describe('after a stop and a new start', () => {
  test('a job that waited is made, on its old card', async () => {
    await using chat = await openTestChat({ worker: false });
    await ask(chat);
    const card = await chat.until(() => chat.platform.standing(room)[0]);
    expect(wordsOf(card.card)).toContain('queued · waiting for a worker');
    await chat.restart({ worker: true });
    await expectOneResult(chat);
    expect(chat.platform.posted).toHaveLength(2); // the same card, and the result
  });

  test('a job that ran is made anew', async () => {
    await using chat = await openTestChat();
    chat.latch.close();
    await ask(chat);
    chat.latch.release(2);
    await chat.until(async () => (await chat.storage.jobs.unfinished())[0]?.state === 'running');
    await chat.restart();
    const card = await chat.until(() => chat.platform.standing(room)[0]);
    await chat.until(() => wordsOf(card.card).includes('interrupted – begins again'));
    chat.latch.open();
    await expectOneResult(chat);
    expect(wordsOf(chat.platform.results(room)[0]!.card)).not.toContain('interrupted');
  });

  test('a job that two processes crashed with is begun no more, and costs nothing', async () => {
    await using chat = await openTestChat({ worker: false, limits: { ...defaultLimits, creditsPerHour: 0.01 } });
    await ask(chat);
    const [{ id }] = (await chat.storage.jobs.unfinished()) as readonly [JobRow];
    for (const stop of ['graceful', 'crash', 'graceful', 'crash']) {
      expect((await chat.storage.jobs.find(id))?.state, stop).toBe('queued');
      if (stop === 'crash') await chat.storage.jobs.advance(id, 'running'); // the last that was heard of it
      await chat.restart();
    }
    await chat.until(() => chat.platform.standing(room).every(({ card }) => wordsOf(card).startsWith('⚠')));
    expect(chat.platform.standing(room).map(({ card }) => wordsOf(card))).toEqual([
      expect.stringContaining('went away'),
    ]);
    await chat.restart({ worker: true });
    await ask(chat, 'a blue hat');
    await chat.result(room);
  });

  test('an outcome that nobody was there to write is written, and the job not made twice', async () => {
    await using chat = await openTestChat();
    chat.latch.close();
    await ask(chat);
    const [row] = await chat.storage.jobs.unfinished();
    await chat.stopBots();
    chat.latch.open();
    await chat.until(() => chat.queue.outcome(row!.id));
    await chat.startBots();
    await expectOneResult(chat);
    expect((await chat.storage.jobs.find(row!.id))?.state).toBe('done');
    expect(chat.latch.passed).toBe(5);
    expect(await chat.queue.outcome(row!.id)).toBeUndefined(); // forgotten
  });

  test('a failure that nobody was there to write is told', async () => {
    await using chat = await openTestChat();
    await chat.stopBots();
    await chat.startBots();
    chat.latch.close();
    await ask(chat, '!hang');
    const [row] = await chat.storage.jobs.unfinished();
    await chat.until(async () => (await chat.queue.line()).running.length === 1);
    await chat.stopBots();
    await chat.queue.cancel(row!.id);
    await chat.until(() => chat.queue.outcome(row!.id));
    await chat.startBots();
    await chat.until(() => chat.platform.standing(room).some((p) => p.card.tone === 'warning'));
    await chat.until(() => chat.platform.standing(room).length === 1);
    expect((await chat.storage.jobs.find(row!.id))?.state).toBe('cancelled');
  });

  test('a message that may have been posted waits a minute, then is posted as repeated', async () => {
    const clock = shifted();
    await using chat = await openTestChat({ clock });
    chat.platform.fault = failing('done', 1, () => {
      throw new DeliveryError('uncertain', null);
    });
    await ask(chat);
    await chat.until(async () => (await chat.storage.jobs.unfinished())[0]?.state === 'delivering');
    await chat.restart();
    expect(chat.platform.results(room)).toEqual([]);
    clock.shift = 70_000;
    await expectOneResult(chat);
    expect(chat.platform.results(room)[0]!.options.repeated).toBe(true);
  });

  test('a line that was away and has forgotten its jobs is told them again', async () => {
    await using chat = await openTestChat({ worker: false });
    await ask(chat);
    await chat.stopBots();
    const line = new SwappableLine(openEmbeddedQueue({ log: silentLog }));
    await line.now.announce(fakeCatalog);
    await chat.startBots(line);
    expect((await line.line()).waiting).toHaveLength(1);
    await line.swap(openEmbeddedQueue({ log: silentLog }));
    await chat.until(async () => (await line.line()).waiting.length === 1);
    const stop = new AbortController();
    const working = line.now.consume(workHandler(fakeEngineHost(), chat.storage.blobs, silentLog), stop.signal);
    await expectOneResult(chat);
    stop.abort();
    await working;
    await chat.stopBots();
    await line.now[Symbol.asyncDispose]();
  });

  test('of a process that died a progress card goes away, and what it was about to do with a draft can be done', async () => {
    await using chat = await openTestChat();
    const { platform, storage } = chat;
    await ask(chat);
    await expectOneResult(chat);
    const job = (await storage.lineage.newest(room, new Date(0)))!.job!;
    await chat.until(async () => (await storage.jobs.find(job))?.cardMessage === null);
    const left: Card = { title: '⏳', lines: [], images: [], rows: [], tone: 'busy', spoiler: false };
    const how = { replyTo: null, nonce: 'left', repeated: false, language: 'en' } as const;
    const [message] = await platform.send(room, left, how);
    await storage.jobs.setCard(job, message);
    const expiresAt = new Date(Date.now() + 60_000);
    const draft = { id: '0123456789', place: room, author: ann.id, kind: 'mask', content: {}, expiresAt };
    await storage.drafts.put(draft);
    await storage.drafts.claim(draft);
    await chat.stopBots();
    await chat.startBots();
    await chat.until(async () => (await storage.jobs.find(job))?.cardMessage === null);
    expect(await storage.drafts.find(draft.id)).toEqual(draft);
    await expectOneResult(chat);
  });

  test('a result that was made but not posted is posted', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = (card) => {
      if (card.tone === 'done') throw new DeliveryError('retry', 100);
    };
    await ask(chat);
    await chat.until(async () => (await chat.storage.jobs.unfinished())[0]?.state === 'delivering');
    chat.platform.fault = undefined;
    await chat.restart();
    await expectOneResult(chat);
  });

  test('old buttons work', async () => {
    await using chat = await openTestChat();
    await ask(chat);
    const result = await chat.result(room);
    await chat.restart();
    await chat.platform.press(ann, result, 'More');
    expect(wordsOf((await chat.result(room, 1)).card)).toMatch(/^#2 · a little stronger · @Ann/);
  });
});

/** The machine's clock, moved ahead by hand; whoever waits is woken soon. */
function shifted(): Clock & { shift: number } {
  return {
    shift: 0,
    now() {
      return Date.now() + this.shift;
    },
    setTimeout(wake, ms) {
      const timer = setTimeout(wake, Math.min(ms, 20));
      return { [Symbol.dispose]: () => clearTimeout(timer) };
    },
  };
}

/** A line behind which another can be put, as after its server was replaced. */
class SwappableLine implements JobQueue {
  readonly isLasting = false;
  now: JobQueue & WorkSource;
  readonly #listeners: ((event: JobEvent) => void)[] = [];

  constructor(now: JobQueue & WorkSource) {
    this.now = now;
  }

  pause(group: string, isPaused: boolean): Promise<void> {
    return this.now.pause(group, isPaused);
  }

  async swap(other: JobQueue & WorkSource): Promise<void> {
    await this.now[Symbol.asyncDispose]();
    this.now = other;
    for (const listener of this.#listeners) {
      other.listen(listener);
      listener({ kind: 'line-moved', reconnected: true });
    }
  }

  add = (job: Job) => this.now.add(job);
  cancel = (id: JobId) => this.now.cancel(id);
  line = () => this.now.line();
  outcome = (id: JobId) => this.now.outcome(id);
  forget = (id: JobId) => this.now.forget(id);
  catalog = () => this.now.catalog();
  [Symbol.asyncDispose] = () => this.now[Symbol.asyncDispose]();
  listen(listener: (event: JobEvent) => void): Disposable {
    this.#listeners.push(listener);
    return this.now.listen(listener);
  }
}

/** Fails the first posts of a tone. */
function failing(tone: Card['tone'], times: number, fail: () => never, when: 'before' | 'after' = 'before') {
  let left = times;
  return (card: Card, now: 'before' | 'after') => {
    if (card.tone === tone && now === when && left-- > 0) fail();
  };
}

describe('posting', () => {
  test('is tried again as the platform says, progress staying silent', async () => {
    await using chat = await openTestChat();
    const start = Date.now();
    chat.platform.fault = failing('done', 2, () => {
      throw new DeliveryError('retry', 150);
    });
    await ask(chat);
    await expectOneResult(chat);
    expect(Date.now() - start).toBeGreaterThan(300);
  });

  test('keeps the order of a place', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('done', 1, () => {
      throw new DeliveryError('retry', 200);
    });
    await ask(chat, 'first');
    await chat.until(async () => (await chat.queue.line()).running.length === 0);
    await ask(chat, 'second');
    await chat.result(room, 1);
    expect(chat.platform.results(room).map((p) => p.card.lines[0])).toEqual(['"first"', '"second"']);
  });

  test('goes on elsewhere while a place has to wait, however much waits there', async () => {
    await using chat = await openTestChat();
    const { platform, storage } = chat;
    const held: Card = { title: 'held', lines: [], images: [], rows: [], tone: 'plain', spoiler: false };
    platform.fault = ({ title }) => {
      if (title === held.title) throw new DeliveryError('retry', 3_600_000);
    };
    for (let n = 0; n < 250; n += 1) {
      const about = { place: otherRoom, job: null, node: null, replyTo: null };
      await storage.outbox.put({
        id: `${n}`,
        key: `${n}`,
        card: { kind: 'card', language: 'en', card: held },
        ...about,
      });
    }
    await ask(chat);
    await expectOneResult(chat);
  });

  test('leaves what is for a platform of another process to that process', async () => {
    await using chat = await openTestChat();
    const { outbox } = chat.storage;
    const foreign = { id: 'foreign', key: 'foreign', place: 't:1:0' as PlaceId };
    await outbox.put({ ...foreign, card: { nonsense: 1 }, job: null, node: null, replyTo: null });
    await ask(chat);
    await expectOneResult(chat);
    const due = await outbox.due(new Date(), new Date(0), 10);
    expect(due).toMatchObject([{ id: 'foreign', state: 'waiting', attempts: 0 }]);
  });

  test('is tried again before anything else is edited in the place', async () => {
    await using chat = await openTestChat();
    const { platform, latch } = chat;
    latch.close();
    for (const words of ['one', 'two']) await ask(chat, words);
    const edits = () => platform.posted.find(({ card }) => wordsOf(card).includes('"two"'))!.history.length;
    const seen: number[] = [];
    platform.fault = (card) => {
      if (card.tone !== 'done') return;
      seen.push(edits());
      if (seen.length < 3) throw new DeliveryError('retry', 150);
    };
    const stepping = setInterval(() => latch.release(), 10);
    await chat.result(room, 0);
    clearInterval(stepping);
    expect(latch.passed).toBeGreaterThan(6); // there was progress to show
    expect(new Set(seen)).toEqual(new Set([1]));
    platform.fault = undefined;
    latch.open();
    await chat.result(room, 1);
  });

  test('gives up a place that cannot be written to; the picture stays', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('done', 1, () => {
      throw new DeliveryError('unreachable', null);
    });
    await ask(chat);
    await chat.until(async () => (await chat.storage.jobs.unfinished()).length === 0);
    await chat.platform.say(ann, 'a blue hat', { in: room });
    expect(wordsOf((await chat.result(room)).card)).toContain('#2 · img2img');
  });

  test('leaves the picture out when it is too big', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('done', 1, () => {
      throw new DeliveryError('too-big', null);
    });
    await ask(chat);
    const { card } = await chat.result(room);
    expect(card.images).toEqual([]);
    expect(card.lines.at(-1)).toBe('The picture is too big to be posted here.');
    expect(buttonsOf(card).map((b) => b.label)).toContain('⋯');
  });

  test('leaves the picture out when it is no longer kept', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('done', 1, () => {
      throw new Refusal('gone', {});
    });
    await ask(chat);
    expect((await chat.result(room)).card.lines.at(-1)).toBe('I do not have it here (any more).');
  });

  test('is not repeated while nobody knows whether it arrived, then marked', async () => {
    const clock = shifted();
    await using chat = await openTestChat({ clock });
    const { platform } = chat;
    platform.fault = failing(
      'done',
      1,
      () => {
        throw new Error('socket hang up');
      },
      'after',
    );
    await ask(chat);
    await chat.until(() => platform.results(room)[0]);
    await ask(chat, 'a blue hat');
    clock.shift = 10_000; // others need not wait for it
    await chat.until(() => platform.results(room)[1]);
    expect(platform.results(room).map(({ card }) => card.lines[0])).toEqual(['"a red hat"', '"a blue hat"']);
    clock.shift = 70_000;
    const repeated = await chat.until(() => platform.results(room)[2]);
    expect(repeated.options).toMatchObject({ repeated: true, nonce: platform.results(room)[0]!.options.nonce });
    await chat.until(async () => (await chat.storage.jobs.unfinished()).length === 0);
  });

  test('of the first card failing for good ends the job and tells its author', async () => {
    await using chat = await openTestChat();
    chat.latch.close();
    chat.platform.fault = failing('busy', 1, () => {
      throw new DeliveryError('unreachable', null);
    });
    await ask(chat);
    expect(chat.lastTold()).toContain('I may not post here');
    await chat.until(async () => (await chat.queue.line()).running.length === 0);
    expect(await chat.storage.jobs.unfinished()).toEqual([]);
    expect(chat.platform.standing(room)).toEqual([]);
  });

  test('of the first card failing otherwise does not harm the result', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('busy', 1, () => {
      throw new DeliveryError('retry', 50);
    });
    await ask(chat);
    await expectOneResult(chat);
  });
});

test('what is in the database may be damaged: one bad row does not stop the others', async () => {
  await using chat = await openTestChat();
  const { outbox } = chat.storage;
  await outbox.put({
    id: 'bad',
    key: 'bad',
    place: chat.platform.newRoom(),
    card: { nonsense: 1 },
    job: null,
    node: null,
    replyTo: null,
  });
  await ask(chat);
  await expectOneResult(chat);
});
