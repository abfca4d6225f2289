import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Catalog } from '../edit/catalog.ts';
import type { JobId } from '../edit/lineage.ts';
import type { Log } from '../log.ts';
import { RedisWorker, type Workplace } from './bullmq-worker.ts';
import type { Handler, WorkSource } from './queue.ts';
import { closeRedis, defaults, openRedis, type RedisOptions } from './redis.ts';
import { redisLine } from './redis-line.ts';

/**
 * The workers' side of a line that many processes share. Each worker gives signs of life, and with them the job in its hands: a
 * Redis that comes back without its data learns from that what is running. What a handler returned is written down before the
 * broker hears of it.
 */
export async function openRedisWorkSource(options: RedisOptions): Promise<WorkSource> {
  const source = new RedisWorkSource(options);
  await source.open();
  return source;
}

class RedisWorkSource implements WorkSource {
  readonly #at: Workplace;
  readonly #log: Log;
  readonly #stops: Redis;
  readonly #me = randomUUID();
  readonly #workers = new Map<RedisWorker, Promise<void>>();
  readonly #closing = new AbortController();
  #catalog: Catalog | undefined;
  #beats: ReturnType<typeof setInterval> | undefined;

  constructor({ url, log, heartbeatMs = defaults.heartbeatMs, name = defaults.name }: RedisOptions) {
    const redis = openRedis(url, log.child({ connection: 'line' }));
    this.#at = { redis, line: redisLine(redis, name), log, heartbeatMs, name };
    this.#log = log;
    this.#stops = openRedis(url, log.child({ connection: 'stops' }));
  }

  async open(): Promise<void> {
    this.#stops.on('message', (_channel: string, id: JobId) => {
      for (const worker of this.#workers.keys()) worker.stop(id);
    });
    await this.#stops.subscribe(this.#at.line.stopChannel);
    this.#at.redis.on('ready', () => this.#beat());
    this.#beats = setInterval(() => this.#beat(), this.#at.heartbeatMs / 6);
  }

  async announce(catalog: Catalog): Promise<void> {
    this.#catalog = catalog;
    await this.#at.line.announce(this.#me, catalog);
  }

  async consume(handler: Handler, signal: AbortSignal): Promise<void> {
    const worker = new RedisWorker(this.#at, handler, AbortSignal.any([signal, this.#closing.signal]));
    const running = worker.run();
    this.#workers.set(worker, running);
    try {
      await running;
    } finally {
      this.#workers.delete(worker);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beats);
    this.#closing.abort();
    await Promise.allSettled(this.#workers.values());
    await Promise.all([closeRedis(this.#stops), closeRedis(this.#at.redis)]);
  }

  #beat(): void {
    if (this.#at.redis.status !== 'ready') return;
    const beats = Array.from(this.#workers.keys(), (worker) => worker.beat());
    if (this.#catalog) beats.push(this.announce(this.#catalog));
    Promise.all(beats).catch((error: Error) => this.#log.debug({ error: error.message }, 'no sign of life given'));
  }
}
