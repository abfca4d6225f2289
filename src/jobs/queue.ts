import type { Catalog } from '../edit/catalog.ts';
import type { JobId } from '../edit/lineage.ts';
import type { EditResult, Progress, Task, UserId } from '../edit/request.ts';
import type { RefusalData } from '../errors.ts';

/** A task in the line. Its id is the job row's id, so adding it twice is harmless. */
export interface Job {
  readonly id: JobId;
  readonly task: Task;
  readonly author: UserId;
  /** Who shares a turn: a Discord server, a Telegram chat, all direct messages, the web chat. */
  readonly group: string;
  /** Credits; what fair dispatch and the time estimate count. */
  readonly cost: number;
  /** When it was accepted, ms since 1970; ties are broken by it. */
  readonly acceptedAt: number;
}

/** How a job ended. */
export type JobOutcome =
  | { readonly kind: 'done'; readonly result: EditResult }
  | { readonly kind: 'failed'; readonly error: RefusalData }
  | { readonly kind: 'cancelled' };

/**
 * Told to everybody who listens; a lost event is no loss, `outcome` keeps what matters. `line-moved` with `reconnected`: the line was out
 * of reach and may have forgotten jobs. Whoever owns the rows of unfinished jobs then looks for their outcomes and adds the others again.
 */
export type JobEvent =
  | { readonly kind: 'started'; readonly id: JobId }
  | { readonly kind: 'progress'; readonly id: JobId; readonly progress: Progress }
  | { readonly kind: 'ended'; readonly id: JobId; readonly outcome: JobOutcome }
  | { readonly kind: 'line-moved'; readonly reconnected?: true };

/** Where a waiting job stands. */
export interface Standing {
  /** Jobs that will be dispatched before it; 0 is next. */
  readonly ahead: number;
  /** Nothing of its group is begun: nobody knows when it will be. */
  readonly isPaused: boolean;
  /** Until it is begun, by the speed of the last jobs. */
  readonly beginsInSeconds: number;
  /** Until it is done, by the speed of the last jobs. */
  readonly etaSeconds: number;
}

/** How far a running job is. */
export interface Remaining {
  /** Until it is done, by the speed of the last jobs. */
  readonly leftSeconds: number;
}

/** What the line looks like at one moment. */
export interface Line {
  readonly running: readonly (Job & Remaining)[];
  /** In the order in which they will be dispatched if nobody else comes; those that are paused last. */
  readonly waiting: readonly (Job & Standing)[];
  readonly workers: number;
}

/**
 * Runs one task. Rejecting with a `Refusal` fails the job with it; rejecting because `signal` fired cancels it;
 * anything else is a bug: logged, answered with 'internal'.
 */
export type Handler = (job: Job, report: (progress: Progress) => void, signal: AbortSignal) => Promise<EditResult>;

/**
 * The line between the chat and the engine: who is next, and what became of it. One conformance suite holds every implementation
 * to this. Dispatch is fair (see `fair.ts`); a job whose worker dies goes back to the front once, then fails with 'worker-lost'.
 */
export interface JobQueue extends AsyncDisposable {
  /** It knows its jobs, and how often a worker was lost with one, when nobody has it open; else a crash takes all of that along. */
  readonly isLasting: boolean;
  /** Puts a job into the line; does nothing for an id that is waiting, running or ended and not forgotten. */
  add(job: Job): Promise<void>;
  /** Takes a waiting job out at once, stops a running one within a sampler step. The job then ends as 'cancelled'. No effect on an ended one. */
  cancel(id: JobId): Promise<void>;
  /** Begins nothing new of a group, or of any with `*`, or goes on; what is running goes on either way. Kept as long as the line is. */
  pause(group: string, isPaused: boolean): Promise<void>;
  /** Waiting and running jobs, the dispatch order simulated. */
  line(): Promise<Line>;
  /** How a job ended, until it is forgotten; undefined while it waits or runs, or when it is unknown. */
  outcome(id: JobId): Promise<JobOutcome | undefined>;
  /** Called once the outcome has been written to the database. */
  forget(id: JobId): Promise<void>;
  /** Calls `listener` for every event until disposed. A listener must not throw. */
  listen(listener: (event: JobEvent) => void): Disposable;
  /** What the workers can do, all of them together. */
  catalog(): Promise<Catalog>;
}

/** The worker's side of the same line. */
export interface WorkSource extends AsyncDisposable {
  /** Tells the line what this worker can do; repeated by the implementation as long as the worker lives. */
  announce(catalog: Catalog): Promise<void>;
  /** One job after another until `signal` fires; then the running one is aborted and goes back into the line. */
  consume(handler: Handler, signal: AbortSignal): Promise<void>;
}
