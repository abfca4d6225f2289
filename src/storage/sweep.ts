import { type BlobRef, blobRefSchema } from '../edit/blob.ts';
import { sweepBlobs } from './blobs.ts';
import type { Db } from './db.ts';
import { byPage, PAGE, referencedBlobs } from './references.ts';

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

/** Names of files that are no longer ours to post. */
async function sweepPostedFiles(db: Db, referenced: ReadonlySet<BlobRef>): Promise<void> {
  const files = byPage(async (after) => {
    const rows = await db.postedFile.findMany({ where: { ref: { gt: after } }, orderBy: { ref: 'asc' }, take: PAGE });
    return rows.map(({ ref }) => ({ id: ref }));
  });
  for await (const { id } of files)
    if (!referenced.has(blobRefSchema.parse(id))) await db.postedFile.deleteMany({ where: { ref: id } });
}

/** Drafts that expired before `now`, then pictures and blobs that nothing refers to. @returns how many blobs were deleted */
export async function sweep(db: Db, blobDirectory: string, before: Date, now: Date): Promise<number> {
  await db.draft.deleteMany({ where: { expiresAt: { lte: now } } });
  const referenced = await referencedBlobs(db, now);
  await sweepImages(db, referenced, before);
  await sweepPostedFiles(db, referenced);
  return sweepBlobs(blobDirectory, referenced, before);
}
