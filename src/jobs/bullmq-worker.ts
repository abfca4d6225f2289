import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobId } from '../edit/lineage.ts';
import { type Progress, taskSchema } from '../edit/request.ts';
import { presentTask } from '../edit/stored.ts';
import type { Log } from '../log.ts';
import type { Parcel } from './dispatcher.ts';
import { encodeEvent } from './events.ts';
import { outcomeOf } from './outcome.ts';
import type { Handler, Job, JobOutcome } from './queue.ts';
import { brokerName, farewellMs } from './redis.ts';
import type { RedisLine } from './redis-line.ts';

/** What the workers of one source share. */
export interface Workplace {
  readonly redis: Redis;
  readonly line: RedisLine;
  readonly log: Log;
  readonly heartbeatMs: number;
  readonly name: string;
}

/** A job in the handler's hands. */
interface Held {
  readonly job: Job;
  readonly abort: AbortController;
}

/** One slot that takes jobs from the broker, from `run` until its signal fires. */
export class RedisWorker {
  readonly #at: Workplace;
  readonly #handler: Handler;
  readonly #stop: AbortSignal;
  readonly #me = randomUUID();
  #held: Held | undefined;
  /** Settles once the handler is through with it. */
  #handled: Promise<JobOutcome> | undefined;

  constructor(at: Workplace, handler: Handler, stop: AbortSignal) {
    this.#at = at;
    this.#handler = handler;
    this.#stop = stop;
  }

  async run(): Promise<void> {
    const { line, redis, name, heartbeatMs, log } = this.#at;
    const worker = new Worker<Parcel>(brokerName, async ({ data }: { data: Parcel }) => this.#take(data), {
      connection: redis,
      prefix: name,
      lockDuration: heartbeatMs,
      stalledInterval: heartbeatMs,
      runRetryDelay: 1000,
      autorun: false,
    });
    worker.on('error', (error) => log.debug({ error: error.message }, 'broker'));
    await line.beat(this.#me, undefined);
    const running = worker.run();
    await aborted(this.#stop);
    const left = await within(farewellMs, this.#leave());
    if (!left) log.warn({}, 'redis is away: what was at work counts as lost');
    await worker.close(!left); // by force, or it would wait for redis
    if (left) await running;
    else running.catch(() => {}); // its connection was taken from it
    await this.#handled;
  }

  /** A sign of life. A job that was cancelled, or that another worker has ended meanwhile, stops. */
  async beat(): Promise<void> {
    if (this.#stop.aborted) return;
    const held = this.#held;
    if (await this.#at.line.beat(this.#me, held?.job)) held?.abort.abort();
  }

  /** Stops the job in hand if it is this one. */
  stop(id: JobId): void {
    if (this.#held?.job.id === id) this.#held.abort.abort();
  }

  /** Gives the job back at once: the next worker need not wait for this one's sampler step to end. */
  async #leave(): Promise<void> {
    const held = this.#held;
    held?.abort.abort();
    if (held) await this.#at.line.giveBack(held.job.id, this.#me);
    await this.#at.line.leave(this.#me);
  }

  async #take({ id, attempt }: Parcel): Promise<void> {
    const { line, log } = this.#at;
    const job = await line.begin(id, attempt, this.#me);
    if (!job) return; // cancelled, or somebody else's by now
    if (this.#stop.aborted) {
      await line.giveBack(id, this.#me);
      return;
    }
    this.#held = { job, abort: new AbortController() };
    const startedAt = performance.now();
    this.#handled = this.#outcomeOf(this.#held);
    const outcome = await this.#handled;
    this.#held = undefined;
    if (outcome.kind === 'cancelled' && this.#stop.aborted) return; // it is back in the line, or cancelled there
    await line.finish(id, outcome);
    if (outcome.kind === 'done') await line.learn(job, (performance.now() - startedAt) / 1000);
    log.debug({ job: id, outcome: outcome.kind }, 'job ended');
  }

  async #outcomeOf({ job, abort }: Held): Promise<JobOutcome> {
    const report = (progress: Progress) => this.#report(job.id, progress);
    try {
      const task = taskSchema.parse(presentTask(job.task, refuseUnknown));
      return { kind: 'done', result: await this.#handler({ ...job, task }, report, abort.signal) };
    } catch (error) {
      return outcomeOf(error, job, abort.signal.aborted, this.#at.log);
    }
  }

  /** Progress that nobody can hear is not kept for later. */
  #report(id: JobId, progress: Progress): void {
    const { redis, line, log } = this.#at;
    if (redis.status !== 'ready') return;
    const telling = redis.publish(line.eventsChannel, encodeEvent({ kind: 'progress', id, progress }));
    telling.catch((error: Error) => log.debug({ error: error.message }, 'progress not told'));
  }
}

/** A task of a newer version would become another picture than was promised. @throws RangeError */
function refuseUnknown(what: string): void {
  throw new RangeError(
    `a task holds "${what.slice(0, 100)}", which this worker does not know: is it older than the bots?`,
  );
}

/** Whether something succeeded in time. */
async function within(ms: number, attempt: Promise<void>): Promise<boolean> {
  const late = new AbortController();
  const inTime = attempt.then(
    () => true,
    () => false,
  );
  const tooLate = delay(ms, false, { signal: late.signal }).catch(() => false);
  const succeeded = await Promise.race([inTime, tooLate]);
  late.abort();
  return succeeded;
}

async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
