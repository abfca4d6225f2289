import { once } from 'node:events';
import type { Catalog } from '../edit/catalog.ts';
import type { JobId } from '../edit/lineage.ts';
import type { Log } from '../log.ts';
import { modelOf, type Pace, paceAfter, type Running, timedLine } from './eta.ts';
import {
  dispatchOrder,
  freshState,
  nextTurn,
  parted,
  ready,
  type Turning,
  type Waiting,
  type Weights,
} from './fair.ts';
import { outcomeOf } from './outcome.ts';
import type { Handler, Job, JobEvent, JobOutcome, JobQueue, Line, WorkSource } from './queue.ts';

export interface EmbeddedQueueOptions {
  readonly log: Log;
  readonly weights?: Weights;
  /** How many jobs of one person run at once; one, when not said. */
  readonly runningPerPerson?: number;
  /** ms since 1970. */
  readonly now?: () => number;
}

/** A job in a handler's hands. */
interface Held extends Running {
  readonly abort: AbortController;
  /** Somebody asked for it to be cancelled; otherwise an abort means that the worker stops. */
  cancelled: boolean;
}

/**
 * The line in this process, both sides of it. It lives in memory only: whoever owns the rows of unfinished jobs adds them again at
 * start. A crash takes workers and line alike: what was lost with them is for their rows to tell.
 */
export function openEmbeddedQueue(options: EmbeddedQueueOptions): JobQueue & WorkSource {
  return new EmbeddedQueue(options);
}

class EmbeddedQueue implements JobQueue, WorkSource {
  readonly isLasting = false;
  readonly #log: Log;
  readonly #weights: Weights;
  readonly #most: number;
  readonly #now: () => number;
  readonly #waiting = new Map<JobId, Waiting>();
  readonly #running = new Map<JobId, Held>();
  readonly #outcomes = new Map<JobId, JobOutcome>();
  readonly #listeners = new Set<(event: JobEvent) => void>();
  readonly #wake = new EventTarget();
  readonly #closing = new AbortController();
  readonly #workers = new Set<Promise<void>>();
  readonly #paused = new Set<string>();
  /** Each worker's checkpoint, from its first job on. */
  readonly #loaded = new Map<symbol, string>();
  #fair = freshState;
  #pace: Pace = {};
  #catalog: Catalog = { checkpoints: [] };

  constructor({ log, weights = {}, runningPerPerson = 1, now = Date.now }: EmbeddedQueueOptions) {
    this.#log = log;
    this.#weights = weights;
    this.#most = runningPerPerson;
    this.#now = now;
  }

  async add(job: Job): Promise<void> {
    if (this.#waiting.has(job.id) || this.#running.has(job.id) || this.#outcomes.has(job.id)) return;
    this.#enter({ job, returned: false });
  }

  async cancel(id: JobId): Promise<void> {
    const held = this.#running.get(id);
    if (held) {
      held.cancelled = true;
      held.abort.abort();
    } else if (this.#waiting.delete(id)) {
      this.#end(id, { kind: 'cancelled' });
    }
  }

  async pause(group: string, isPaused: boolean): Promise<void> {
    if (isPaused) this.#paused.add(group);
    else this.#paused.delete(group);
    this.#tell({ kind: 'line-moved' });
    this.#wake.dispatchEvent(new Event('changed'));
  }

  async line(): Promise<Line> {
    const now = this.#now();
    const running = [...this.#running.values()];
    const workers = this.#workers.size;
    const { free, held } = parted([...this.#waiting.values()], this.#paused);
    const next = dispatchOrder(free, this.#fair, this.#turning([...this.#loaded.values()]));
    return timedLine({ next, held }, running, { pace: this.#pace, workers, now });
  }

  async outcome(id: JobId): Promise<JobOutcome | undefined> {
    return this.#outcomes.get(id);
  }

  async forget(id: JobId): Promise<void> {
    this.#outcomes.delete(id);
  }

  listen(listener: (event: JobEvent) => void): Disposable {
    // A listener of its own for each call, so that disposing one does not silence a twin.
    const own = (event: JobEvent) => listener(event);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  async catalog(): Promise<Catalog> {
    return this.#catalog;
  }

  async announce(catalog: Catalog): Promise<void> {
    this.#catalog = catalog;
  }

  async consume(handler: Handler, signal: AbortSignal): Promise<void> {
    const working = this.#work(handler, AbortSignal.any([signal, this.#closing.signal]));
    this.#workers.add(working);
    this.#tell({ kind: 'line-moved' });
    try {
      await working;
    } finally {
      this.#workers.delete(working);
    }
  }

  /** Running jobs are aborted and stay unfinished: their rows bring them back at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#workers);
    this.#listeners.clear();
  }

  /** One job after another until `stop`. A job that throws is told about, and the next one begins. */
  async #work(handler: Handler, stop: AbortSignal): Promise<void> {
    const me = Symbol('worker');
    while (!stop.aborted) {
      const loaded = this.#loaded.get(me);
      const turning = this.#turning(loaded === undefined ? [] : [loaded]);
      const begun = [...this.#running.values()].map(({ job }) => job);
      const able = ready([...this.#waiting.values()], { paused: this.#paused, begun, most: this.#most });
      const turn = nextTurn(able, this.#fair, turning);
      if (turn) {
        const { job } = turn.next;
        this.#fair = turn.state;
        this.#loaded.set(me, modelOf(job));
        await this.#handle(job, handler, stop);
      } else {
        await once(this.#wake, 'changed', { signal: stop }).catch(() => {}); // woken by the line, or by `stop`
      }
    }
    this.#loaded.delete(me);
  }

  #turning(loaded: readonly string[]): Turning {
    return { now: this.#now(), weights: this.#weights, loaded };
  }

  async #handle(job: Job, handler: Handler, stop: AbortSignal): Promise<void> {
    const { id } = job;
    const held: Held = { job, startedAt: this.#now(), abort: new AbortController(), cancelled: false };
    this.#waiting.delete(id);
    this.#running.set(id, held);
    this.#tell({ kind: 'started', id });
    this.#tell({ kind: 'line-moved' });
    const giveUp = () => held.abort.abort();
    stop.addEventListener('abort', giveUp, { once: true });
    const outcome = await this.#outcomeOf(held, handler);
    stop.removeEventListener('abort', giveUp);
    this.#running.delete(id);
    if (outcome.kind === 'cancelled' && stop.aborted && !held.cancelled) this.#enter({ job, returned: true });
    else this.#end(id, outcome);
  }

  async #outcomeOf({ job, ...held }: Held, handler: Handler): Promise<JobOutcome> {
    const { signal } = held.abort;
    const report = (progress: Parameters<Parameters<Handler>[1]>[0]) =>
      this.#tell({ kind: 'progress', id: job.id, progress });
    try {
      const result = await handler(job, report, signal);
      const model = modelOf(job);
      const seconds = (this.#now() - held.startedAt) / 1000;
      this.#pace = { ...this.#pace, [model]: paceAfter(this.#pace[model], seconds, job.cost) };
      return { kind: 'done', result };
    } catch (error) {
      return outcomeOf(error, job, signal.aborted, this.#log);
    }
  }

  #enter(waiting: Waiting): void {
    this.#waiting.set(waiting.job.id, waiting);
    this.#tell({ kind: 'line-moved' });
    this.#wake.dispatchEvent(new Event('changed'));
  }

  #end(id: JobId, outcome: JobOutcome): void {
    this.#outcomes.set(id, outcome);
    this.#tell({ kind: 'ended', id, outcome });
    this.#tell({ kind: 'line-moved' });
    this.#wake.dispatchEvent(new Event('changed'));
  }

  #tell(event: JobEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
