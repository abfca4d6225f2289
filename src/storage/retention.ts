import type { Database, Db } from './db.ts';
import { inTransaction } from './db.ts';
import { byPage, PAGE } from './references.ts';
import { forgetParameters } from './removal.ts';

const DAY_MS = 86_400_000;

/** How long things are kept, days, where nobody chose otherwise. */
export const retentionDays = {
  /** Uploads, after they were last used. */
  inputs: 7,
  results: 30,
  /** Prompts, parameters and trees, after the pictures. */
  parameters: 90,
  audit: 90,
  /** Messages that were posted, and progress cards. */
  messages: 30,
} as const;

/** What a sweep of old things came to. */
export interface Retired {
  readonly pictures: number;
  readonly nodes: number;
}

const daysBefore = (now: Date, days: number) => new Date(now.getTime() - days * DAY_MS);

/** Days chosen by servers and people: `retention` in their settings. */
async function chosenDays(db: Db): Promise<(scope: string, owner: string) => number | undefined> {
  const rows = await db.setting.findMany({ where: { key: 'retention' } });
  const chosen = new Map(rows.map(({ scope, owner, value }) => [`${scope} ${owner}`, Number(value)]));
  return (scope, owner) => chosen.get(`${scope} ${owner}`);
}

/** Takes pictures out of nodes that have had theirs long enough; the blobs go with the next sweep. */
async function retirePictures(db: Db, now: Date): Promise<number> {
  const chosen = await chosenDays(db);
  const groups = new Map((await db.place.findMany()).map(({ id, group }) => [id, group]));
  const nodes = byPage((after) =>
    db.node.findMany({
      where: { id: { gt: after }, removedAt: null, createdAt: { lt: daysBefore(now, 1) } },
      orderBy: { id: 'asc' },
      take: PAGE,
      select: {
        ...{ id: true, op: true, author: true, place: true, createdAt: true },
        children: { select: { createdAt: true }, orderBy: { createdAt: 'desc' }, take: 1 },
      },
    }),
  );
  let retired = 0;
  for await (const { id, op, author, place, createdAt, children } of nodes) {
    const ofServer = chosen('server', groups.get(place) ?? '') ?? retentionDays.results;
    const most = op === 'source' ? Math.min(ofServer, retentionDays.inputs) : ofServer;
    const days = Math.min(most, chosen('user', author) ?? most);
    const used = op === 'source' ? (children[0]?.createdAt ?? createdAt) : createdAt;
    if (used >= daysBefore(now, days)) continue;
    retired += (await db.node.updateMany({ where: { id, removedAt: null }, data: { removedAt: now } })).count;
  }
  return retired;
}

/** Deletes a tree with everything that hangs on it. @returns its nodes */
export async function deleteLineage(db: Db, lineageId: string): Promise<number> {
  await db.undone.deleteMany({ where: { lineageId } });
  await db.collaborator.deleteMany({ where: { lineageId } });
  await db.hold.deleteMany({ where: { node: { lineageId } } });
  await db.vote.deleteMany({ where: { lineageId } });
  await db.branch.deleteMany({ where: { lineageId } });
  const ofTree = { OR: [{ node: { lineageId } }, { job: { lineageId } }] };
  await db.messageLink.deleteMany({ where: ofTree });
  await db.outbox.deleteMany({ where: ofTree });
  await db.node.updateMany({ where: { lineageId }, data: { jobId: null, parentId: null } });
  await db.job.deleteMany({ where: { lineageId } });
  const { count } = await db.node.deleteMany({ where: { lineageId } });
  await db.lineage.deleteMany({ where: { id: lineageId } });
  return count;
}

/** Deletes what was asked for, its messages with it; pictures that came of it stay. */
export async function deleteJobs(db: Db, ids: readonly string[]): Promise<void> {
  const ofJobs = { where: { jobId: { in: [...ids] } } };
  await db.messageLink.deleteMany(ofJobs);
  await db.outbox.deleteMany(ofJobs);
  await db.node.updateMany({ ...ofJobs, data: { jobId: null } });
  await db.job.deleteMany({ where: { id: { in: [...ids] } } });
}

/** What made pictures that have been gone for long, and edits of long ago that left none: trees go on without them. */
async function retireParameters(db: Database, now: Date): Promise<void> {
  const before = daysBefore(now, retentionDays.parameters);
  const said = { OR: [{ seed: { not: null } }, { infotext: { not: null } }] };
  const nodes = byPage((after) => {
    const where = { id: { gt: after }, removedAt: { lt: before }, ...said };
    return db.node.findMany({ where, orderBy: { id: 'asc' }, take: PAGE, select: { id: true } });
  });
  for await (const { id } of nodes) await forgetParameters(db, id);
  const kept = { OR: [{ removedAt: null }, { removedAt: { gte: before } }] };
  const jobs = byPage((after) => {
    const where = { id: { gt: after }, endedAt: { lt: before }, nodes: { none: kept } };
    return db.job.findMany({ where, orderBy: { id: 'asc' }, take: PAGE, select: { id: true } });
  });
  for await (const { id } of jobs) await inTransaction(db, (tx) => deleteJobs(tx, [id]));
}

/** Trees all of whose pictures have been gone for long. */
async function retireLineages(db: Database, now: Date): Promise<number> {
  const before = daysBefore(now, retentionDays.parameters);
  const lineages = byPage((after) => {
    const kept = { OR: [{ removedAt: null }, { removedAt: { gte: before } }] };
    const where = { id: { gt: after }, createdAt: { lt: before }, nodes: { none: kept } };
    return db.lineage.findMany({ where, orderBy: { id: 'asc' }, take: PAGE, select: { id: true } });
  });
  let nodes = 0;
  for await (const { id } of lineages) nodes += await inTransaction(db, (tx) => deleteLineage(tx, id));
  return nodes;
}

/**
 * Lets go of what has been kept long enough: pictures by the days of their server and author, parameters and trees later, what
 * administrators did, and where messages stood.
 */
export async function retire(db: Database, now: Date): Promise<Retired> {
  const pictures = await retirePictures(db, now);
  await retireParameters(db, now);
  const nodes = await retireLineages(db, now);
  await db.vote.deleteMany({ where: { closesAt: { lt: daysBefore(now, retentionDays.parameters) } } });
  await db.audit.deleteMany({ where: { at: { lt: daysBefore(now, retentionDays.audit) } } });
  const old = { state: { in: ['sent', 'told', 'failed'] }, dueAt: { lt: daysBefore(now, retentionDays.messages) } };
  await db.outbox.deleteMany({ where: old });
  return { pictures, nodes };
}
