import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import type { JobId } from '../edit/lineage.ts';
import type { Log } from '../log.ts';
import { nextTurn, ready, type Waiting, type Weights } from './fair.ts';
import type { Entry, RedisLine, Snapshot } from './redis-line.ts';

/** What the broker carries: which job, and which dispatch of it. Any dispatch but the newest is void. */
export interface Parcel {
  readonly id: JobId;
  readonly attempt: number;
}

export interface DispatcherOptions {
  readonly line: RedisLine;
  readonly broker: Queue<Parcel>;
  readonly log: Log;
  readonly weights: Weights;
  /** How many jobs of one person run at once. */
  readonly runningPerPerson: number;
  /** Silence after which a worker counts as lost. */
  readonly heartbeatMs: number;
}

export interface Dispatcher extends AsyncDisposable {
  /** The line has moved: look again now rather than at the next tick. */
  poke(): void;
  /** Redis was away: until everybody has had time to report, silence means nothing. */
  forgive(): void;
}

/** What fair dispatch chooses from. */
export function waitingIn(entries: readonly Entry[]): readonly Waiting[] {
  return entries.flatMap(({ job, place, attempt }) => (place === 'waiting' ? [{ job, returned: attempt > 0 }] : []));
}

/** What those have loaded who may take the next job. */
function loadedByIdle({ entries, workers, loaded }: Snapshot): readonly string[] {
  const busy = new Set(entries.map(({ worker }) => worker));
  return workers.filter((worker) => !busy.has(worker)).flatMap((worker) => loaded[worker] ?? []);
}

/**
 * Decides the order; the broker only transports. Of all processes that have one open, the holder of a lease is at work. It hands the
 * broker no more jobs than there are living workers, so that whoever comes next still finds the order undecided.
 */
export function openDispatcher(options: DispatcherOptions): Dispatcher {
  const { line, broker, log, weights, runningPerPerson: most, heartbeatMs } = options;
  const me = randomUUID();
  const tickMs = heartbeatMs / 30;
  let listeningSince = Date.now();
  let turning: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let tidiedAt = 0;

  async function handOut(): Promise<void> {
    for (;;) {
      const snapshot = await line.snapshot();
      const { entries, fair, workers, paused } = snapshot;
      const waiting = waitingIn(entries);
      const begun = entries.flatMap(({ job, place }) => (place === 'waiting' ? [] : [job]));
      if (begun.length >= workers.length) return;
      const turning = { now: Date.now(), weights, loaded: loadedByIdle(snapshot) };
      const turn = nextTurn(ready(waiting, { paused, begun, most }), fair, turning);
      if (!turn) return;
      const { id } = turn.next.job;
      const attempt = await line.hand(id, me, turn.state);
      if (attempt === 0) return; // cancelled in between, or the lease went: either comes with a new poke
      const options = { jobId: `${id}-${attempt}`, removeOnComplete: true, removeOnFail: true };
      await broker.add('job', { id, attempt }, options);
    }
  }

  /** Jobs that were handed over and never arrived: this process, or Redis, stopped halfway. */
  async function takeBackMissing(): Promise<void> {
    const { entries, now } = await line.snapshot();
    const old = entries.filter(({ place, since }) => place === 'handed' && now - since > heartbeatMs / 3);
    for (const { job, attempt } of old) {
      if (!(await broker.getJob(`${job.id}-${attempt}`))) await line.takeBack(job.id, attempt);
    }
  }

  /** Once a tick is enough, however often the line moves. */
  async function tidy(): Promise<void> {
    if (Date.now() - tidiedAt < tickMs) return;
    tidiedAt = Date.now();
    if (Date.now() - listeningSince > heartbeatMs) {
      const lost = await line.reap(heartbeatMs);
      if (lost.length > 0) log.warn({ jobs: lost }, 'a worker was lost');
    }
    await takeBackMissing();
  }

  async function turn(): Promise<void> {
    if (!(await line.lease(me, Math.ceil(heartbeatMs / 3)))) return;
    await tidy();
    await handOut();
  }

  function poke(): void {
    again = true;
    turning ??= turnWhilePoked();
  }

  async function turnWhilePoked(): Promise<void> {
    while (again && !closed) {
      again = false;
      await turn().catch((error: Error) => closed || log.error({ err: error }, 'dispatching failed'));
    }
    turning = undefined;
  }

  const ticks = setInterval(poke, tickMs);
  poke();
  return {
    poke,
    forgive() {
      listeningSince = Date.now();
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      clearInterval(ticks);
      await turning;
      await line.release(me).catch(() => {}); // out of reach: the lease runs out by itself
    },
  };
}
