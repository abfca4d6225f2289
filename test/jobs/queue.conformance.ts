import { describe, expect, test } from 'vitest';
import type { JobId } from '../../src/edit/lineage.ts';
import type { Progress, UserId } from '../../src/edit/request.ts';
import { Refusal } from '../../src/errors.ts';
import type { Job, JobQueue, WorkSource } from '../../src/jobs/queue.ts';
import type { Log } from '../../src/log.ts';
import { fakeCatalog } from '../support/fake-engine.ts';
import { editTask, testJob } from '../support/jobs.ts';
import { anyResult, errorLog, eventsOf, outcomeOf, patient, quick, until } from './handlers.ts';

/** Both sides of one fresh line. */
export interface OpenLine extends AsyncDisposable {
  readonly queue: JobQueue;
  readonly source: WorkSource;
}

/** `X:A1(4)` is the first job of A in server X, 4 credits; arrivals are a millisecond apart. */
function arrivals(text: string): Job[] {
  const now = Date.now();
  return text.split(' ').map((word, i) => {
    const [, group = '', person = '', number = '', cost = '1'] = /^(\w):(\w)(\d+)(?:\((\d+)\))?$/.exec(word)!;
    const id = `${group}-${person}${number}` as JobId;
    return testJob({ id, group, author: `web:${person}` as UserId, cost: Number(cost), acceptedAt: now + i });
  });
}

/** What every implementation of the port promises. `open` makes a line that nobody else uses. */
export function testQueue(name: string, open: (log: Log) => Promise<OpenLine>): void {
  /** A line with one worker and this handler, until the scope ends. */
  async function openWorking(handler: Parameters<WorkSource['consume']>[0]) {
    const logged = errorLog();
    const line = await open(logged.log);
    const stop = new AbortController();
    const working = line.source.consume(handler, stop.signal);
    return {
      ...line,
      ...logged,
      stop,
      working,
      async [Symbol.asyncDispose]() {
        stop.abort();
        await working;
        await line[Symbol.asyncDispose]();
      },
    };
  }

  describe(`the ${name} queue dispatches`, () => {
    test.each([
      ['X:A1 X:A2 X:B1 X:C1 X:C2 X:A3', 'X-A1 X-B1 X-C1 X-A2 X-C2 X-A3'],
      ['X:A1(4) X:A2(4) X:B1(1) Y:C1(1) Y:C2(1) Y:D1(2) X:A3(1)', 'X-A1 Y-C1 Y-D1 Y-C2 X-B1 X-A2 X-A3'],
    ])('%s in the order %s', async (waiting, order) => {
      await using line = await open(errorLog().log);
      const jobs = arrivals(waiting);
      for (const job of jobs) await line.queue.add(job);
      const { begun, handler } = quick();
      const stop = new AbortController();
      const working = line.source.consume(handler, stop.signal);
      for (const job of jobs) await outcomeOf(line.queue, job);
      expect(begun.join(' ')).toBe(order);
      stop.abort();
      await working;
    });

    test('who comes later but has had less, first', async () => {
      const { begun, handler, finish } = patient();
      await using line = await openWorking(handler);
      const [a1, a2, b1] = arrivals('X:A1 X:A2 X:B1') as [Job, Job, Job];
      for (const job of [a1, a2]) await line.queue.add(job);
      await until(() => begun.length === 1);
      await line.queue.add(b1);
      finish(a1.id);
      await until(() => begun.length === 2);
      expect(begun).toEqual([a1.id, b1.id]);
    });

    test('of one person’s jobs the one first that needs what the worker has loaded', async () => {
      const { begun, handler, finish } = patient();
      await using line = await openWorking(handler);
      const [a1, a2, b1, a3] = arrivals('X:A1 X:A2 X:B1 X:A3').map((job) =>
        /A2|B1/.test(job.id) ? { ...job, task: editTask({ checkpoint: 'other' }) } : job,
      ) as [Job, Job, Job, Job];
      await line.queue.add(a1);
      await until(() => begun.length === 1);
      for (const job of [a2, b1, a3]) await line.queue.add(job);
      const order = [b1, a2, a3].map(({ id }) => id);
      expect((await line.queue.line()).waiting.map(({ id }) => id)).toEqual(order);
      finish(a1.id);
      await until(() => begun.length === 2);
      finish(b1.id);
      await until(() => begun.length === 3);
      finish(a2.id);
      await until(() => begun.length === 4);
      finish(a3.id);
      expect(begun).toEqual([a1.id, ...order]);
      const [c1, c2] = arrivals('X:C1 X:C2').map((job, at) =>
        at === 0 ? { ...job, task: editTask({ checkpoint: 'other' }) } : job,
      ) as [Job, Job];
      await outcomeOf(line.queue, a3);
      await line.queue.pause('X', true);
      for (const job of [c1, c2]) await line.queue.add(job);
      expect((await line.queue.line()).waiting.map(({ id, isPaused }) => [id, isPaused])).toEqual([
        ...[
          [c1.id, true],
          [c2.id, true],
        ],
      ]);
      await line.queue.pause('X', false);
      await until(() => begun.length === 5);
      expect(begun.at(-1)).toBe(c2.id); // a3 left its checkpoint behind
      finish(c2.id);
      await outcomeOfFinishing(line.queue, c1, finish);
    });

    test('as many jobs at a time as there are workers, each to one of them', async () => {
      const { begun, handler, finish } = patient();
      await using line = await openWorking(handler);
      const second = line.source.consume(handler, line.stop.signal);
      const jobs = arrivals('X:A1 X:B1 X:C1 X:D1');
      for (const job of jobs) await line.queue.add(job);
      await until(() => begun.length === 2);
      const { running, waiting, workers } = await line.queue.line();
      expect([running.length, waiting.length, workers]).toEqual([2, 2, 2]);
      await until(() => {
        for (const { id } of jobs) finish(id);
        return begun.length === 4;
      });
      for (const job of jobs) await outcomeOfFinishing(line.queue, job, finish);
      expect(new Set(begun).size).toBe(4);
      line.stop.abort();
      await second;
    });
  });

  test(`one person of the ${name} queue has one job at work, however many workers there are`, async () => {
    const { begun, handler, finish } = patient();
    await using line = await openWorking(handler);
    const second = line.source.consume(handler, line.stop.signal);
    const [a1, a2, b1] = arrivals('X:A1 X:A2 X:B1') as [Job, Job, Job];
    for (const job of [a1, a2]) await line.queue.add(job);
    await until(() => begun.length === 1);
    await line.queue.add(b1);
    await until(() => begun.length === 2);
    expect(begun).toEqual([a1.id, b1.id]);
    finish(a1.id);
    await until(() => begun.length === 3);
    expect(begun[2]).toBe(a2.id);
    for (const { id } of [b1, a2]) finish(id);
    line.stop.abort();
    await second;
  });

  describe(`a job added to the ${name} queue twice`, () => {
    test('is done once, whether it waits, runs or has ended', async () => {
      const { begun, handler, finish } = patient();
      await using line = await openWorking(handler);
      const [first, second] = [testJob({ acceptedAt: 1 }), testJob({ acceptedAt: 2 })];
      await line.queue.add(first);
      await until(() => begun.length === 1);
      await line.queue.add(first);
      await line.queue.add(second);
      await line.queue.add(second);
      expect((await line.queue.line()).waiting.map(({ id }) => id)).toEqual([second.id]);
      finish(first.id);
      await outcomeOf(line.queue, first);
      await line.queue.add(first);
      await until(() => begun.length === 2);
      finish(second.id);
      await outcomeOf(line.queue, second);
      expect(begun).toEqual([first.id, second.id]);
      expect((await line.queue.line()).waiting).toEqual([]);
    });

    test('is done again once it was forgotten', async () => {
      const { begun, handler } = quick();
      await using line = await openWorking(handler);
      const job = testJob();
      await line.queue.add(job);
      await outcomeOf(line.queue, job);
      await line.queue.forget(job.id);
      expect(await line.queue.outcome(job.id)).toBeUndefined();
      await line.queue.add(job);
      await outcomeOf(line.queue, job);
      expect(begun).toEqual([job.id, job.id]);
    });
  });

  describe(`cancelling in the ${name} queue`, () => {
    test('takes a waiting job out at once', async () => {
      const { begun, handler, finish } = patient();
      await using line = await openWorking(handler);
      const [first, second, third] = arrivals('X:A1 X:A2 X:A3') as [Job, Job, Job];
      for (const job of [first, second, third]) await line.queue.add(job);
      await until(() => begun.length === 1);
      await line.queue.cancel(second.id);
      expect(await line.queue.outcome(second.id)).toEqual({ kind: 'cancelled' });
      finish(first.id);
      await until(() => begun.length === 2);
      expect(begun).toEqual([first.id, third.id]);
    });

    test('stops a running job, and the next one begins', async () => {
      const { begun, handler } = patient();
      await using line = await openWorking(handler);
      const [first, second] = arrivals('X:A1 X:A2') as [Job, Job];
      for (const job of [first, second]) await line.queue.add(job);
      await until(() => begun.length === 1);
      await line.queue.cancel(first.id);
      expect(await outcomeOf(line.queue, first)).toEqual({ kind: 'cancelled' });
      await until(() => begun.length === 2);
      expect(begun).toEqual([first.id, second.id]);
    });

    test('changes nothing about a job that has ended, or that nobody knows', async () => {
      await using line = await openWorking(quick().handler);
      const [done, unknown] = [testJob(), testJob()];
      await line.queue.add(done);
      await outcomeOf(line.queue, done);
      await line.queue.cancel(done.id);
      await line.queue.cancel(unknown.id);
      expect(await line.queue.outcome(done.id)).toEqual({ kind: 'done', result: anyResult });
      expect(await line.queue.outcome(unknown.id)).toBeUndefined();
    });
  });

  describe(`listeners of the ${name} queue`, () => {
    test('hear of a job’s beginning, progress with preview, and end, in this order', async () => {
      const preview = new Uint8Array([255, 216, 255, 0, 1, 2]);
      const progress: Progress = { phase: 'sampling', fraction: 0.5, step: 10, steps: 20, preview };
      await using line = await openWorking(async (_job, report) => {
        report(progress);
        return anyResult;
      });
      const events = eventsOf(line.queue);
      const job = testJob();
      await line.queue.add(job);
      await until(() => events.some(({ kind }) => kind === 'ended'));
      expect(events.filter(({ kind }) => kind !== 'line-moved')).toEqual([
        { kind: 'started', id: job.id },
        { kind: 'progress', id: job.id, progress },
        { kind: 'ended', id: job.id, outcome: { kind: 'done', result: anyResult } },
      ]);
      expect(events.some(({ kind }) => kind === 'line-moved')).toBe(true);
    });

    test('hear nothing once they are disposed of', async () => {
      await using line = await openWorking(quick().handler);
      const heard: string[] = [];
      const other = eventsOf(line.queue);
      line.queue.listen(({ kind }) => heard.push(kind))[Symbol.dispose]();
      await line.queue.add(testJob());
      await until(() => other.some(({ kind }) => kind === 'ended'));
      expect(heard).toEqual([]);
    });
  });

  describe(`a handler of the ${name} queue`, () => {
    test('that refuses fails the job with that refusal', async () => {
      await using line = await openWorking(async () => {
        throw new Refusal('out-of-memory', { setting: 'size' });
      });
      const job = testJob();
      await line.queue.add(job);
      const error = { code: 'out-of-memory', details: { setting: 'size' } };
      expect(await outcomeOf(line.queue, job)).toEqual({ kind: 'failed', error });
    });

    test('with a bug fails the job with a reference that finds the stack in the log, and goes on', async () => {
      const bug = new Error('a bug');
      let calls = 0;
      await using line = await openWorking(async () => {
        calls += 1;
        if (calls === 1) throw bug;
        return anyResult;
      });
      const [first, second] = [testJob({ acceptedAt: 1 }), testJob({ acceptedAt: 2 })];
      await line.queue.add(first);
      await line.queue.add(second);
      const ref = expect.stringMatching(/^[0-9a-f]{8}$/);
      expect(await outcomeOf(line.queue, first)).toEqual({
        kind: 'failed',
        error: { code: 'internal', details: { ref } },
      });
      expect(await outcomeOf(line.queue, second)).toMatchObject({ kind: 'done' });
      expect(line.errors).toEqual([expect.objectContaining({ err: bug, job: first.id, ref })]);
    });
  });

  describe(`a worker of the ${name} queue that is told to stop`, () => {
    test('gives its job back, to be the next of its author’s', async () => {
      const { begun, handler } = patient();
      await using line = await openWorking(handler);
      const [first, second, other] = arrivals('X:A1(9) X:A2 X:B1') as [Job, Job, Job];
      await line.queue.add(first);
      await until(() => begun.length === 1);
      await line.queue.add(second);
      await line.queue.add(other);
      line.stop.abort();
      await line.working;
      expect(await line.queue.outcome(first.id)).toBeUndefined();
      const { waiting, workers, running } = await line.queue.line();
      expect([waiting.map(({ id }) => id), running, workers]).toEqual([[other.id, first.id, second.id], [], 0]);
      const next = quick();
      const stop = new AbortController();
      const working = line.source.consume(next.handler, stop.signal);
      await outcomeOf(line.queue, second);
      expect(next.begun).toEqual([other.id, first.id, second.id]);
      stop.abort();
      await working;
    });

    test('does not bring a cancelled job back', async () => {
      const { begun, handler } = patient();
      await using line = await openWorking(handler);
      const job = testJob();
      await line.queue.add(job);
      await until(() => begun.length === 1);
      await line.queue.cancel(job.id);
      line.stop.abort();
      await line.working;
      expect(await outcomeOf(line.queue, job)).toEqual({ kind: 'cancelled' });
    });
  });

  describe(`the ${name} queue knows`, () => {
    test('where everybody stands, and for how long', async () => {
      await using line = await open(errorLog().log);
      for (const job of arrivals('X:A1(4) X:A2(2) X:B1(3)')) await line.queue.add(job);
      const { waiting } = await line.queue.line();
      expect(waiting.map(({ id, ahead, etaSeconds }) => [id, ahead, etaSeconds])).toEqual([
        ['X-A1', 0, 4],
        ['X-B1', 1, 7],
        ['X-A2', 2, 9],
      ]);
    });

    test('how fast a checkpoint is, once it has seen it at work', async () => {
      await using line = await openWorking(quick().handler);
      const done = testJob({ cost: 10 });
      await line.queue.add(done);
      await outcomeOf(line.queue, done);
      line.stop.abort();
      await line.working;
      await line.queue.add(testJob({ cost: 10, acceptedAt: 1 }));
      await line.queue.add(testJob({ cost: 10, acceptedAt: 2, task: editTask({ checkpoint: 'other' }) }));
      await until(async () => {
        const [same, other] = (await line.queue.line()).waiting;
        return Math.abs((same?.etaSeconds ?? 0) - 8) < 0.5 && Math.abs((other?.etaSeconds ?? 0) - 18) < 0.5;
      });
    });

    test('what its workers can do', async () => {
      await using line = await open(errorLog().log);
      expect(await line.queue.catalog()).toEqual({ checkpoints: [] });
      await line.source.announce(fakeCatalog);
      expect(await line.queue.catalog()).toEqual(fakeCatalog);
    });
  });
}

async function outcomeOfFinishing(queue: JobQueue, job: Job, finish: (id: JobId) => void): Promise<void> {
  await until(async () => {
    finish(job.id);
    return (await queue.outcome(job.id)) !== undefined;
  });
}
