import { type BlobRef, toBlobRef } from '../edit/blob.ts';
import type { PlaceId } from '../edit/lineage.ts';
import { forgottenUser, type UserId } from '../edit/request.ts';
import { removeBlobs } from './blobs.ts';
import { comparisonsWith, forgetComparisons, postedOf } from './comparisons.ts';
import { type Clock, type Database, type Db, inTransaction } from './db.ts';
import { byPage, inPages, PAGE, refsIn } from './references.ts';
import { forgetPosted, leaveRemoved } from './removal.ts';
import { deleteJobs, deleteLineage } from './retention.ts';

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

/** A mask or strokes of somebody's, and the picture that was made with them. */
export interface Drawn {
  readonly kind: 'mask' | 'sketch';
  readonly node: string;
  readonly ref: BlobRef;
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
  /** What they drew, for their own pictures and for others'. */
  drawn(person: UserId): AsyncIterable<Drawn>;
  /** Everything they asked for, whatever came of it; JSON. */
  edits(person: UserId): AsyncIterable<Readonly<Record<string, unknown>>>;
  /** Name, presets, settings, hints, drafts, and what servers decided about them; JSON. */
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
  const [known, presets, defaults, settings, hints, drafts, members] = await Promise.all([
    db.person.findUnique({ where: { id: person } }),
    db.preset.findMany({ where: own }),
    db.defaultPreset.findMany({ where: own }),
    db.setting.findMany({ where: own }),
    db.hint.findMany({ where: { person } }),
    db.draft.findMany({ where: { author: person } }),
    db.member.findMany({ where: { person } }),
  ]);
  return { person: known ?? { id: person }, presets, defaults, settings, hints, drafts, members };
}

async function* edits(db: Db, author: UserId): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const jobs = byPage((after) =>
    db.job.findMany({ where: { author, id: { gt: after } }, orderBy: { id: 'asc' }, take: PAGE }),
  );
  yield* jobs;
}

async function* drawn(db: Db, person: UserId): AsyncGenerator<Drawn> {
  const nodes = byPage((after) => {
    const where = { id: { gt: after }, OR: [{ author: person }, { maskAuthor: person }] };
    const select = { id: true, author: true, maskAuthor: true, task: true };
    return db.node.findMany({ where, orderBy: { id: 'asc' }, take: PAGE, select });
  });
  for await (const { id: node, author, maskAuthor, task } of nodes) {
    const { request } = (task ?? {}) as { request?: { mask?: unknown; sketch?: unknown } };
    const masks = (maskAuthor ?? author) === person ? [...refsIn(request?.mask)] : [];
    const sketches = author === person ? [...refsIn(request?.sketch)] : [];
    yield* masks.map((ref): Drawn => ({ kind: 'mask', node, ref }));
    yield* sketches.map((ref): Drawn => ({ kind: 'sketch', node, ref }));
  }
}

/** Ids of everything they made or sent. */
async function idsOf(db: Db, author: UserId): Promise<ReadonlySet<string>> {
  return new Set((await db.node.findMany({ where: { author }, select: { id: true } })).map(({ id }) => id));
}

/**
 * Blobs that only this person has: pictures they made or sent, alone or compared with another, and what they drew. What somebody else
 * sent as well is theirs too.
 */
async function ownBlobs(db: Db, person: UserId): Promise<Set<BlobRef>> {
  const own = new Set<BlobRef>();
  for await (const { image } of pictures(db, person)) own.add(image);
  for await (const { ref } of drawn(db, person)) own.add(ref);
  for await (const some of inPages([...own])) {
    const others = await db.node.findMany({
      where: { imageRef: { in: some }, author: { not: person }, removedAt: null },
      select: { imageRef: true },
    });
    for (const { imageRef } of others) own.delete(toBlobRef(imageRef));
  }
  for (const { image } of await comparisonsWith(db, await idsOf(db, person))) own.add(image);
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
  await forgetPosted(db, own);
  return removeBlobs(blobDirectory, own);
}

async function messagesOf(db: Db, author: UserId) {
  const where = { OR: [{ node: { author } }, { job: { author } }] };
  const rows = await db.messageLink.findMany({ where, orderBy: { seq: 'asc' } });
  const own = rows
    .filter(({ kind }) => kind !== 'panel')
    .map(({ place, message }) => ({ place: place as PlaceId, message }));
  const known = new Set(own.map(({ place, message }) => `${place} ${message}`));
  const compared = postedOf(await comparisonsWith(db, await idsOf(db, author)));
  return [...own, ...compared.filter(({ place, message }) => !known.has(`${place} ${message}`))];
}

/** Trees in which nobody else has a picture. */
async function ownTrees(db: Db, person: UserId): Promise<readonly string[]> {
  const nodes = { some: { author: person }, every: { author: person } };
  return (await db.lineage.findMany({ where: { nodes }, select: { id: true } })).map(({ id }) => id);
}

/** Takes the person out of what is left of them in other people's trees. */
async function makeNobodys(tx: Db, person: UserId): Promise<void> {
  await forgetComparisons(tx, await comparisonsWith(tx, await idsOf(tx, person)));
  const ofPerson = { OR: [{ job: { author: person } }, { node: { author: person } }] };
  await tx.outbox.deleteMany({ where: ofPerson });
  await tx.messageLink.deleteMany({ where: ofPerson });
  const jobs = await tx.job.findMany({ where: { author: person }, select: { id: true } });
  await deleteJobs(
    tx,
    jobs.map(({ id }) => id),
  );
  await tx.$executeRaw`UPDATE "Node" SET "task" = NULL, "infotext" = NULL, "seed" = NULL WHERE "author" = ${person}`;
  await tx.node.updateMany({ where: { author: person }, data: { author: forgottenUser } });
  await tx.node.updateMany({ where: { maskAuthor: person }, data: { maskAuthor: null } });
  await tx.job.updateMany({ where: { maskAuthor: person }, data: { maskAuthor: null } });
  await tx.lineage.updateMany({ where: { owner: person }, data: { owner: forgottenUser } });
  await tx.lineage.updateMany({ where: { lockedBy: person }, data: { lockedBy: null } });
  await tx.branch.updateMany({ where: { by: person }, data: { by: forgottenUser } });
  await tx.collaborator.deleteMany({ where: { member: person } });
  await tx.hold.deleteMany({ where: { by: person } });
  await tx.ballot.deleteMany({ where: { by: person } });
  const votes = await tx.vote.findMany({ select: { id: true, content: true } });
  const asked = votes.filter(({ content }) => (content as { by?: unknown } | null)?.by === person);
  await tx.vote.deleteMany({ where: { id: { in: asked.map(({ id }) => id) } } });
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
    drawn: (person) => drawn(db, person),
    edits: (person) => edits(db, person),
    account: (person) => account(db, person),
    beginForgetting: (person) => beginForgetting(db, blobDirectory, person, now()),
    isForgetting: async (person) => (await db.forgetting.count({ where: { person } })) > 0,
    forgetting: async () => (await db.forgetting.findMany()).map(({ person }) => person as UserId),
    messagesOf: (person) => messagesOf(db, person),
    finishForgetting: (person) => finishForgetting(db, person),
  };
}
