import type { Redis } from 'ioredis';
import { type Catalog, mergeCatalogs } from '../edit/catalog.ts';
import type { JobId } from '../edit/lineage.ts';
import { editResultSchema } from '../edit/request.ts';
import { modelOf, type Pace, paceAfter } from './eta.ts';
import { type FairState, freshState } from './fair.ts';
import type { Job, JobOutcome } from './queue.ts';
import * as scripts from './redis-scripts.ts';

/** A job in the line, and where it is. */
export interface Entry {
  readonly job: Job;
  readonly place: 'waiting' | 'handed' | 'running';
  /** How often it has been dispatched; above 0 it has had its turn. */
  readonly attempt: number;
  /** Since when it is in this place, ms since 1970 by the clock of Redis. */
  readonly since: number;
  /** Whose it is while it runs. */
  readonly worker: string | null;
}

/** The whole line at one moment. */
export interface Snapshot {
  /** ms since 1970 by the clock of Redis. */
  readonly now: number;
  readonly fair: FairState;
  readonly workers: readonly string[];
  /** The checkpoint of each worker's last job. */
  readonly loaded: Readonly<Record<string, string>>;
  readonly paused: ReadonlySet<string>;
  readonly pace: Pace;
  readonly entries: readonly Entry[];
}

type Reply = [
  now: number,
  fair: string | null,
  workers: string[],
  loaded: string[],
  pace: string[],
  paused: string[],
  jobs: [data: string, place: Entry['place'], attempt: string, since: string, worker: string | null][],
];

/** HGETALL inside a script: field, value, field, value … */
function toRecord<T>(flat: readonly string[], read: (value: string) => T): Record<string, T> {
  return Object.fromEntries(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, read(flat[i + 1]!)]] : [])));
}

function toOutcome(json: string): JobOutcome {
  const outcome = JSON.parse(json) as JobOutcome;
  return outcome.kind === 'done' ? { kind: 'done', result: editResultSchema.parse(outcome.result) } : outcome;
}

/** The line that lies in Redis under `name`; what each function does to it is told in `redis-scripts.ts`. */
export function redisLine(redis: Redis, name: string) {
  const line = `${name}:line`;
  const run = (script: string, ...args: (string | number)[]) => redis.eval(script, 1, line, ...args);
  return {
    add: (job: Job) => run(scripts.add, job.id, JSON.stringify(job)),
    cancel: (id: JobId) => run(scripts.cancel, id),
    async snapshot(): Promise<Snapshot> {
      const [now, fair, workers, loaded, pace, paused, jobs] = (await run(scripts.snapshot)) as Reply;
      return {
        now,
        fair: fair === null ? freshState : (JSON.parse(fair) as FairState),
        workers,
        loaded: toRecord(loaded, (checkpoint) => checkpoint),
        pace: toRecord(pace, Number),
        paused: new Set(paused),
        entries: jobs.map(([data, place, attempt, since, worker]) => ({
          job: JSON.parse(data) as Job,
          place,
          attempt: Number(attempt),
          since: Number(since),
          worker,
        })),
      };
    },
    async outcome(id: JobId): Promise<JobOutcome | undefined> {
      const json = await redis.get(`${line}:outcome:${id}`);
      return json === null ? undefined : toOutcome(json);
    },
    forget: (id: JobId) => redis.del(`${line}:outcome:${id}`),
    async pause(group: string, isPaused: boolean): Promise<void> {
      await (isPaused ? redis.sadd(`${line}:paused`, group) : redis.srem(`${line}:paused`, group));
      await redis.publish(`${line}:events`, '{"kind":"line-moved"}');
    },
    async catalog(): Promise<Catalog> {
      const catalogs = Object.values(await redis.hgetall(`${line}:catalogs`)).map(
        (json) => JSON.parse(json) as Catalog,
      );
      return mergeCatalogs(catalogs);
    },

    lease: async (me: string, ms: number) => (await run(scripts.lease, me, ms)) === 1,
    release: (me: string) => run(scripts.release, me),
    hand: async (id: JobId, me: string, fair: FairState) =>
      Number(await run(scripts.hand, id, me, JSON.stringify(fair))),
    takeBack: (id: JobId, attempt: number) => run(scripts.takeBack, id, attempt),
    reap: async (silentMs: number) => (await run(scripts.reap, silentMs)) as JobId[],

    async begin(id: JobId, attempt: number, worker: string): Promise<Job | undefined> {
      const data = await run(scripts.begin, id, attempt, worker);
      return typeof data === 'string' ? (JSON.parse(data) as Job) : undefined;
    },
    finish: (id: JobId, outcome: JobOutcome) => run(scripts.finish, id, JSON.stringify(outcome)),
    giveBack: (id: JobId, worker: string) => run(scripts.giveBack, id, worker),
    /** Whether the job in the worker's hands is to stop. */
    beat: async (worker: string, job: Job | undefined) =>
      (await run(scripts.beat, worker, job?.id ?? '', job ? JSON.stringify(job) : '')) === 1,
    leave: (worker: string) => run(scripts.leave, worker),
    announce: (announcer: string, catalog: Catalog) => run(scripts.announce, announcer, JSON.stringify(catalog)),
    /** Two workers that measure the same model at once may lose one measurement; the mean does not mind. */
    async learn(job: Job, seconds: number): Promise<void> {
      const before = await redis.hget(`${line}:pace`, modelOf(job));
      const after = paceAfter(before === null ? undefined : Number(before), seconds, job.cost);
      await redis.hset(`${line}:pace`, modelOf(job), after);
    },
    eventsChannel: `${line}:events`,
    stopChannel: `${line}:stop`,
  };
}
export type RedisLine = ReturnType<typeof redisLine>;
