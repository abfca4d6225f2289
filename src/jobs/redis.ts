import { Redis } from 'ioredis';
import type { Log } from '../log.ts';

/** How either side of a shared line reaches it. */
export interface RedisOptions {
  readonly url: string;
  readonly log: Log;
  /** Silence after which a worker counts as lost, ms; the same on both sides. */
  readonly heartbeatMs?: number;
  /** What its keys in Redis begin with; the same on both sides. */
  readonly name?: string;
}

export const defaults = { heartbeatMs: 30_000, name: 'palimpsest' } as const;

/** How long closing waits for a Redis that does not answer. */
export const farewellMs = 2000;

/** Our own state is the truth about every job; of what went through the broker's queue of this name nothing is kept. */
export const brokerName = 'jobs';

/**
 * A connection that comes back by itself for as long as it is open. Commands given while Redis is away wait for it, commands whose
 * answer was lost are sent again. An outage is one line in the log, not an error anywhere.
 */
export function openRedis(url: string, log: Log): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(2000, 50 * 2 ** Math.min(attempt, 6)),
  });
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) log.warn({ error: error.message }, 'redis is away');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info({}, 'redis is back');
    away = false;
  });
  return redis;
}

/**
 * Closes a connection for good; what still waits for an answer fails. ioredis alone would leave it waiting for ever when it is closed
 * between two attempts to come back, hence a last one.
 */
export async function closeRedis(redis: Redis): Promise<void> {
  redis.options.retryStrategy = () => null;
  if (redis.status === 'reconnecting') await redis.connect().catch(() => {});
  redis.disconnect();
}
