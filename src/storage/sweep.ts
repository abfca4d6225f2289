import { setImmediate } from 'node:timers/promises';
import { type BlobRef, blobRefSchema } from '../edit/blob.ts';
import { sweepBlobs } from './blobs.ts';
import type { Db } from './db.ts';

/** Rows read at a time: some ten milliseconds of this thread. */
const PAGE = 100;

/** Every blob reference anywhere in a JSON value. */
function* refsIn(json: unknown): Generator<BlobRef> {
  if (typeof json === 'string') {
    const ref = blobRefSchema.safeParse(json);
    if (ref.success) yield ref.data;
  } else if (typeof json === 'object' && json !== null) {
    for (const value of Object.values(json)) yield* refsIn(value);
  }
}

/** Rows by their id, page after page, the event loop free in between (SQLite answers without ever leaving this thread). */
async function* byPage<Row extends { id: string }>(read: (after: string) => Promise<readonly Row[]>) {
  for (let after = ''; ; ) {
    const rows = await read(after);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
    await setImmediate();
  }
}

async function referencedBlobs(db: Db): Promise<Set<BlobRef>> {
  const found = new Set<BlobRef>();
  const gather = async (rows: AsyncIterable<Record<string, unknown>>) => {
    for await (const row of rows) for (const ref of refsIn(row)) found.add(ref);
  };
  const page = (after: string) => ({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take: PAGE }) as const;
  await gather(
    byPage((after) => db.node.findMany({ ...page(after), select: { id: true, imageRef: true, task: true } })),
  );
  await gather(byPage((after) => db.job.findMany({ ...page(after), select: { id: true, task: true } })));
  await gather(byPage((after) => db.draft.findMany({ ...page(after), select: { id: true, content: true } })));
  await gather(
    byPage((after) => {
      const unsent = { ...page(after), select: { id: true, card: true } };
      return db.outbox.findMany({ ...unsent, where: { ...unsent.where, state: { in: ['waiting', 'sending'] } } });
    }),
  );
  return found;
}

/** Sizes of pictures that went into no tree and no job. */
async function sweepImages(db: Db, referenced: ReadonlySet<BlobRef>, before: Date): Promise<void> {
  const images = byPage(async (after) => {
    const where = { ref: { gt: after }, nodes: { none: {} }, createdAt: { lt: before } };
    const rows = await db.image.findMany({ where, orderBy: { ref: 'asc' }, take: PAGE, select: { ref: true } });
    return rows.map(({ ref }) => ({ id: ref }));
  });
  for await (const { id } of images) {
    const isUsed = referenced.has(blobRefSchema.parse(id));
    if (!isUsed) await db.image.deleteMany({ where: { ref: id, nodes: { none: {} } } });
  }
}

/** Drafts that expired before `now`, then pictures and blobs that nothing refers to. @returns how many blobs were deleted */
export async function sweep(db: Db, blobDirectory: string, before: Date, now: Date): Promise<number> {
  await db.draft.deleteMany({ where: { expiresAt: { lte: now } } });
  const referenced = await referencedBlobs(db);
  await sweepImages(db, referenced, before);
  return sweepBlobs(blobDirectory, referenced, before);
}
