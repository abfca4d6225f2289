import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { JobId } from '../../src/edit/lineage.ts';
import type { Job, JobQueue } from '../../src/jobs/queue.ts';
import { openRedis } from '../../src/jobs/redis.ts';
import { redisLine } from '../../src/jobs/redis-line.ts';
import { silentLog } from '../../src/log.ts';
import { fakeCatalog } from '../support/fake-engine.ts';
import { testJob } from '../support/jobs.ts';
import { redisUrl } from '../support/services.ts';
import { anyResult, eventsOf, outcomeOf, patient, quick, until } from './handlers.ts';
import { startMortalRedis } from './mortal-redis.ts';
import { openSharedLine } from './shared-line.ts';

const done = { kind: 'done', result: anyResult };

/** So many jobs of one person, in their order. */
function jobsInOrder<const Names extends readonly string[]>(...names: Names): { [K in keyof Names]: Job } {
  return names.map((name, i) => testJob({ id: name as JobId, acceptedAt: Date.now() + i })) as {
    [K in keyof Names]: Job;
  };
}

async function waitingIn(queue: JobQueue): Promise<readonly JobId[]> {
  return (await queue.line()).waiting.map(({ id }) => id);
}

describe('a worker that is killed', () => {
  test('loses its job to the next worker, before the author’s other jobs', async () => {
    await using line = openSharedLine(await redisUrl());
    const queue = await line.openQueue();
    const worker = await line.start('worker');
    const jobs = jobsInOrder('first', 'second');
    for (const job of jobs) await queue.add(job);
    await worker.says('first');
    await worker.kill();
    await until(async () => (await waitingIn(queue)).length === 2);
    const { running, workers } = await queue.line();
    expect([running, workers]).toEqual([[], 0]);
    const next = quick();
    await line.openWorker(next.handler);
    for (const job of jobs) expect(await outcomeOf(queue, job)).toEqual(done);
    expect(next.begun).toEqual(['first', 'second']);
  });

  test('fails its job when it was the second one to be lost with it', async () => {
    await using line = openSharedLine(await redisUrl());
    const queue = await line.openQueue();
    const [job] = jobsInOrder('deadly');
    await queue.add(job);
    for (let i = 0; i < 2; i += 1) {
      const worker = await line.start('worker');
      await worker.says('deadly');
      await worker.kill();
    }
    expect(await outcomeOf(queue, job)).toEqual({ kind: 'failed', error: { code: 'worker-lost', details: {} } });
  });

  test('takes what it announced with it', async () => {
    await using line = openSharedLine(await redisUrl());
    const queue = await line.openQueue();
    const { source } = await line.openWorker(quick().handler);
    await source.announce(fakeCatalog);
    expect(await queue.catalog()).toEqual(fakeCatalog);
    await source[Symbol.asyncDispose]();
    await until(async () => (await queue.catalog()).checkpoints.length === 0);
  });
});

describe('two processes with bots', () => {
  test('share one line: every job is done once, in the fair order, and both hear of it', async () => {
    await using line = openSharedLine(await redisUrl());
    const queues = [await line.openQueue(), await line.openQueue()] as const;
    const heard = queues.map(eventsOf);
    const jobs = Array.from({ length: 20 }, (_, i) =>
      testJob({ id: `job${i}` as JobId, author: i < 10 ? 'web:ann' : 'web:bob', acceptedAt: Date.now() + i }),
    );
    await Promise.all(jobs.map((job, i) => queues[i % 2]!.add(job)));
    const { begun, handler } = quick();
    await line.openWorker(handler);
    for (const job of jobs) expect(await outcomeOf(queues[0], job)).toEqual(done);
    expect(begun).toEqual(Array.from({ length: 10 }, (_, i) => [`job${i}`, `job${i + 10}`]).flat());
    for (const events of heard) {
      await until(() => events.filter(({ kind }) => kind === 'ended').length === 20);
    }
  });

  test('cancel each other’s jobs', async () => {
    await using line = openSharedLine(await redisUrl());
    const [mine, other] = [await line.openQueue(), await line.openQueue()];
    const { begun, handler } = patient();
    await line.openWorker(handler);
    const [job] = jobsInOrder('cancelled');
    await mine.add(job);
    await until(() => begun.length === 1);
    await other.cancel(job.id);
    expect(await outcomeOf(mine, job)).toEqual({ kind: 'cancelled' });
  });

  test('go on dispatching when the one that dispatched is killed', async () => {
    await using line = openSharedLine(await redisUrl());
    const dispatching = await line.start('queue');
    const queue = await line.openQueue();
    const { begun, handler } = quick();
    await line.openWorker(handler);
    const [before, after] = jobsInOrder('before', 'after');
    await queue.add(before);
    expect(await outcomeOf(queue, before)).toEqual(done);
    await dispatching.kill();
    await queue.add(after);
    expect(await outcomeOf(queue, after)).toEqual(done);
    expect(begun).toEqual(['before', 'after']);
  });
});

describe('a Redis that is killed', () => {
  test('and comes back with its data goes on where it was', async () => {
    await using redis = await startMortalRedis({ persistent: true });
    await using line = openSharedLine(redis.url);
    const queue = await line.openQueue();
    const events = eventsOf(queue);
    const { begun, handler, finish } = patient();
    await line.openWorker(handler);
    const [running, waiting, late] = jobsInOrder('running', 'waiting', 'late');
    await queue.add(running);
    await queue.add(waiting);
    await until(() => begun.length === 1);
    await redis.kill();
    const adding = queue.add(late);
    finish('running' as JobId);
    await redis.restart();
    await adding;
    expect(await outcomeOf(queue, running)).toEqual(done);
    for (const { id } of [waiting, late]) {
      await until(() => begun.includes(id), 20_000);
      finish(id);
    }
    for (const job of [waiting, late]) expect(await outcomeOf(queue, job)).toEqual(done);
    expect(begun).toEqual(['running', 'waiting', 'late']);
    await until(() => events.some((event) => event.kind === 'line-moved' && event.reconnected));
  });

  test('and comes back empty says so; what is added again is done, what runs is not begun twice', async () => {
    await using redis = await startMortalRedis({ persistent: false });
    await using line = openSharedLine(redis.url);
    const queue = await line.openQueue();
    const { begun, handler, finish } = patient();
    const { source } = await line.openWorker(handler);
    await source.announce(fakeCatalog);
    const jobs = jobsInOrder('running', 'waiting');
    for (const job of jobs) await queue.add(job);
    await until(() => begun.length === 1);
    // As the owner of the rows does it.
    queue.listen((event) => {
      if (event.kind === 'line-moved' && event.reconnected) for (const job of jobs) void queue.add(job);
    });
    await redis.kill();
    await redis.restart();
    await until(async () => (await waitingIn(queue)).includes('waiting' as JobId));
    await until(async () => (await queue.line()).running.length === 1);
    for (const job of jobs) {
      await until(() => begun.includes(job.id), 20_000);
      finish(job.id);
      expect(await outcomeOf(queue, job)).toEqual(done);
    }
    expect(begun).toEqual(['running', 'waiting']);
    await until(async () => (await queue.catalog()).checkpoints.length === 1);
  });

  test('does not keep anything from closing', async () => {
    await using redis = await startMortalRedis({ persistent: false });
    const line = openSharedLine(redis.url);
    const queue = await line.openQueue();
    const { begun, handler } = patient();
    await line.openWorker(handler);
    await queue.add(testJob());
    await until(() => begun.length === 1);
    await redis.kill();
    const [added] = await Promise.allSettled([queue.add(testJob()), line[Symbol.asyncDispose]()]);
    expect(added).toMatchObject({ status: 'rejected', reason: { message: 'Connection is closed.' } });
  });
});

test('a job that the broker lost on the way returns to the line', async () => {
  await using line = openSharedLine(await redisUrl());
  const redis = openRedis(line.options.url, silentLog);
  const ghost = redisLine(redis, line.options.name);
  await ghost.beat('a worker that never takes anything', undefined);
  const queue = await line.openQueue();
  const job = testJob();
  await queue.add(job);
  const parcels = `${line.options.name}:jobs:wait`;
  await until(async () => (await redis.llen(parcels)) === 1);
  await redis.del(parcels, `${line.options.name}:jobs:${job.id}-1`);
  const { handler } = quick();
  await line.openWorker(handler);
  expect(await outcomeOf(queue, job)).toEqual(done);
  redis.disconnect();
});

test('nothing is kept of jobs that have ended and were forgotten', async () => {
  await using line = openSharedLine(await redisUrl());
  const redis = new Redis(line.options.url);
  const queue = await line.openQueue();
  await line.openWorker(quick().handler);
  const pass = async (count: number) => {
    const jobs = Array.from({ length: count }, () => testJob());
    await Promise.all(jobs.map((job) => queue.add(job)));
    for (const job of jobs) {
      await outcomeOf(queue, job);
      await queue.forget(job.id);
    }
    return (await redis.keys(`${line.options.name}:*`)).toSorted();
  };
  const before = await pass(10);
  expect(await pass(150)).toEqual(before);
  expect(await redis.xlen(`${line.options.name}:jobs:events`)).toBeLessThan(300);
  redis.disconnect();
});
