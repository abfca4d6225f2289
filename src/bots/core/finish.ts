import { type NodeId, newId } from '../../edit/lineage.ts';
import type { EditResult } from '../../edit/request.ts';
import type { RefusalData } from '../../errors.ts';
import type { JobOutcome } from '../../jobs/queue.ts';
import type { JobRow, NewNode, NewOutboxRow } from '../../storage/index.ts';
import type { Flow } from './accept.ts';
import { credited } from './credits.ts';
import type { Desk } from './desk.ts';
import { messagesIn } from './messages/index.ts';
import type { Notice } from './notice.ts';

/** The outbox row a job's end is told by; its key lets no second one be written. */
export function outboxRow(desk: Pick<Desk, 'random'>, row: JobRow, notice: Notice, node: NodeId | null): NewOutboxRow {
  const { id: job, place, replyTo } = row;
  const key = `${notice.kind === 'result' ? 'result' : 'error'}:${job}`;
  return { id: newId(desk.random), key, place, card: notice, job, node, replyTo };
}

function nodesOf({ random }: Desk, row: JobRow, result: EditResult): readonly NewNode[] {
  const { parent, op, task, author, maskAuthor, spoiler, id: job } = row;
  return result.images.map(({ image: ref, width, height, seed, infotext }, pick) => ({
    ...{ parent, op, task, author, maskAuthor, spoiler, job, seed, infotext, pick },
    id: newId<NodeId>(random),
    image: { ref, width, height },
  }));
}

async function complete(flow: Flow, row: JobRow, painted: EditResult): Promise<void> {
  const result = await credited(flow, row, painted);
  const nodes = nodesOf(flow, row, result);
  const [first] = nodes;
  if (!first) throw new RangeError(`job ${row.id} ended without a picture`);
  const { seconds, stepsRun, remarks = [] } = result;
  const notes = [...row.notes, ...remarks.map(messagesIn(row.language).picture.remark)];
  const notice: Notice = { kind: 'result', language: row.language, seconds, stepsRun, notes };
  await flow.jobCards.release(row.id);
  await flow.storage.jobs.complete(row.id, nodes, outboxRow(flow, row, notice, first.id));
}

async function fail(flow: Flow, row: JobRow, refusal: RefusalData): Promise<void> {
  const ref = row.id.slice(0, 8);
  flow.log.warn({ job: row.id, code: refusal.code, details: refusal.details, ref }, 'an edit failed');
  const notice: Notice = { kind: 'error', language: row.language, refusal, ref };
  await flow.jobCards.release(row.id);
  await flow.storage.jobs.end(row.id, 'failed', refusal, outboxRow(flow, row, notice, null));
}

async function cancelled(flow: Flow, row: JobRow): Promise<void> {
  const spent = flow.jobCards.shareOf(row.id);
  await flow.jobCards.release(row.id);
  const notice: Notice = { kind: 'cancelled', language: row.language, by: row.author };
  await flow.storage.jobs.end(row.id, 'cancelled', null, outboxRow(flow, row, notice, null), spent);
}

/**
 * Writes how a job ended, with the message about it, in one transaction; the queue may forget it then. Doing so twice, or for a
 * job that somebody cancelled meanwhile, changes nothing.
 */
export async function finish(flow: Flow, row: JobRow, outcome: JobOutcome): Promise<void> {
  switch (outcome.kind) {
    case 'done':
      await complete(flow, row, outcome.result);
      break;
    case 'failed':
      await (outcome.error.code === 'cancelled' ? cancelled(flow, row) : fail(flow, row, outcome.error));
      break;
    case 'cancelled':
      await cancelled(flow, row);
      break;
    default:
      outcome satisfies never;
  }
  await flow.queue.forget(row.id);
  flow.outbox.wake();
}
