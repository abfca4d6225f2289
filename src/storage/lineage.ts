import { z } from 'zod';
import { toBlobRef } from '../edit/blob.ts';
import {
  type JobId,
  type Lineage,
  type LineageId,
  type LineageNode,
  type NodeId,
  operations,
  type PlaceId,
  type StoredImage,
} from '../edit/lineage.ts';
import { taskSchema, type UserId } from '../edit/request.ts';
import { Refusal } from '../errors.ts';
import { type Clock, type Database, type Db, inTransaction, isDuplicate, toJson, toText } from './db.ts';
import type { Prisma } from './generated/sqlite/client.ts';
import { rememberImages } from './images.ts';
import { policySchema } from './people.ts';

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
  /** Oldest first. */
  children(id: NodeId): Promise<readonly LineageNode[]>;
  /** All nodes of a tree, by number; a page of at most `limit` from number `from` on. */
  nodes(lineage: LineageId, from: number, limit: number): Promise<readonly LineageNode[]>;
  /**
   * Compare-and-set of a branch's HEAD.
   * @throws Refusal 'head-moved' when HEAD is not `expected` (any more); 'gone' when there is no such branch
   */
  moveHead(lineage: LineageId, branch: string, expected: NodeId, to: NodeId): Promise<void>;
  /** Remembers that `by` stepped back from `left` to its parent: what their Redo returns to, newest first. */
  pushUndone(lineage: LineageId, by: UserId, left: NodeId): Promise<void>;
  /** The newest undone child of `parent` that `by` left, taken off the stack; undefined when there is none. */
  popUndone(lineage: LineageId, by: UserId, parent: NodeId): Promise<NodeId | undefined>;
  /** The newest picture in a place since then, of one author or of anybody. */
  newest(place: PlaceId, since: Date, author?: UserId): Promise<LineageNode | undefined>;
  /** The newest pictures in a place since then, at most `limit`, newest first. */
  recent(place: PlaceId, since: Date, limit: number): Promise<readonly LineageNode[]>;
}

const operationSchema = z.enum(operations);

function toNode(row: Prisma.NodeGetPayload<{ include: { image: true } }>): LineageNode {
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
    const policy = (await tx.place.findUnique({ where: { id: place } }))?.policy ?? 'anyone';
    await tx.lineage.create({ data: { id: lineage, place, owner: author, policy, size: 0, createdAt } });
    const [node] = await growLineage(tx, lineage, [source], createdAt);
    await tx.branch.create({ data: { lineageId: lineage, name: 'main', nodeId: id } });
    return node!;
  });
}

async function findLineage(db: Db, id: LineageId): Promise<Lineage | undefined> {
  const row = await db.lineage.findUnique({ where: { id }, include: { branches: true } });
  if (!row) return undefined;
  return {
    id,
    place: row.place as PlaceId,
    owner: row.owner as UserId,
    policy: policySchema.parse(row.policy),
    heads: Object.fromEntries(row.branches.map((branch) => [branch.name, branch.nodeId as NodeId])),
    createdAt: row.createdAt,
  };
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

async function children(db: Db, id: NodeId): Promise<readonly LineageNode[]> {
  const rows = await db.node.findMany({ where: { parentId: id }, ...withImage, orderBy: { number: 'asc' } });
  return rows.map(toNode);
}

async function page(db: Db, lineageId: LineageId, from: number, limit: number): Promise<readonly LineageNode[]> {
  const where = { lineageId, number: { gte: from } };
  const rows = await db.node.findMany({ where, ...withImage, orderBy: { number: 'asc' }, take: limit });
  return rows.map(toNode);
}

async function moveHead(db: Db, lineage: LineageId, branch: string, expected: NodeId, to: NodeId): Promise<void> {
  if (await setHead(db, lineage, branch, expected, to)) return;
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

async function pushUndone(db: Database, lineage: LineageId, by: UserId, left: NodeId): Promise<void> {
  const node = await db.node.findUnique({ where: { id: left }, select: { parentId: true } });
  if (!node?.parentId) throw new RangeError(`${left} has no parent to step back to`);
  const entry = { lineageId: lineage, by, nodeId: left };
  const data = { ...entry, parentId: node.parentId };
  try {
    await inTransaction(db, async (tx) => {
      await tx.undone.deleteMany({ where: entry });
      await tx.undone.create({ data });
    });
  } catch (error) {
    if (!isDuplicate(error)) throw error; // pressed twice at once: it is on the stack
  }
}

async function popUndone(db: Db, lineage: LineageId, by: UserId, parent: NodeId): Promise<NodeId | undefined> {
  for (;;) {
    const where = { lineageId: lineage, by, parentId: parent };
    const top = await db.undone.findFirst({ where, orderBy: { seq: 'desc' } });
    if (!top) return undefined;
    const { count } = await db.undone.deleteMany({ where: { seq: top.seq } });
    if (count === 1) return top.nodeId as NodeId; // else somebody else took it
  }
}

export function lineageStore(db: Database, now: Clock): LineageStore {
  return {
    plant: (root) => plant(db, root, now()),
    lineage: (id) => findLineage(db, id),
    node: (id) => findNode(db, { id }),
    children: (id) => children(db, id),
    nodes: (lineage, from, limit) => page(db, lineage, from, limit),
    moveHead: (lineage, branch, expected, to) => moveHead(db, lineage, branch, expected, to),
    pushUndone: (lineage, by, left) => pushUndone(db, lineage, by, left),
    popUndone: (lineage, by, parent) => popUndone(db, lineage, by, parent),
    recent: (place, since, limit) => recent(db, place, since, limit),
    newest: (place, since, author) => findNode(db, { place, createdAt: { gte: since }, ...(author && { author }) }),
  };
}
