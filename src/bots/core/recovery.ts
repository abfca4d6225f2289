import type { JobId } from '../../edit/lineage.ts';
import type { JobOutcome } from '../../jobs/queue.ts';
import type { JobRow } from '../../storage/index.ts';
import { type Flow, jobOf } from './accept.ts';
import { finish } from './finish.ts';
import { completeForgetting } from './house/privacy-command.ts';
import { isOpen } from './job-state.ts';

/** Brings one outcome to its row. An outcome of a job that ended in another way is forgotten. */
export async function settle(flow: Flow, id: JobId, outcome: JobOutcome): Promise<void> {
  const row = await flow.storage.jobs.find(id);
  if (row && isOpen(row.state)) await finish(flow, row, outcome);
  else await flow.queue.forget(id);
}

/**
 * Brings one unfinished row and the line together: an outcome nobody has written is written, a job the line does not know is added.
 * The row is read again after the outcome was looked for, because writing an outcome comes before forgetting it.
 */
async function bringTogether(flow: Flow, { id }: JobRow, takeCards: boolean): Promise<void> {
  const outcome = await flow.queue.outcome(id);
  const row = await flow.storage.jobs.find(id);
  if (!row || !isOpen(row.state)) return;
  if (outcome) {
    await finish(flow, row, outcome);
    return;
  }
  await flow.queue.add(jobOf(row));
  if (takeCards) await flow.jobCards.resume(row);
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
  if (takeCards) await takeUpHouse(flow);
  for (const row of await flow.storage.jobs.unfinished()) {
    if (flow.closing.aborted) return;
    if (!isOpen(row.state)) continue;
    try {
      await bringTogether(flow, row, takeCards);
    } catch (error) {
      flow.log.error({ error, job: row.id }, 'a job could not be taken up');
    }
  }
}
