import type { Job, Line } from './queue.ts';

/** Seconds a credit takes, by checkpoint: exponentially weighted means. */
export type Pace = Readonly<Record<string, number>>;

/** Waiting jobs. */
export interface Order {
  /** As they will be dispatched. */
  readonly next: readonly Job[];
  /** Those whose group is paused. */
  readonly held: readonly Job[];
}

/** A job a worker has begun. */
export interface Running {
  readonly job: Job;
  /** ms since 1970. */
  readonly startedAt: number;
}

/** Before anything has been measured a credit is taken to last a second. */
const firstGuess = 1;
/** Weight of the newest measurement. */
const alpha = 0.2;

/** What speed depends on. */
export function modelOf(job: Job): string {
  return job.task.request.params.checkpoint;
}

/** The mean with one more measurement in it: a job of `cost` credits that took `seconds`. */
export function paceAfter(pace: number | undefined, seconds: number, cost: number): number {
  const before = pace ?? firstGuess;
  return cost > 0 ? before + alpha * (seconds / cost - before) : before;
}

function secondsFor(job: Job, pace: Pace): number {
  return job.cost * (pace[modelOf(job)] ?? firstGuess);
}

/**
 * The line with its times: what runs ends when its own work is done, who waits has the work ahead shared by all workers, then their own.
 * What is held back stands last, with the times it would have.
 *
 * @param workers  living ones; with none the estimate is for one
 * @param now      ms since 1970
 */
export function timedLine(
  { next, held }: Order,
  begun: readonly Running[],
  { pace, workers, now }: { readonly pace: Pace; readonly workers: number; readonly now: number },
): Line {
  const running = begun.map(({ job, startedAt }) => ({
    ...job,
    leftSeconds: Math.max(0, secondsFor(job, pace) - (now - startedAt) / 1000),
  }));
  let before = running.reduce((sum, { leftSeconds }) => sum + leftSeconds, 0);
  const waiting = [...next, ...held].map((job, ahead) => {
    const own = secondsFor(job, pace);
    const beginsInSeconds = before / Math.max(1, workers);
    before += own;
    const isPaused = ahead >= next.length;
    return { ...job, ahead, isPaused, beginsInSeconds, etaSeconds: beginsInSeconds + own };
  });
  return { running, waiting, workers };
}
