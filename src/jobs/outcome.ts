import { randomUUID } from 'node:crypto';
import { Refusal, refusalData } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Job, JobOutcome } from './queue.ts';

/**
 * What becomes of a job whose handler rejected: cancelled if that was wanted, failed with the refusal it met, else a bug, which is
 * logged with its stack and answered with a reference that finds the line in the log.
 */
export function outcomeOf(error: unknown, job: Job, cancelled: boolean, log: Log): JobOutcome {
  if (cancelled || (error instanceof Refusal && error.code === 'cancelled')) return { kind: 'cancelled' };
  if (error instanceof Refusal) return { kind: 'failed', error: refusalData(error) };
  const ref = randomUUID().slice(0, 8);
  log.error({ err: error, job: job.id, user: job.author, ref }, 'a job failed unexpectedly');
  return { kind: 'failed', error: { code: 'internal', details: { ref } } };
}
