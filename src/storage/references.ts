import { setImmediate } from 'node:timers/promises';
import { type BlobRef, blobRefSchema } from '../edit/blob.ts';
import type { Db } from './db.ts';

/** Rows read at a time: some ten milliseconds of this thread. */
export const PAGE = 100;

/** How long a job that has ended can be repeated, ms: what it was made from is kept as long. */
const REPEATABLE_MS = 7 * 86_400_000;

/** Every blob reference anywhere in a JSON value. */
export function* refsIn(json: unknown): Generator<BlobRef> {
  if (typeof json === 'string') {
    const ref = blobRefSchema.safeParse(json);
    if (ref.success) yield ref.data;
  } else if (typeof json === 'object' && json !== null) {
    for (const value of Object.values(json)) yield* refsIn(value);
  }
}

/** Rows by their id, page after page, the event loop free in between (SQLite answers without ever leaving this thread). */
export async function* byPage<Row extends { id: string }>(read: (after: string) => Promise<readonly Row[]>) {
  for (let after = ''; ; ) {
    const rows = await read(after);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
    await setImmediate();
  }
}

/** A long list in parts, the event loop free in between. */
export async function* inPages<T>(all: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < all.length; at += PAGE) {
    yield all.slice(at, at + PAGE);
    await setImmediate();
  }
}

/** A task without the picture it starts from: that one is kept by the node it belongs to, or no longer. */
function withoutInit(task: unknown): unknown {
  if (typeof task !== 'object' || task === null || !('request' in task)) return task;
  const { request } = task as { request: Record<string, unknown> };
  return { ...request, init: null };
}

/**
 * What must not be deleted: pictures of nodes that have not lost theirs, with the masks and strokes that made them; whatever unfinished
 * jobs need, and lately ended ones; drafts; messages.
 */
export async function referencedBlobs(db: Db, now: Date): Promise<Set<BlobRef>> {
  const found = new Set<BlobRef>();
  const gather = async (rows: AsyncIterable<Record<string, unknown>>) => {
    for await (const row of rows) for (const ref of refsIn(row)) found.add(ref);
  };
  const page = (after: string) => ({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take: PAGE }) as const;
  await gather(
    byPage(async (after) => {
      const kept = { ...page(after), select: { id: true, imageRef: true, task: true } };
      const rows = await db.node.findMany({ ...kept, where: { ...kept.where, removedAt: null } });
      return rows.map(({ task, ...row }) => ({ ...row, task: withoutInit(task) }));
    }),
  );
  await gather(
    byPage((after) => {
      const recent = { OR: [{ endedAt: null }, { endedAt: { gt: new Date(now.getTime() - REPEATABLE_MS) } }] };
      const needed = { ...page(after), select: { id: true, task: true } };
      return db.job.findMany({ ...needed, where: { ...needed.where, ...recent } });
    }),
  );
  await gather(byPage((after) => db.draft.findMany({ ...page(after), select: { id: true, content: true } })));
  await gather(
    byPage((after) => {
      const standing = { ...page(after), select: { id: true, card: true } };
      const state = { in: ['waiting', 'sending', 'kept', 'sent'] }; // posted comparisons are shown as long as they are known
      return db.outbox.findMany({ ...standing, where: { ...standing.where, state } });
    }),
  );
  return found;
}
