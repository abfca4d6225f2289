import { describe, expect, test } from 'vitest';
import { type Card, DeliveryError, defaultLimits } from '../../../src/bots/core/index.ts';
import type { JobId } from '../../../src/edit/lineage.ts';
import { openEmbeddedQueue } from '../../../src/jobs/embedded.ts';
import type { Job, JobEvent, JobQueue, WorkSource } from '../../../src/jobs/queue.ts';
import { workHandler } from '../../../src/jobs/worker.ts';
import { silentLog } from '../../../src/log.ts';
import type { JobRow } from '../../../src/storage/index.ts';
import { fakeCatalog, fakeEngineHost } from '../../support/fake-engine.ts';
import { openTestChat } from '../../support/test-chat.ts';
import { ann, room, wordsOf } from '../../support/test-platform.ts';
import { ask, expectOneResult, failing, shifted } from './outcomes.ts';

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
