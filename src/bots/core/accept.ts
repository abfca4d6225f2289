import type { JobId, LineageId, LineageNode, NodeId } from '../../edit/lineage.ts';
import { newId } from '../../edit/lineage.ts';
import type { EditRequest } from '../../edit/request.ts';
import { costOf } from '../../edit/resolve.ts';
import { Refusal } from '../../errors.ts';
import type { Job } from '../../jobs/queue.ts';
import type { JobRow } from '../../storage/index.ts';
import { aloneIn } from './alone.ts';
import { plainCard } from './cards.ts';
import type { Desk } from './desk.ts';
import { placingOf } from './heads.ts';
import { type Admitted, admit } from './house/gate.ts';
import { holdForReview } from './house/review.ts';
import { stageLine } from './job-card.ts';
import { checkLimits } from './limits.ts';
import { messagesIn } from './messages/index.ts';
import type { Asker, Flow, Order } from './order.ts';
import { checkFree } from './parallel.ts';
import { DeliveryError } from './platform.ts';
import type { Source, Upload } from './source.ts';
import { stageIn } from './tracked-job.ts';

export type { Asker, Flow, Order } from './order.ts';

/** A job row as the queue knows it. */
export function jobOf(row: JobRow): Job {
  const { id, task, author, group, cost, acceptedAt } = row;
  return { id, task, author, group, cost, acceptedAt: acceptedAt.getTime() };
}

/** An upload as the first picture of a tree; replies to its message find it from now on. */
export async function plantUpload({ storage, random }: Desk, asker: Asker, upload: Upload): Promise<LineageNode> {
  const { speaker, where } = asker;
  const { image, infotext, spoiler, message } = upload;
  const ids = { id: newId<NodeId>(random), lineage: newId<LineageId>(random) };
  const node = await storage.lineage.plant({
    ...ids,
    ...{ image, infotext, spoiler, author: speaker.user, place: where.place },
  });
  if (where.thread) await storage.lineage.setThread(node.lineage, where.thread);
  if (aloneIn(asker.message)) await storage.lineage.setPolicy(node.lineage, 'owner'); // nobody comes across it by chance
  if (message !== null && !aloneIn(message)) {
    await storage.messages.link({ place: where.place, message, kind: 'panel', node: node.id, job: null, draft: null });
  }
  return node;
}

async function costNow(desk: Desk, request: EditRequest): Promise<number> {
  const { checkpoints } = await desk.queue.catalog();
  const entry = checkpoints.find((c) => c.name === request.params.checkpoint);
  return costOf(request, entry?.family ?? 'sd1');
}

/** Counts, plants and writes the row: from here on the edit is promised. */
async function letIn(
  flow: Flow,
  { order, limits, ...admitted }: Admitted,
): Promise<{ readonly job: JobRow; readonly isNew: boolean }> {
  const { storage, clock, random } = flow;
  const { asker, request, op, maskAuthor, pressed } = order;
  const { speaker, where } = asker;
  const cost = await costNow(flow, request);
  const group = where.kind === 'private' ? null : where.group;
  await checkLimits(flow, { author: speaker.user, group, cost }, limits, clock.now());
  const parent = order.parent.kind === 'node' ? order.parent.node : await plantUpload(flow, asker, order.parent.upload);
  const lineage = await storage.lineage.lineage(parent.lineage);
  if (!lineage || parent.removed) throw new Refusal('gone', {});
  const isHidden = aloneIn(asker.message) !== null && lineage.policy !== 'owner';
  const apart = order.apart === true || isHidden; // what others do not see does not take their picture's place
  return storage.jobs.accept({
    id: newId<JobId>(random),
    requestKey: asker.key,
    task: { kind: 'edit', request },
    author: speaker.user,
    place: where.place,
    group: where.group,
    cost,
    lineage: lineage.id,
    parent: parent.id,
    op,
    maskAuthor,
    ...placingOf(lineage, speaker, { parent, pressed, apart }),
    replyTo: asker.message,
    language: asker.language,
    notes: order.notes,
    spoiler: parent.spoiler || admitted.spoiler,
    acceptedAt: new Date(clock.now()),
  });
}

/** Nobody would ever see the result: the job is not worth running. */
async function giveUp({ storage, queue }: Desk, job: JobRow, cause: DeliveryError): Promise<never> {
  const refusal = new Refusal('missing-permissions', { permissions: ['Send Messages', 'Attach Files'] }, { cause });
  await storage.jobs.end(job.id, 'failed', { code: refusal.code, details: refusal.details }, null);
  await queue.cancel(job.id);
  throw refusal;
}

/** Tells whoever asked how far their edit is in the line, and where its card is. What they alone see needs no telling. */
async function sayWhere({ storage, queue, platformOf }: Flow, asker: Asker, job: JobRow): Promise<void> {
  const card = aloneIn(job.replyTo) ? null : (await storage.jobs.find(job.id))?.cardMessage;
  const link = card && platformOf(job.place)?.linkTo?.(job.place, card);
  if (!link || !asker.briefly) return;
  const messages = messagesIn(asker.privately ?? asker.language);
  const stage = stageIn(await queue.line(), job.id);
  const title = stage.kind === 'running' ? messages.job.begun : stageLine(messages, stage); // a bar that never moves says nothing
  await asker.briefly({ ...plainCard, title, lines: [link] });
}

/** Whether another picture may have been meant. */
function isUnsure(parent: Source): boolean {
  if (parent.kind === 'upload') return parent.others.length > 0 || parent.isGuess === true;
  return parent.how !== 'pointed at';
}

/**
 * Lets an edit in: limits, row, line, first card. A request that was let in before is not let in again.
 * @throws Refusal 'queue-full', 'quota', 'missing-permissions', 'gone', 'being-edited', 'under-review', and as `admit` does
 */
export async function accept(flow: Flow, order: Order): Promise<void> {
  await checkFree(flow, order);
  const admitted = await admit(flow, order);
  if (admitted.review.length > 0) await holdForReview(flow, admitted);
  await promise(flow, admitted);
}

/** Writes the row and begins; what the house says has been said. @throws Refusal 'queue-full', 'quota', 'missing-permissions', 'gone' */
export async function promise(flow: Flow, admitted: Admitted): Promise<void> {
  const { order } = admitted;
  const { job, isNew } = await flow.inTurn(() => letIn(flow, admitted));
  if (!isNew) return;
  await flow.storage.together.release(job.parent, job.author);
  await flow.queue.add(jobOf(job));
  const isRoom = order.asker.where.kind === 'room';
  try {
    await flow.jobCards.announce(job, { isRoom, mayChange: isUnsure(order.parent) });
    await sayWhere(flow, order.asker, job);
  } catch (error) {
    const isUnreachable = error instanceof DeliveryError && ['unreachable', 'no-way'].includes(error.reason);
    if (isUnreachable && !aloneIn(job.replyTo)) await giveUp(flow, job, error);
    flow.log.warn({ error, job: job.id, place: job.place }, 'the first card could not be posted'); // the result still can
  }
}
