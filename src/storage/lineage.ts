import { z } from 'zod';
import { toBlobRef } from '../edit/blob.ts';
import {
  type Collaborator,
  type JobId,
  type Lineage,
  type LineageId,
  type LineageNode,
  type NodeId,
  type OutlineNode,
  operations,
  type PlaceId,
  type Policy,
  type StoredImage,
} from '../edit/lineage.ts';
import { taskSchema, type UserId } from '../edit/request.ts';
import { Refusal } from '../errors.ts';
import { type Clock, type Database, type Db, inTransaction, isDuplicate, toJson, toText } from './db.ts';
import type { Prisma } from './generated/sqlite/client.ts';
import { rememberImages } from './images.ts';
import { policyIn, policySchema } from './people.ts';
import { isLiving, livingAbove, livingBelow, removeNode } from './removal.ts';

/** A finished picture on its way into the tree. */
export type NewNode = Omit<LineageNode, 'number' | 'createdAt' | 'lineage' | 'removed'>;

/** An upload on its way to becoming a tree. */
export interface Root {
  readonly id: NodeId;
  readonly lineage: LineageId;
  readonly image: StoredImage;
  readonly author: UserId;
  readonly place: PlaceId;
  readonly infotext: string | null;
  /** Whoever sent it hid it. */
  readonly spoiler?: boolean;
}

export interface LineageStore {
  /** A new tree of one picture, under the policy of its place. HEAD of `main` is that picture. */
  plant(root: Root): Promise<LineageNode>;
  lineage(id: LineageId): Promise<Lineage | undefined>;
  node(id: NodeId): Promise<LineageNode | undefined>;
  /** Those that are still there, newest first, at most `limit`. */
  children(id: NodeId, limit: number): Promise<readonly LineageNode[]>;
  /** The pictures an edit made that are still there, by their places in the batch. */
  batch(job: JobId): Promise<readonly LineageNode[]>;
  /** The nearest picture above that is still there. */
  above(node: LineageNode): Promise<LineageNode | undefined>;
  /** Of each edit whose pictures are the nearest below that are still there the first one, newest edit first, at most `limit`. */
  below(id: NodeId, limit: number): Promise<readonly LineageNode[]>;
  /** All nodes of a tree, by number; a page of at most `limit` from number `from` on. */
  nodes(lineage: LineageId, from: number, limit: number): Promise<readonly LineageNode[]>;
  /**
   * Compare-and-set of a branch's HEAD.
   * @throws Refusal 'head-moved' when HEAD is not `expected` (any more); 'gone' when there is no such branch
   */
  moveHead(lineage: LineageId, branch: string, expected: NodeId, to: NodeId): Promise<void>;
  /** Remembers that `by` stepped back from `left` to its parent: what their Redo returns to, newest first. */
  pushUndone(lineage: LineageId, by: UserId, left: NodeId): Promise<void>;
  /** Begins a branch at a picture. False when there is one of that name. @throws Refusal 'gone' */
  addBranch(lineage: LineageId, name: string, at: NodeId, by: UserId): Promise<boolean>;
  /** Forgets a branch, not its pictures. False when its HEAD is not `expected` (any more), and for `main`. */
  removeBranch(lineage: LineageId, name: string, expected: NodeId): Promise<boolean>;
  /**
   * Calls a branch otherwise, for edits that are on their way to it too. False, and nothing changed, when one has the new name, for
   * `main`, and when its HEAD is not `expected` (any more).
   */
  renameBranch(lineage: LineageId, name: string, to: string, expected: NodeId): Promise<boolean>;
  /** Every picture of a tree by number, removed ones included, without what made them. */
  outline(lineage: LineageId): Promise<readonly OutlineNode[]>;
  /** These pictures by number; those that are gone are left out. */
  some(ids: readonly NodeId[]): Promise<readonly LineageNode[]>;
  /**
   * Deletes a picture: its bytes at once, what made it, and every pointer to it; HEADs go to the nearest picture that is left. Its
   * children stay. False when it was gone already.
   */
  remove(node: LineageNode): Promise<boolean>;
  setPolicy(lineage: LineageId, policy: Policy): Promise<void>;
  /** From now on it goes on in that thread; null: in its place. */
  setThread(lineage: LineageId, thread: PlaceId | null): Promise<void>;
  /** The newest tree that goes on in a thread. */
  ofThread(thread: PlaceId): Promise<Lineage | undefined>;
  /** Locks it for `by`, or unlocks it; false when who locks it is not `expected` (any more). */
  setLock(lineage: LineageId, expected: UserId | null, by: UserId | null): Promise<boolean>;
  invite(lineage: LineageId, collaborator: Collaborator): Promise<void>;
  uninvite(lineage: LineageId, member: string): Promise<void>;
  /** How many people made pictures of it since then. */
  makers(lineage: LineageId, since: Date): Promise<number>;
  /** The newest undone child of `parent` that `by` left; undefined when there is none. */
  undone(lineage: LineageId, by: UserId, parent: NodeId): Promise<NodeId | undefined>;
  /** Forgets that `by` stepped back from these: they have been returned to. */
  dropUndone(lineage: LineageId, by: UserId, left: readonly NodeId[]): Promise<void>;
  /** The newest picture in a place since then, of one author or of anybody. */
  newest(place: PlaceId, since: Date, author?: UserId): Promise<LineageNode | undefined>;
  /** The newest pictures in a place since then, at most `limit`, newest first. */
  recent(place: PlaceId, since: Date, limit: number): Promise<readonly LineageNode[]>;
}

const operationSchema = z.enum(operations);

export function toNode(row: Prisma.NodeGetPayload<{ include: { image: true } }>): LineageNode {
  return {
    id: row.id as NodeId,
    lineage: row.lineageId as LineageId,
    number: row.number,
    parent: row.parentId as NodeId | null,
    op: operationSchema.parse(row.op),
    task: row.task === null ? null : taskSchema.parse(row.task),
    image: { ref: toBlobRef(row.image.ref), width: row.image.width, height: row.image.height },
    seed: row.seed === null ? null : Number(row.seed),
    infotext: row.infotext,
    pick: row.pick,
    author: row.author as UserId,
    maskAuthor: row.maskAuthor as UserId | null,
    job: row.jobId as JobId | null,
    spoiler: row.spoiler,
    removed: row.removedAt !== null,
    createdAt: row.createdAt,
  };
}

const withImage = { include: { image: true } } as const;

/** Gives the nodes their numbers and writes them: counting on the lineage's row, which the transaction holds from then on. */
export async function growLineage(
  tx: Db,
  lineage: LineageId,
  nodes: readonly NewNode[],
  createdAt: Date,
): Promise<readonly LineageNode[]> {
  const { size, place } = await tx.lineage.update({
    where: { id: lineage },
    data: { size: { increment: nodes.length } },
    select: { size: true, place: true },
  });
  const first = size - nodes.length;
  const grown = nodes.map((node, i): LineageNode => {
    const infotext = node.infotext === null ? null : toText(node.infotext);
    return { ...node, infotext, lineage, number: first + i, removed: false, createdAt };
  });
  await rememberImages(
    tx,
    grown.map((node) => node.image),
    createdAt,
  );
  await tx.node.createMany({ data: grown.map((node) => toRow(node, place)) });
  return grown;
}

function toRow(node: LineageNode, place: string): Prisma.NodeCreateManyInput {
  const { lineage, parent, task, image, job, removed: _, ...same } = node;
  return {
    ...same,
    ...(task && { task: toJson(task) }),
    lineageId: lineage,
    parentId: parent,
    imageRef: image.ref,
    jobId: job,
    place,
  };
}

function plant(db: Database, root: Root, createdAt: Date): Promise<LineageNode> {
  const { id, lineage, image, author, place, infotext, spoiler = false } = root;
  const source: NewNode = {
    ...{ id, image, author, infotext, spoiler },
    ...{ parent: null, op: 'source', task: null, seed: null, pick: 0, maskAuthor: null, job: null },
  };
  return inTransaction(db, async (tx) => {
    const policy = await policyIn(tx, place);
    await tx.lineage.create({ data: { id: lineage, place, owner: author, policy, size: 0, createdAt } });
    const [node] = await growLineage(tx, lineage, [source], createdAt);
    await tx.branch.create({ data: { lineageId: lineage, name: 'main', nodeId: id } });
    return node!;
  });
}

async function findLineage(db: Db, id: LineageId): Promise<Lineage | undefined> {
  const include = { branches: { orderBy: { name: 'asc' } }, members: { orderBy: { member: 'asc' } } } as const;
  const row = await db.lineage.findUnique({ where: { id }, include });
  if (!row || row.branches.length === 0) return undefined; // all its pictures were removed
  const begun = row.branches.flatMap(({ name, by }) => (by === null ? [] : [[name, by as UserId]]));
  return {
    id,
    place: row.place as PlaceId,
    owner: row.owner as UserId,
    policy: policySchema.parse(row.policy),
    heads: Object.fromEntries(row.branches.map((branch) => [branch.name, branch.nodeId as NodeId])),
    begunBy: Object.fromEntries(begun),
    collaborators: row.members.map(({ member, name }) => ({ member, name })),
    lockedBy: row.lockedBy as UserId | null,
    thread: row.thread as PlaceId | null,
    createdAt: row.createdAt,
  };
}

async function ofThread(db: Db, thread: PlaceId): Promise<Lineage | undefined> {
  const where = { thread, branches: { some: {} } };
  const row = await db.lineage.findFirst({ where, orderBy: { createdAt: 'desc' }, select: { id: true } });
  return row ? findLineage(db, row.id as LineageId) : undefined;
}

async function findNode(db: Db, where: Prisma.NodeWhereInput): Promise<LineageNode | undefined> {
  const row = await db.node.findFirst({ where, ...withImage, orderBy: [{ createdAt: 'desc' }, { number: 'desc' }] });
  return row ? toNode(row) : undefined;
}

async function recent(db: Db, place: PlaceId, since: Date, take: number): Promise<readonly LineageNode[]> {
  const orderBy = [{ createdAt: 'desc' }, { number: 'desc' }] as const;
  const rows = await db.node.findMany({
    where: { place, createdAt: { gte: since } },
    ...withImage,
    orderBy: [...orderBy],
    take,
  });
  return rows.map(toNode);
}

async function children(db: Db, id: NodeId, take: number): Promise<readonly LineageNode[]> {
  const where = { parentId: id, removedAt: null };
  const rows = await db.node.findMany({ where, ...withImage, orderBy: { number: 'desc' }, take });
  return rows.map(toNode);
}

async function batch(db: Db, jobId: JobId): Promise<readonly LineageNode[]> {
  const rows = await db.node.findMany({ where: { jobId, removedAt: null }, ...withImage, orderBy: { pick: 'asc' } });
  return rows.map(toNode);
}

async function above(db: Db, { parent }: Pick<LineageNode, 'parent'>): Promise<LineageNode | undefined> {
  const id = await livingAbove(db, parent);
  return id === undefined ? undefined : findNode(db, { id });
}

async function page(db: Db, lineageId: LineageId, from: number, limit: number): Promise<readonly LineageNode[]> {
  const where = { lineageId, number: { gte: from } };
  const rows = await db.node.findMany({ where, ...withImage, orderBy: { number: 'asc' }, take: limit });
  return rows.map(toNode);
}

async function moveHead(db: Database, lineage: LineageId, branch: string, expected: NodeId, to: NodeId): Promise<void> {
  const isMoved = await inTransaction(db, async (tx) => {
    const isSet = await setHead(tx, lineage, branch, expected, to);
    if (isSet && !(await isLiving(tx, to))) throw new Refusal('gone', {});
    return isSet;
  });
  if (isMoved) return;
  const where = { lineageId_name: { lineageId: lineage, name: branch } };
  const current = await db.branch.findUnique({ where, select: { node: { select: { number: true } } } });
  if (!current) throw new Refusal('gone', {});
  throw new Refusal('head-moved', { current: current.node.number });
}

/** Moves a branch's HEAD if it still is `expected`; whether it was. */
export async function setHead(db: Db, lineage: LineageId, branch: string, expected: NodeId, to: NodeId) {
  const where = { lineageId: lineage, name: branch, nodeId: expected };
  const { count } = await db.branch.updateMany({ where, data: { nodeId: to } });
  return count === 1;
}

async function addBranch(db: Database, lineage: LineageId, name: string, at: NodeId, by: UserId): Promise<boolean> {
  try {
    await inTransaction(db, async (tx) => {
      await tx.branch.create({ data: { lineageId: lineage, name: toText(name), nodeId: at, by } });
      if (!(await isLiving(tx, at))) throw new Refusal('gone', {});
    });
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

async function removeBranch(db: Db, lineageId: LineageId, name: string, nodeId: NodeId): Promise<boolean> {
  if (name === 'main') return false;
  const { count } = await db.branch.deleteMany({ where: { lineageId, name, nodeId } });
  return count === 1;
}

async function renameBranch(
  db: Database,
  lineageId: LineageId,
  { name, to, expected }: { readonly name: string; readonly to: string; readonly expected: NodeId },
): Promise<boolean> {
  if (name === 'main') return false;
  try {
    return await inTransaction(db, async (tx) => {
      const where = { lineageId, name, nodeId: expected };
      const { count } = await tx.branch.updateMany({ where, data: { name: toText(to) } });
      if (count === 1) await tx.job.updateMany({ where: { lineageId, branch: name }, data: { branch: toText(to) } });
      return count === 1;
    });
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

async function outline(db: Db, lineageId: LineageId): Promise<readonly OutlineNode[]> {
  const select = { id: true, number: true, parentId: true, author: true, removedAt: true } as const;
  const rows = await db.node.findMany({ where: { lineageId }, select, orderBy: { number: 'asc' } });
  return rows.map(({ id, number, parentId, author, removedAt }) => ({
    ...{ id: id as NodeId, number, parent: parentId as NodeId | null },
    ...{ author: author as UserId, removed: removedAt !== null },
  }));
}

async function some(db: Db, ids: readonly NodeId[]): Promise<readonly LineageNode[]> {
  const where = { id: { in: [...ids] }, removedAt: null };
  const rows = await db.node.findMany({ where, ...withImage, orderBy: { number: 'asc' } });
  return rows.map(toNode);
}

async function setLock(db: Db, id: LineageId, expected: UserId | null, by: UserId | null): Promise<boolean> {
  const { count } = await db.lineage.updateMany({ where: { id, lockedBy: expected }, data: { lockedBy: by } });
  return count === 1;
}

async function invite(db: Db, lineageId: LineageId, { member, name }: Collaborator): Promise<void> {
  const where = { lineageId_member: { lineageId, member: toText(member) } };
  const known = { name: toText(name) };
  await db.collaborator.upsert({ where, create: { ...where.lineageId_member, ...known }, update: known });
}

async function makers(db: Db, lineageId: LineageId, since: Date): Promise<number> {
  const where = { lineageId, createdAt: { gte: since } };
  return (await db.node.groupBy({ by: ['author'], where })).length;
}

async function pushUndone(db: Database, lineage: LineageId, by: UserId, left: NodeId): Promise<void> {
  const node = await db.node.findUnique({ where: { id: left }, select: { parentId: true } });
  const parentId = node && (await livingAbove(db, node.parentId));
  if (!parentId) throw new RangeError(`${left} has no parent to step back to`);
  const entry = { lineageId: lineage, by, nodeId: left };
  const data = { ...entry, parentId };
  try {
    await inTransaction(db, async (tx) => {
      await tx.undone.deleteMany({ where: entry });
      await tx.undone.create({ data });
    });
  } catch (error) {
    if (!isDuplicate(error)) throw error; // pressed twice at once: it is on the stack
  }
}

async function undone(db: Db, lineageId: LineageId, by: UserId, parentId: NodeId): Promise<NodeId | undefined> {
  const top = await db.undone.findFirst({ where: { lineageId, by, parentId }, orderBy: { seq: 'desc' } });
  return top ? (top.nodeId as NodeId) : undefined;
}

export function lineageStore(db: Database, blobDirectory: string, now: Clock): LineageStore {
  return {
    plant: (root) => plant(db, root, now()),
    lineage: (id) => findLineage(db, id),
    node: (id) => findNode(db, { id }),
    children: (id, limit) => children(db, id, limit),
    batch: (job) => batch(db, job),
    above: (node) => above(db, node),
    below: async (id, limit) => (await some(db, await livingBelow(db, id, limit))).toReversed(),
    nodes: (lineage, from, limit) => page(db, lineage, from, limit),
    moveHead: (lineage, branch, expected, to) => moveHead(db, lineage, branch, expected, to),
    addBranch: (lineage, name, at, by) => addBranch(db, lineage, name, at, by),
    removeBranch: (lineage, name, expected) => removeBranch(db, lineage, name, expected),
    renameBranch: (lineage, name, to, expected) => renameBranch(db, lineage, { name, to, expected }),
    outline: (lineage) => outline(db, lineage),
    some: (ids) => some(db, ids),
    remove: (node) => removeNode(db, blobDirectory, node, now()),
    setPolicy: async (id, policy) => void (await db.lineage.updateMany({ where: { id }, data: { policy } })),
    setThread: async (id, thread) => void (await db.lineage.updateMany({ where: { id }, data: { thread } })),
    ofThread: (thread) => ofThread(db, thread),
    setLock: (lineage, expected, by) => setLock(db, lineage, expected, by),
    invite: (lineage, collaborator) => invite(db, lineage, collaborator),
    uninvite: async (lineageId, member) =>
      void (await db.collaborator.deleteMany({ where: { lineageId, member: toText(member) } })),
    makers: (lineage, since) => makers(db, lineage, since),
    pushUndone: (lineage, by, left) => pushUndone(db, lineage, by, left),
    undone: (lineage, by, parent) => undone(db, lineage, by, parent),
    dropUndone: async (lineageId, by, left) =>
      void (await db.undone.deleteMany({ where: { lineageId, by, nodeId: { in: [...left] } } })),
    recent: (place, since, limit) => recent(db, place, since, limit),
    newest: (place, since, author) =>
      findNode(db, { place, removedAt: null, createdAt: { gte: since }, ...(author && { author }) }),
  };
}
