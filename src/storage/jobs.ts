import { z } from 'zod';
import {
  finalStates,
  isReroll,
  type JobId,
  type JobState,
  jobStates,
  type LineageId,
  type LineageNode,
  type NodeId,
  type Operation,
  operations,
  type PlaceId,
} from '../edit/lineage.ts';
import { type Task, taskSchema, type UserId } from '../edit/request.ts';
import type { RefusalData } from '../errors.ts';
import { type Clock, type Database, type Db, inTransaction, isDuplicate, toJson } from './db.ts';
import type { Job, Prisma } from './generated/sqlite/client.ts';
import { growLineage, type NewNode, setHead } from './lineage.ts';
import { type NewOutboxRow, putOutbox } from './outbox.ts';
import { type Language, languageSchema } from './people.ts';

/** A job as the database knows it: the truth about every accepted edit. */
export interface JobRow {
  readonly id: JobId;
  /** The platform's id of the message, interaction or update that asked; unique, so that a repeated delivery is no second job. */
  readonly requestKey: string;
  readonly state: JobState;
  readonly task: Task;
  readonly author: UserId;
  readonly place: PlaceId;
  readonly group: string;
  readonly cost: number;
  readonly lineage: LineageId;
  readonly parent: NodeId;
  readonly op: Operation;
  readonly maskAuthor: UserId | null;
  /** Branch whose HEAD moves to the result; begins with it when there is none of that name. */
  readonly branch: string;
  /** HEAD of that branch which the result is to take the place of; null when the branch is to stay where it is. */
  readonly expected: NodeId | null;
  /** The platform's message that shows the queue position and progress, once sent. */
  readonly cardMessage: string | null;
  /** The platform's message to reply to. */
  readonly replyTo: string | null;
  /** Language of the cards. */
  readonly language: Language;
  /** What its cards say besides: lowered values, where the picture came from. */
  readonly notes: readonly string[];
  /** Its pictures are hidden until touched. */
  readonly spoiler: boolean;
  /** Why it failed; of others, why they had to be begun again: `cancelled` by a stop, `worker-lost` in a crash. */
  readonly error: RefusalData | null;
  readonly acceptedAt: Date;
  readonly endedAt: Date | null;
}
export type NewJob = Omit<JobRow, 'state' | 'error' | 'endedAt' | 'cardMessage'>;

export interface JobStore {
  /** Writes the row in state `queued`, or returns the row the same `requestKey` already made. */
  accept(job: NewJob): Promise<{ readonly job: JobRow; readonly isNew: boolean }>;
  find(id: JobId): Promise<JobRow | undefined>;
  /** Everything that is not final, `delivering` included, oldest first: what a starting process takes up again. */
  unfinished(): Promise<readonly JobRow[]>;
  /** How many are queued, and how many are with a worker (preparing, running, encoding), for limits. */
  count(of: { author: UserId } | { group: string } | 'all'): Promise<{ queued: number; running: number }>;
  /** Credits of jobs this person had accepted since then, less what was given back. */
  creditsSince(author: UserId, since: Date): Promise<number>;
  /** Forward only; false (and no change) when the job is already as far or final. */
  advance(id: JobId, to: JobState): Promise<boolean>;
  /** Back to `queued` from any open state: whoever was at it is gone. The reason stands until a graver one comes. */
  requeue(id: JobId, why: 'cancelled' | 'worker-lost'): Promise<void>;
  /** Null: it has been taken away. */
  setCard(id: JobId, message: string | null): Promise<void>;
  /** Jobs that ended since then whose card nobody has taken away. */
  leftCards(since: Date): Promise<readonly JobRow[]>;
  /** The person's newest job in a place that has no result yet: what they can still cancel. */
  newestUnfinished(place: PlaceId, author: UserId): Promise<JobRow | undefined>;
  /** Whether something a person said in a place became a job that has a result, or may still have one. */
  hasAnswered(place: PlaceId, author: UserId, message: string): Promise<boolean>;
  /**
   * One transaction: state → `delivering`, nodes numbered and written, HEAD of the job's branch moved to the first one if it still is
   * the parent, or the sibling a re-roll takes the place of (else left alone; a new branch begins with it), outbox row written.
   * Undefined, and nothing written, when the job had already ended.
   */
  complete(id: JobId, nodes: readonly NewNode[], outbox: NewOutboxRow): Promise<readonly LineageNode[] | undefined>;
  /** The jobs of a server that have no result yet, oldest first. */
  unfinishedOf(group: string): Promise<readonly JobRow[]>;
  /**
   * One transaction: state → `failed` or `cancelled`, outbox row written if given. False when the job had already ended, or has
   * a result.
   * @param spent  share of the cost that is charged all the same, 0…1; nothing when not said
   */
  end(
    id: JobId,
    state: 'failed' | 'cancelled',
    error: RefusalData | null,
    outbox: NewOutboxRow | null,
    spent?: number,
  ): Promise<boolean>;
}

/** States in which there is no result yet. */
const open = ['queued', 'preparing', 'running', 'encoding'] as const satisfies readonly JobState[];
const isFinal = (state: JobState) => finalStates.some((final) => final === state);

const stateSchema = z.enum(jobStates);
const notesSchema = z.array(z.string());
const operationSchema = z.enum(operations);
const errorSchema = z
  .strictObject({ code: z.string(), details: z.record(z.string(), z.unknown()) })
  .nullable() as unknown as z.ZodType<RefusalData | null>;

function toJob(row: Job): JobRow {
  const { requestKey, group, cost, branch, cardMessage, replyTo, spoiler, acceptedAt, endedAt } = row;
  const { lineageId, parentId } = row;
  return {
    ...{ requestKey, group, cost, branch, cardMessage, replyTo, spoiler, acceptedAt, endedAt },
    id: row.id as JobId,
    state: stateSchema.parse(row.state),
    task: taskSchema.parse(row.task),
    author: row.author as UserId,
    place: row.place as PlaceId,
    lineage: lineageId as LineageId,
    parent: parentId as NodeId,
    expected: row.expected as NodeId | null,
    op: operationSchema.parse(row.op),
    maskAuthor: row.maskAuthor as UserId | null,
    language: languageSchema.parse(row.language),
    notes: notesSchema.parse(row.notes ?? []),
    error: errorSchema.parse(row.error),
  };
}

async function accept(db: Db, job: NewJob): Promise<{ job: JobRow; isNew: boolean }> {
  const { lineage, parent, task, notes, ...same } = job;
  const written = { ...same, task: toJson(task), notes: toJson(notes) };
  const data = { ...written, lineageId: lineage, parentId: parent, state: 'queued' };
  try {
    return { job: toJob(await db.job.create({ data })), isNew: true };
  } catch (error) {
    const { requestKey } = job;
    const earlier = isDuplicate(error) && (await db.job.findUnique({ where: { requestKey } }));
    if (!earlier) throw error;
    return { job: toJob(earlier), isNew: false };
  }
}

async function find(db: Db, id: JobId): Promise<JobRow | undefined> {
  const row = await db.job.findUnique({ where: { id } });
  return row ? toJob(row) : undefined;
}

async function unfinished(db: Db): Promise<readonly JobRow[]> {
  const rows = await db.job.findMany({
    where: { state: { in: [...open, 'delivering'] } },
    orderBy: [{ acceptedAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(toJob);
}

async function count(db: Db, of: { author: UserId } | { group: string } | 'all') {
  const where = { state: { in: [...open] }, ...(of === 'all' ? {} : of) };
  const groups = await db.job.groupBy({ by: ['state'], where, _count: { id: true } });
  const queued = groups.find((g) => g.state === 'queued')?._count.id ?? 0;
  return { queued, running: groups.reduce((sum, g) => sum + g._count.id, 0) - queued };
}

async function creditsSince(db: Db, author: UserId, since: Date): Promise<number> {
  const where = { author, acceptedAt: { gte: since }, spent: { gt: 0 } };
  const rows = await db.job.findMany({ where, select: { cost: true, spent: true } });
  return rows.reduce((sum, { cost, spent }) => sum + cost * spent, 0);
}

async function leftCards(db: Db, since: Date): Promise<readonly JobRow[]> {
  const where = { state: { in: [...finalStates] }, endedAt: { gte: since }, cardMessage: { not: null } };
  return (await db.job.findMany({ where, orderBy: { id: 'asc' } })).map(toJob);
}

async function unfinishedOf(db: Db, group: string): Promise<readonly JobRow[]> {
  const where = { group, state: { in: [...open] } };
  const rows = await db.job.findMany({ where, orderBy: [{ acceptedAt: 'asc' }, { id: 'asc' }] });
  return rows.map(toJob);
}

async function advance(db: Db, id: JobId, to: JobState, now: Date): Promise<boolean> {
  const before = isFinal(to) ? [...open, 'delivering'] : jobStates.slice(0, jobStates.indexOf(to));
  const data = { state: to, ...(isFinal(to) && { endedAt: now }) };
  const { count } = await db.job.updateMany({ where: { id, state: { in: before } }, data });
  return count === 1;
}

async function requeue(db: Db, id: JobId, code: 'cancelled' | 'worker-lost'): Promise<void> {
  const where = { id, state: { in: [...open] } };
  const { error } = (await find(db, id)) ?? {};
  const graver = error?.code === 'worker-lost' ? {} : { error: toJson({ code, details: {} }) };
  await db.job.updateMany({ where, data: { state: 'queued', ...graver } });
}

async function newestUnfinished(db: Db, place: PlaceId, author: UserId): Promise<JobRow | undefined> {
  const where = { place, author, state: { in: [...open] } };
  const row = await db.job.findFirst({ where, orderBy: [{ acceptedAt: 'desc' }, { id: 'desc' }] });
  return row ? toJob(row) : undefined;
}

/** Takes the job out of its open states, which of several that try only one can do. */
async function leaveOpen(tx: Db, id: JobId, data: Prisma.JobUpdateManyMutationInput): Promise<boolean> {
  const { count } = await tx.job.updateMany({ where: { id, state: { in: [...open] } }, data });
  return count === 1;
}

/** Whether a branch that is at `head` is to follow to a result: nobody has moved it meanwhile. */
function isToFollow(job: Job, head: { readonly id: string; readonly parentId: string | null }): boolean {
  const isSibling = isReroll(operationSchema.parse(job.op)) && head.parentId === job.parentId;
  return head.id === job.parentId || head.id === job.expected || isSibling;
}

/** HEAD follows the result; a branch that is not there begins with it. */
async function followHead(tx: Db, job: Job, to: NodeId): Promise<void> {
  const { lineageId, branch, author } = job;
  const where = (name: string) => ({ lineageId_name: { lineageId, name } });
  const there = await tx.branch.findUnique({ where: where(branch), include: { node: true } });
  if (there) {
    if (isToFollow(job, there.node)) await setHead(tx, lineageId as LineageId, branch, there.node.id as NodeId, to);
    return;
  }
  const missing = (await tx.branch.findUnique({ where: where('main') })) ? [branch] : [...new Set(['main', branch])];
  for (const name of missing)
    await tx.branch.create({ data: { lineageId, name, nodeId: to, by: name === 'main' ? null : author } });
}

function complete(db: Database, id: JobId, nodes: readonly NewNode[], outbox: NewOutboxRow, now: Date) {
  const [first] = nodes;
  if (!first) throw new RangeError(`job ${id} completed without a picture`);
  return inTransaction(db, async (tx) => {
    if (!(await leaveOpen(tx, id, { state: 'delivering' }))) return undefined;
    const job = await tx.job.findUniqueOrThrow({ where: { id } });
    const lineage = job.lineageId as LineageId;
    const grown = await growLineage(tx, lineage, nodes, now);
    await followHead(tx, job, first.id);
    await putOutbox(tx, outbox, now);
    return grown;
  });
}

function end(
  db: Database,
  id: JobId,
  how: { state: 'failed' | 'cancelled'; error: RefusalData | null; spent: number },
  outbox: NewOutboxRow | null,
  now: Date,
): Promise<boolean> {
  const { state, spent } = how;
  const data = { state, spent, endedAt: now, ...(how.error && { error: toJson(how.error) }) };
  return inTransaction(db, async (tx) => {
    if (!(await leaveOpen(tx, id, data))) return false;
    if (outbox) await putOutbox(tx, outbox, now);
    return true;
  });
}

export function jobStore(db: Database, now: Clock): JobStore {
  return {
    accept: (job) => accept(db, job),
    find: (id) => find(db, id),
    unfinished: () => unfinished(db),
    count: (of) => count(db, of),
    creditsSince: (author, since) => creditsSince(db, author, since),
    advance: (id, to) => advance(db, id, to, now()),
    requeue: (id, why) => requeue(db, id, why),
    setCard: async (id, cardMessage) => void (await db.job.updateMany({ where: { id }, data: { cardMessage } })),
    leftCards: (since) => leftCards(db, since),
    newestUnfinished: (place, author) => newestUnfinished(db, place, author),
    hasAnswered: async (place, author, replyTo) => {
      const where = { place, author, replyTo, state: { notIn: ['cancelled', 'failed'] } };
      return (await db.job.findFirst({ where, select: { id: true } })) !== null;
    },
    complete: (id, nodes, outbox) => complete(db, id, nodes, outbox, now()),
    unfinishedOf: (group) => unfinishedOf(db, group),
    end: (id, state, error, outbox, spent = 0) => end(db, id, { state, error, spent }, outbox, now()),
  };
}
