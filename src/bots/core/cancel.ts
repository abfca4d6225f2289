import { Refusal } from '../../errors.ts';
import type { JobRow } from '../../storage/index.ts';
import { nameOf } from './desk.ts';
import { outboxRow } from './finish.ts';
import { removeCard } from './left-card.ts';
import type { Notice } from './notice.ts';
import type { Asker, Flow } from './order.ts';
import { oneLine } from './plain-text.ts';

/**
 * Cancels somebody's own job, or as a moderator anybody's. The row says so first, so that a result which comes nevertheless is not
 * posted. @throws Refusal 'not-your-edit', 'too-late'
 */
export async function cancelJob(flow: Flow, { speaker }: Asker, row: JobRow): Promise<void> {
  if (row.author !== speaker.user && !speaker.moderator) {
    throw new Refusal('not-your-edit', { by: oneLine(await nameOf(flow, row.author), 40) });
  }
  const notice: Notice = { kind: 'cancelled', language: row.language, by: speaker.user };
  const told = outboxRow(flow, row, notice, null);
  const isCancelled = await flow.storage.jobs.end(row.id, 'cancelled', null, told, flow.jobCards.shareOf(row.id));
  if (!isCancelled) {
    if (row.endedAt) await removeCard(flow, row);
    throw new Refusal('too-late', {});
  }
  await flow.jobCards.release(row.id);
  await flow.queue.cancel(row.id);
  flow.outbox.wake();
}
