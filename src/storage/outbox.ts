import { z } from 'zod';
import type { JobId, NodeId, PlaceId } from '../edit/lineage.ts';
import type { UserId } from '../edit/request.ts';
import { type Clock, type Database, type Db, inTransaction, isDuplicate, toJson } from './db.ts';
import type { Outbox } from './generated/sqlite/client.ts';
import { linkMessage, type MessageLink } from './messages.ts';

const stateSchema = z.enum(['waiting', 'sending', 'sent', 'failed', 'kept', 'told']);

/** Places a query can leave out; SQLite takes 999 values. Rows of further ones are read and left out then. */
const EXCEPTED = 500;

/** A message that must be posted exactly once. */
export interface OutboxRow {
  /** At most 25 characters: Discord's nonce. */
  readonly id: string;
  /** What it is about, unique: `result:<job>`, `error:<job>` … A second row of the same key is not written. */
  readonly key: string;
  readonly place: PlaceId;
  /** The card as the chat core made it; JSON, its pictures as blob references. */
  readonly card: unknown;
  readonly job: JobId | null;
  readonly node: NodeId | null;
  readonly replyTo: string | null;
  readonly state: z.infer<typeof stateSchema>;
  /** How often it was claimed. */
  readonly attempts: number;
  readonly dueAt: Date;
  readonly sendingSince: Date | null;
  /** The platform's message id, once sent. */
  readonly message: string | null;
}
export type NewOutboxRow = Pick<OutboxRow, 'id' | 'key' | 'place' | 'card' | 'job' | 'node' | 'replyTo'> & {
  /** Not before then; at once when not said. */
  readonly dueAt?: Date;
};

/** What one of its messages is about. */
export type NewLink = Omit<MessageLink, 'place'>;

/** Whose rows a process looks for. */
export interface OutboxView {
  /** What the names of its places begin with, `t:`; the others' rows are left to other processes. */
  readonly prefixes: readonly string[];
  /** Places that are to be left alone now. */
  readonly except: readonly string[];
}

export interface OutboxStore {
  /** Writes the row unless its key exists. */
  put(row: NewOutboxRow): Promise<void>;
  /** Waiting rows that are due, and rows left `sending` by a process that died, oldest first; those of every place, when not said. */
  due(now: Date, stuckBefore: Date, limit: number, view?: OutboxView): Promise<readonly OutboxRow[]>;
  /** waiting → sending (or sending since long → sending anew); false when somebody else took it. */
  claim(row: OutboxRow, now: Date): Promise<boolean>;
  /**
   * One transaction: row → sent, its messages linked in the place it is of by now, its job → `done`. A progress card it took the place
   * of is one no more.
   */
  sent(id: string, message: string, links: readonly NewLink[]): Promise<void>;
  /** sending → waiting until `dueAt`. No effect on a row that is not `sending`. */
  retryAt(id: string, dueAt: Date): Promise<void>;
  /** The newest message that answers one of a place and is about no job. */
  answerTo(place: PlaceId, message: string): Promise<OutboxRow | undefined>;
  /** Where the message of that key stands, once it is posted. */
  messageOf(key: string): Promise<string | undefined>;
  /** Given up; its job is done all the same, its node is still in the history. */
  failed(id: string): Promise<void>;
  /** No way led to its reader: kept for whoever asked for the edit, unread; its job is done all the same. */
  keep(id: string): Promise<void>;
  /** What is kept for somebody, oldest first. */
  keptFor(person: UserId): Promise<readonly OutboxRow[]>;
  /** Of these pictures those whose result is kept and was told to nobody yet. */
  unread(nodes: readonly NodeId[]): Promise<ReadonlySet<NodeId>>;
  /** kept → told; false when somebody else has told them. */
  told(id: string): Promise<boolean>;
}

function toOutboxRow(row: Outbox): OutboxRow {
  return {
    id: row.id,
    key: row.key,
    place: row.place as PlaceId,
    card: row.card,
    job: row.jobId as JobId | null,
    node: row.nodeId as NodeId | null,
    replyTo: row.replyTo,
    state: stateSchema.parse(row.state),
    attempts: row.attempts,
    dueAt: row.dueAt,
    sendingSince: row.sendingSince,
    message: row.message,
  };
}

/** Writes the row unless its key exists; for use inside the transaction of what the message is about. */
export async function putOutbox(db: Db, row: NewOutboxRow, now: Date): Promise<void> {
  const { id, key, place, card, job, node, replyTo, dueAt = now } = row;
  if (await db.outbox.findUnique({ where: { key }, select: { id: true } })) return;
  const about = { id, key, place, card: toJson(card), jobId: job, nodeId: node, replyTo };
  await db.outbox.create({ data: { ...about, state: 'waiting', attempts: 0, dueAt } });
}

async function put(db: Db, row: NewOutboxRow, now: Date): Promise<void> {
  try {
    await putOutbox(db, row, now);
  } catch (error) {
    const isWritten = isDuplicate(error) && (await db.outbox.findUnique({ where: { key: row.key } }));
    if (!isWritten) throw error;
  }
}

async function due(
  db: Db,
  now: Date,
  stuckBefore: Date,
  limit: number,
  view: OutboxView = { prefixes: [''], except: [] },
): Promise<readonly OutboxRow[]> {
  const waiting = { state: 'waiting', dueAt: { lte: now } };
  const stuck = { state: 'sending', sendingSince: { lt: stuckBefore } };
  const where = {
    AND: [{ OR: [waiting, stuck] }, { OR: view.prefixes.map((startsWith) => ({ place: { startsWith } })) }],
    place: { notIn: view.except.slice(0, EXCEPTED) },
  };
  const except = new Set(view.except.slice(EXCEPTED));
  const found: OutboxRow[] = [];
  for (let after = 0; ; ) {
    const rows = await db.outbox.findMany({
      where: { ...where, seq: { gt: after } },
      orderBy: { seq: 'asc' },
      take: limit,
    });
    found.push(...rows.map(toOutboxRow).filter(({ place }) => !except.has(place)));
    const last = rows.at(-1);
    if (!last || rows.length < limit || found.length >= limit) return found.slice(0, limit);
    after = last.seq;
  }
}

/** Every claim counts up `attempts`, so that of two who saw the same row only one finds it unchanged. */
async function claim(db: Db, { id, state, attempts }: OutboxRow, now: Date): Promise<boolean> {
  if (state !== 'waiting' && state !== 'sending') return false;
  const { count } = await db.outbox.updateMany({
    where: { id, state, attempts },
    data: { state: 'sending', attempts: attempts + 1, sendingSince: now },
  });
  return count === 1;
}

function sent(db: Database, id: string, message: string, links: readonly NewLink[], now: Date): Promise<void> {
  return inTransaction(db, async (tx) => {
    const data = { state: 'sent', message, sendingSince: null };
    const select = { jobId: true, place: true } as const;
    const { jobId, place } = await tx.outbox.update({ where: { id }, data, select });
    for (const link of links) await linkMessage(tx, { ...link, place: place as PlaceId });
    if (jobId === null) return;
    await tx.job.updateMany({ where: { id: jobId, cardMessage: message }, data: { cardMessage: null } });
    await tx.job.updateMany({ where: { id: jobId, state: 'delivering' }, data: { state: 'done', endedAt: now } });
  });
}

async function retryAt(db: Db, id: string, dueAt: Date): Promise<void> {
  const data = { state: 'waiting', dueAt, sendingSince: null };
  await db.outbox.updateMany({ where: { id, state: 'sending' }, data });
}

/** Nothing more will be posted: what the message was about has come to its end. */
function close(db: Database, id: string, state: 'failed' | 'kept', now: Date): Promise<void> {
  return inTransaction(db, async (tx) => {
    const where = { id, state: 'sending' };
    const { count } = await tx.outbox.updateMany({ where, data: { state, sendingSince: null } });
    const row = count === 1 ? await tx.outbox.findUnique({ where: { id }, select: { jobId: true } }) : null;
    if (!row?.jobId) return;
    await tx.job.updateMany({ where: { id: row.jobId, state: 'delivering' }, data: { state: 'done', endedAt: now } });
  });
}

async function keptFor(db: Db, author: UserId): Promise<readonly OutboxRow[]> {
  const rows = await db.outbox.findMany({ where: { state: 'kept', job: { author } }, orderBy: { seq: 'asc' } });
  return rows.map(toOutboxRow);
}

async function unread(db: Db, nodes: readonly NodeId[]): Promise<ReadonlySet<NodeId>> {
  const where = { state: 'kept', nodeId: { in: [...nodes] } };
  const rows = await db.outbox.findMany({ where, select: { nodeId: true } });
  return new Set(rows.map(({ nodeId }) => nodeId as NodeId));
}

async function told(db: Db, id: string): Promise<boolean> {
  const { count } = await db.outbox.updateMany({ where: { id, state: 'kept' }, data: { state: 'told' } });
  return count === 1;
}

export function outboxStore(db: Database, now: Clock): OutboxStore {
  return {
    put: (row) => put(db, row, now()),
    due: (at, stuckBefore, limit, view) => due(db, at, stuckBefore, limit, view),
    claim: (row, at) => claim(db, row, at),
    sent: (id, message, links) => sent(db, id, message, links, now()),
    retryAt: (id, dueAt) => retryAt(db, id, dueAt),
    answerTo: async (place, replyTo) => {
      const row = await db.outbox.findFirst({ where: { place, replyTo, jobId: null }, orderBy: { seq: 'desc' } });
      return row ? toOutboxRow(row) : undefined;
    },
    messageOf: async (key) => (await db.outbox.findUnique({ where: { key } }))?.message ?? undefined,
    failed: (id) => close(db, id, 'failed', now()),
    keep: (id) => close(db, id, 'kept', now()),
    keptFor: (person) => keptFor(db, person),
    unread: (nodes) => unread(db, nodes),
    told: (id) => told(db, id),
  };
}
