import { type BlobRef, toBlobRef } from '../edit/blob.ts';
import type { PlaceId } from '../edit/lineage.ts';
import { forgottenUser, type UserId } from '../edit/request.ts';
import { removeBlobs } from './blobs.ts';
import { type Clock, type Database, type Db, inTransaction } from './db.ts';
import { byPage, PAGE, refsIn } from './references.ts';
import { leaveRemoved } from './removal.ts';
import { deleteLineage } from './retention.ts';

/** How much is stored about somebody. */
export interface Inventory {
  readonly uploads: number;
  readonly results: number;
  readonly edits: number;
  readonly presets: number;
  readonly settings: number;
  readonly masks: number;
}

/** One picture of somebody's, with everything known about it; JSON. */
export interface ExportedPicture {
  readonly id: string;
  readonly image: BlobRef;
  /** Whether its bytes are still there. */
  readonly removed: boolean;
  readonly about: Readonly<Record<string, unknown>>;
}

/** What was deleted when somebody was forgotten. */
export interface Forgotten {
  readonly nodes: number;
  readonly edits: number;
  readonly presets: number;
  readonly messages: number;
}

export interface PrivacyStore {
  inventory(person: UserId): Promise<Inventory>;
  /** Their pictures, oldest id first, read page after page. */
  pictures(person: UserId): AsyncIterable<ExportedPicture>;
  /** Name, presets, settings and hints; JSON. */
  account(person: UserId): Promise<Readonly<Record<string, unknown>>>;
  /** Marks them: no new jobs from now on, and their pictures leave the store at once. @returns how many files went */
  beginForgetting(person: UserId): Promise<number>;
  isForgetting(person: UserId): Promise<boolean>;
  /** People who have not been forgotten to the end. */
  forgetting(): Promise<readonly UserId[]>;
  /** Messages that show their pictures and edits, newest last, to be taken out of the chat. */
  messagesOf(person: UserId): Promise<readonly { readonly place: PlaceId; readonly message: string }[]>;
  /** Everything else: prompts, presets, masks, links, their name. Pictures in other people's trees stay as nobody's, without the picture. */
  finishForgetting(person: UserId): Promise<Forgotten>;
}

async function inventory(db: Db, person: UserId): Promise<Inventory> {
  const [uploads, results, edits, presets, settings, masks] = await Promise.all([
    db.node.count({ where: { author: person, op: 'source', removedAt: null } }),
    db.node.count({ where: { author: person, op: { not: 'source' }, removedAt: null } }),
    db.job.count({ where: { author: person } }),
    db.preset.count({ where: { scope: 'user', owner: person } }),
    db.setting.count({ where: { scope: 'user', owner: person } }),
    db.node.count({ where: { maskAuthor: person } }),
  ]);
  return { uploads, results, edits, presets, settings, masks };
}

async function* pictures(db: Db, author: UserId): AsyncGenerator<ExportedPicture> {
  const nodes = byPage((after) =>
    db.node.findMany({ where: { author, id: { gt: after } }, orderBy: { id: 'asc' }, take: PAGE }),
  );
  for await (const { id, imageRef, removedAt, seed, lineageId, ...about } of nodes) {
    const known = { ...about, lineage: lineageId, seed: seed === null ? null : Number(seed) };
    yield { id, image: toBlobRef(imageRef), removed: removedAt !== null, about: known };
  }
}

async function account(db: Db, person: UserId): Promise<Readonly<Record<string, unknown>>> {
  const own = { scope: 'user', owner: person };
  const [known, presets, defaults, settings, hints] = await Promise.all([
    db.person.findUnique({ where: { id: person } }),
    db.preset.findMany({ where: own }),
    db.defaultPreset.findMany({ where: own }),
    db.setting.findMany({ where: own }),
    db.hint.findMany({ where: { person } }),
  ]);
  return { person: known ?? { id: person }, presets, defaults, settings, hints };
}

/** Blobs that only this person has: pictures they made or sent, masks they drew. What somebody else sent as well is theirs too. */
async function ownBlobs(db: Db, person: UserId): Promise<Set<BlobRef>> {
  const own = new Set<BlobRef>();
  const nodes = byPage((after) => {
    const where = { id: { gt: after }, OR: [{ author: person }, { maskAuthor: person }] };
    const select = { id: true, author: true, imageRef: true, task: true };
    return db.node.findMany({ where, orderBy: { id: 'asc' }, take: PAGE, select });
  });
  for await (const { author, imageRef, task } of nodes) {
    if (author === person) own.add(toBlobRef(imageRef));
    const { request } = (task ?? {}) as { request?: { mask?: unknown; sketch?: unknown } };
    for (const ref of refsIn([request?.mask, request?.sketch])) own.add(ref);
  }
  const others = await db.node.findMany({
    where: { imageRef: { in: [...own] }, author: { not: person }, removedAt: null },
    select: { imageRef: true },
  });
  for (const { imageRef } of others) own.delete(toBlobRef(imageRef));
  return own;
}

async function beginForgetting(db: Database, blobDirectory: string, person: UserId, now: Date): Promise<number> {
  await db.forgetting.upsert({ where: { person }, create: { person, askedAt: now }, update: {} });
  const own = await ownBlobs(db, person);
  const trees = await db.node.findMany({
    where: { author: person },
    select: { lineageId: true },
    distinct: ['lineageId'],
  });
  await db.node.updateMany({ where: { author: person, removedAt: null }, data: { removedAt: now } });
  for (const { lineageId } of trees) await inTransaction(db, (tx) => leaveRemoved(tx, lineageId));
  return removeBlobs(blobDirectory, own);
}

async function messagesOf(db: Db, author: UserId) {
  const where = { OR: [{ node: { author } }, { job: { author } }] };
  const rows = await db.messageLink.findMany({ where, orderBy: { seq: 'asc' } });
  return rows
    .filter(({ kind }) => kind !== 'panel')
    .map(({ place, message }) => ({ place: place as PlaceId, message }));
}

/** Trees in which nobody else has a picture. */
async function ownTrees(db: Db, person: UserId): Promise<readonly string[]> {
  const nodes = { some: { author: person }, every: { author: person } };
  return (await db.lineage.findMany({ where: { nodes }, select: { id: true } })).map(({ id }) => id);
}

/** Takes the person out of what is left of them in other people's trees. */
async function makeNobodys(tx: Db, person: UserId): Promise<void> {
  const ofPerson = { OR: [{ job: { author: person } }, { node: { author: person } }] };
  await tx.outbox.deleteMany({ where: ofPerson });
  await tx.messageLink.deleteMany({ where: ofPerson });
  const jobs = await tx.job.findMany({ where: { author: person }, select: { id: true } });
  const ids = jobs.map(({ id }) => id);
  await tx.node.updateMany({ where: { jobId: { in: ids } }, data: { jobId: null } });
  await tx.job.deleteMany({ where: { id: { in: ids } } });
  const mine = await tx.node.findMany({ where: { author: person }, select: { id: true } });
  for (const { id } of mine) {
    // One after another, for JSON columns cannot be emptied in bulk on both databases alike.
    await tx.$executeRaw`
      UPDATE "Node" SET "author" = ${forgottenUser}, "task" = NULL, "infotext" = NULL, "seed" = NULL WHERE "id" = ${id}`;
  }
  await tx.node.updateMany({ where: { maskAuthor: person }, data: { maskAuthor: null } });
  await tx.job.updateMany({ where: { maskAuthor: person }, data: { maskAuthor: null } });
  await tx.lineage.updateMany({ where: { owner: person }, data: { owner: forgottenUser } });
  await tx.lineage.updateMany({ where: { lockedBy: person }, data: { lockedBy: null } });
  await tx.branch.updateMany({ where: { by: person }, data: { by: forgottenUser } });
  await tx.collaborator.deleteMany({ where: { member: person } });
  await tx.hold.deleteMany({ where: { by: person } });
  await tx.ballot.deleteMany({ where: { by: person } });
}

async function forgetAccount(tx: Db, person: UserId): Promise<number> {
  await tx.undone.deleteMany({ where: { by: person } });
  await tx.draft.deleteMany({ where: { author: person } });
  await tx.hint.deleteMany({ where: { person } });
  await tx.setting.deleteMany({ where: { scope: 'user', owner: person } });
  const { count } = await tx.preset.deleteMany({ where: { scope: 'user', owner: person } });
  await tx.audit.updateMany({ where: { by: person }, data: { by: forgottenUser } });
  await tx.person.deleteMany({ where: { id: person } });
  return count;
}

async function finishForgetting(db: Database, person: UserId): Promise<Forgotten> {
  const edits = await db.job.count({ where: { author: person } });
  const messages = (await messagesOf(db, person)).length;
  const nodes = await db.node.count({ where: { author: person } });
  for (const id of await ownTrees(db, person)) await inTransaction(db, (tx) => deleteLineage(tx, id));
  const presets = await inTransaction(db, async (tx) => {
    await makeNobodys(tx, person);
    return forgetAccount(tx, person);
  });
  await db.forgetting.deleteMany({ where: { person } });
  return { nodes, edits, presets, messages };
}

export function privacyStore(db: Database, blobDirectory: string, now: Clock): PrivacyStore {
  return {
    inventory: (person) => inventory(db, person),
    pictures: (person) => pictures(db, person),
    account: (person) => account(db, person),
    beginForgetting: (person) => beginForgetting(db, blobDirectory, person, now()),
    isForgetting: async (person) => (await db.forgetting.count({ where: { person } })) > 0,
    forgetting: async () => (await db.forgetting.findMany()).map(({ person }) => person as UserId),
    messagesOf: (person) => messagesOf(db, person),
    finishForgetting: (person) => finishForgetting(db, person),
  };
}
