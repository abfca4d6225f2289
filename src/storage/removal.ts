import { type BlobRef, toBlobRef } from '../edit/blob.ts';
import type { LineageNode, NodeId } from '../edit/lineage.ts';
import { removeBlobs } from './blobs.ts';
import { comparisonsWith, forgetComparisons } from './comparisons.ts';
import { type Database, type Db, inTransaction } from './db.ts';
import type { Prisma } from './generated/sqlite/client.ts';
import { inPages } from './references.ts';

/** The nearest picture above that is still there; one query, however many between are not. */
export async function livingAbove(db: Db, parent: string | null): Promise<string | undefined> {
  const [found] = await db.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE above(id, parent, removed) AS (
      SELECT "id", "parentId", "removedAt" IS NOT NULL FROM "Node" WHERE "id" = ${parent}
      UNION ALL
      SELECT n."id", n."parentId", n."removedAt" IS NOT NULL FROM above JOIN "Node" n ON n."id" = above.parent WHERE removed
    )
    SELECT id FROM above WHERE NOT removed`;
  return found?.id;
}

/**
 * Of each edit whose pictures are the nearest below that are still there the id of the first one, newest edit first. Where a child was
 * removed the whole tree is read, in a few columns: it may go on in any depth.
 */
export async function livingBelow(db: Db, id: NodeId, limit: number): Promise<readonly NodeId[]> {
  const select = { id: true, number: true, parentId: true, jobId: true, removedAt: true, lineageId: true } as const;
  const read = (where: Prisma.NodeWhereInput) => db.node.findMany({ where, select, orderBy: { number: 'asc' } });
  const direct = await read({ parentId: id });
  const removed = direct.find(({ removedAt }) => removedAt !== null);
  const within = new Set<string | null>([id]);
  const firsts = new Map<string, NodeId>();
  for (const node of removed ? await read({ lineageId: removed.lineageId }) : direct) {
    if (!within.has(node.parentId)) continue; // parents have lower numbers
    const edit = node.jobId ?? node.id;
    if (node.removedAt !== null) within.add(node.id);
    else if (!firsts.has(edit)) firsts.set(edit, node.id as NodeId);
  }
  return [...firsts.values()].reverse().slice(0, limit);
}

/**
 * Moves every HEAD of a tree that lost its picture: to the nearest picture above, else to the newest there is. Without any picture
 * left there are no branches left either.
 */
export async function leaveRemoved(tx: Db, lineageId: string): Promise<void> {
  const branches = await tx.branch.findMany({
    where: { lineageId, node: { removedAt: { not: null } } },
    include: { node: true },
  });
  for (const { name, node } of branches) {
    const newest = {
      where: { lineageId, removedAt: null },
      orderBy: { number: 'desc' },
      select: { id: true },
    } as const;
    const to = (await livingAbove(tx, node.parentId)) ?? (await tx.node.findFirst(newest))?.id;
    const where = { lineageId_name: { lineageId, name } };
    if (to) await tx.branch.update({ where, data: { nodeId: to } });
    else await tx.branch.delete({ where });
  }
}

/** Takes pictures that go out of what may be posted again. */
export async function forgetPosted(db: Db, refs: Iterable<BlobRef>): Promise<void> {
  for await (const some of inPages([...refs])) await db.postedFile.deleteMany({ where: { ref: { in: some } } });
}

/** Whether a living picture, or an edit that is not finished, still needs these bytes. */
async function isNeeded(db: Db, ref: BlobRef): Promise<boolean> {
  if ((await db.node.count({ where: { imageRef: ref, removedAt: null } })) > 0) return true;
  const open = await db.job.findMany({ where: { endedAt: null }, select: { task: true } });
  return open.some(({ task }) => JSON.stringify(task).includes(ref));
}

/** Forgets what made a picture. One at a time, for JSON columns cannot be emptied in bulk on both databases alike. */
export async function forgetParameters(db: Db, id: string): Promise<void> {
  await db.$executeRaw`UPDATE "Node" SET "task" = NULL, "infotext" = NULL, "seed" = NULL WHERE "id" = ${id}`;
}

/**
 * Deletes a picture: its bytes at once, what made it, and every pointer to it. Its children keep theirs; its number is not given to
 * another. False when it was gone already.
 */
export async function removeNode(
  db: Database,
  blobDirectory: string,
  { id, lineage, image }: Pick<LineageNode, 'id' | 'lineage' | 'image'>,
  now: Date,
): Promise<boolean> {
  const removed = await inTransaction(db, async (tx) => {
    const { count } = await tx.node.updateMany({ where: { id, removedAt: null }, data: { removedAt: now } });
    if (count === 0) return undefined;
    await forgetParameters(tx, id);
    await tx.undone.deleteMany({ where: { OR: [{ nodeId: id }, { parentId: id }] } });
    await tx.hold.deleteMany({ where: { nodeId: id } });
    await tx.outbox.updateMany({ where: { nodeId: id, state: 'waiting' }, data: { state: 'failed' } });
    await leaveRemoved(tx, lineage);
    const comparisons = await comparisonsWith(tx, new Set([id]));
    await forgetComparisons(tx, comparisons);
    return { comparisons };
  });
  if (!removed) return false;
  const ref = toBlobRef(image.ref);
  const own = (await isNeeded(db, ref)) ? [] : [ref];
  const gone = [...own, ...removed.comparisons.map((one) => one.image)];
  await forgetPosted(db, gone);
  await removeBlobs(blobDirectory, gone);
  return true;
}

/** Whether a picture is still there: no HEAD may go anywhere else. */
export async function isLiving(tx: Db, id: NodeId): Promise<boolean> {
  return (await tx.node.count({ where: { id, removedAt: null } })) === 1;
}
