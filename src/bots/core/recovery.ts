import type { JobId } from '../../edit/lineage.ts';
import type { JobOutcome, Line } from '../../jobs/queue.ts';
import type { JobRow } from '../../storage/index.ts';
import { type Flow, jobOf } from './accept.ts';
import { finish } from './finish.ts';
import { completeForgetting } from './house/privacy-command.ts';
import { isOpen } from './job-state.ts';
import { removeCard } from './left-card.ts';

/** How far back cards are looked for that a process which died has left, ms. */
const LEFT_MS = 3_600_000;

/** Brings one outcome to its row. An outcome of a job that ended in another way is forgotten. */
export async function settle(flow: Flow, id: JobId, outcome: JobOutcome): Promise<void> {
  const row = await flow.storage.jobs.find(id);
  if (row && isOpen(row.state)) await finish(flow, row, outcome);
  else await flow.queue.forget(id);
}

interface Taking {
  readonly takeCards: boolean;
  /** As it was before anything was added. */
  readonly line: Line;
}

/**
 * What had been begun when a process with a line of its own crashed was lost with it. Once that may be the process's fault; then it is
 * the job's, which would take down one process after another. @returns how it ended thereby
 */
async function lost({ storage, queue }: Flow, row: JobRow): Promise<JobOutcome | undefined> {
  if (queue.isLasting || row.state === 'queued') return undefined;
  if (row.error?.code === 'worker-lost') return { kind: 'failed', error: { code: 'worker-lost', details: {} } };
  await storage.jobs.requeue(row.id, 'worker-lost');
  return undefined;
}

/** Says of what is at work that a stop, not a crash, is why it will have to be begun again; where the line itself forgets it. */
export async function putBack({ storage, queue }: Flow): Promise<void> {
  if (queue.isLasting) return;
  for (const { id } of (await queue.line()).running) await storage.jobs.requeue(id, 'cancelled');
}

/**
 * Brings one unfinished row and the line together: an outcome nobody has written is written, a job the line does not know is added.
 * The row is read again after the outcome was looked for, because writing an outcome comes before forgetting it.
 */
async function bringTogether(flow: Flow, { id }: JobRow, { takeCards, line }: Taking): Promise<void> {
  const told = await flow.queue.outcome(id);
  const row = await flow.storage.jobs.find(id);
  if (!row || !isOpen(row.state)) return;
  const outcome = told ?? (takeCards && !isIn(line, id) ? await lost(flow, row) : undefined);
  if (outcome) {
    await finish(flow, row, outcome);
    return;
  }
  await flow.queue.add(jobOf(row));
  const isAgain = !isIn(line, id) && (row.state !== 'queued' || row.error !== null);
  if (takeCards) await flow.jobCards.resume(row, { isAgain });
}

const isIn = ({ running, waiting }: Line, id: JobId) => [...running, ...waiting].some((job) => job.id === id);

/** Whoever posted an outcome may have died before it took the progress card away. */
async function removeLeftCards(flow: Flow): Promise<void> {
  const since = new Date(flow.clock.now() - LEFT_MS);
  for (const row of await flow.storage.jobs.leftCards(since)) await removeCard(flow, row);
}

/** Servers that paused their queue stay paused in a line that has forgotten it; whoever was being forgotten is forgotten to the end. */
async function takeUpHouse(flow: Flow): Promise<void> {
  for (const scope of ['server', 'system'] as const) {
    for (const group of await flow.storage.settings.having(scope, 'dispatch', 'paused'))
      await flow.queue.pause(group, true);
  }
  for (const person of await flow.storage.privacy.forgetting()) {
    await completeForgetting(flow, person).catch((error: unknown) => {
      flow.log.error({ error }, 'somebody could not be forgotten to the end');
    });
  }
}

/**
 * Takes up everything that is not finished: at start, after the line was away, and now and then. Rows are the truth; adding a job
 * the line already has does nothing. What waits in the outbox goes on by itself.
 *
 * @param takeCards  progress cards of these jobs are kept up to date by this process from now on; only a starting one does so
 */
export async function reconcile(flow: Flow, { takeCards }: { readonly takeCards: boolean }): Promise<void> {
  if (takeCards) {
    await takeUpHouse(flow);
    await flow.storage.drafts.unclaim(flow.prefixes);
    await removeLeftCards(flow);
  }
  const line = await flow.queue.line();
  for (const row of await flow.storage.jobs.unfinished()) {
    if (flow.closing.aborted) return;
    if (!isOpen(row.state)) continue;
    try {
      await bringTogether(flow, row, { takeCards, line });
    } catch (error) {
      flow.log.error({ error, job: row.id }, 'a job could not be taken up');
    }
  }
}
