import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Catalog } from '../edit/catalog.ts';
import type { JobId } from '../edit/lineage.ts';
import type { Log } from '../log.ts';
import { type Dispatcher, openDispatcher, type Parcel, waitingIn } from './dispatcher.ts';
import { timedLine } from './eta.ts';
import { decodeEvent } from './events.ts';
import { dispatchOrder, parted, type Weights } from './fair.ts';
import type { Job, JobEvent, JobOutcome, JobQueue, Line } from './queue.ts';
import { brokerName, closeRedis, defaults, farewellMs, openRedis, type RedisOptions } from './redis.ts';
import { type RedisLine, redisLine } from './redis-line.ts';

export interface RedisQueueOptions extends RedisOptions {
  readonly weights?: Weights;
  /** How many jobs of one person run at once; one, when not said. */
  readonly runningPerPerson?: number;
}

/**
 * The bots' side of a line that many processes share. Waiting jobs lie in Redis; `dispatcher.ts` hands them to the broker, one for
 * each living worker. While Redis is away calls wait for it. Once it is back a `line-moved` with `reconnected` is told.
 */
export async function openRedisQueue(options: RedisQueueOptions): Promise<JobQueue> {
  const queue = new RedisQueue(options);
  await queue.open();
  return queue;
}

class RedisQueue implements JobQueue {
  readonly isLasting = true;
  readonly #redis: Redis;
  readonly #events: Redis;
  readonly #line: RedisLine;
  readonly #broker: Queue<Parcel>;
  readonly #dispatcher: Dispatcher;
  readonly #weights: Weights;
  readonly #log: Log;
  readonly #listeners = new Set<(event: JobEvent) => void>();

  constructor(options: RedisQueueOptions) {
    const { url, log, weights = {}, heartbeatMs = defaults.heartbeatMs, name = defaults.name } = options;
    const { runningPerPerson = 1 } = options;
    this.#log = log;
    this.#weights = weights;
    this.#redis = openRedis(url, log.child({ connection: 'line' }));
    this.#events = openRedis(url, log.child({ connection: 'events' }));
    this.#line = redisLine(this.#redis, name);
    const streams = { events: { maxLen: 100 } };
    this.#broker = new Queue(brokerName, { connection: this.#redis, prefix: name, streams });
    this.#broker.on('error', (error) => log.debug({ error: error.message }, 'broker'));
    const turns = { weights, runningPerPerson, heartbeatMs };
    this.#dispatcher = openDispatcher({ line: this.#line, broker: this.#broker, log, ...turns });
  }

  async open(): Promise<void> {
    this.#events.on('message', (_channel: string, json: string) => this.#tell(decodeEvent(json)));
    await this.#events.subscribe(this.#line.eventsChannel);
    this.#events.on('ready', () => {
      this.#dispatcher.forgive();
      this.#listenAgain().catch((error: Error) => this.#log.debug({ error: error.message }, 'redis went again'));
    });
  }

  async add(job: Job): Promise<void> {
    await this.#line.add(job);
  }

  async cancel(id: JobId): Promise<void> {
    await this.#line.cancel(id);
  }

  async pause(group: string, isPaused: boolean): Promise<void> {
    await this.#line.pause(group, isPaused);
  }

  async line(): Promise<Line> {
    const { entries, fair, workers, loaded, paused, pace, now } = await this.#line.snapshot();
    const at = (place: 'handed' | 'running') =>
      entries.filter((entry) => entry.place === place).sort((a, b) => a.since - b.since);
    const running = at('running').map(({ job, since }) => ({ job, startedAt: since }));
    const { free, held } = parted(waitingIn(entries), paused);
    const turning = { now: Date.now(), weights: this.#weights, loaded: Object.values(loaded) };
    const next = [...at('handed').map(({ job }) => job), ...dispatchOrder(free, fair, turning)];
    return timedLine({ next, held }, running, { pace, workers: workers.length, now });
  }

  outcome(id: JobId): Promise<JobOutcome | undefined> {
    return this.#line.outcome(id);
  }

  async forget(id: JobId): Promise<void> {
    await this.#line.forget(id);
  }

  listen(listener: (event: JobEvent) => void): Disposable {
    // A listener of its own for each call, so that disposing one does not silence a twin.
    const own = (event: JobEvent) => listener(event);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  catalog(): Promise<Catalog> {
    return this.#line.catalog();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    await closeRedis(this.#events);
    const patience = setTimeout(() => void closeRedis(this.#redis), farewellMs); // fails what keeps the rest from closing
    await this.#dispatcher[Symbol.asyncDispose]();
    await this.#broker.close();
    clearTimeout(patience);
    await closeRedis(this.#redis);
  }

  /** Told only once events arrive again, so that nothing falls between reading outcomes and hearing of new ones. */
  async #listenAgain(): Promise<void> {
    await this.#events.subscribe(this.#line.eventsChannel);
    this.#tell({ kind: 'line-moved', reconnected: true });
  }

  #tell(event: JobEvent): void {
    if (event.kind !== 'progress') this.#dispatcher.poke();
    for (const listener of this.#listeners) listener(event);
  }
}
