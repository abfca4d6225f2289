import type { PlaceId } from '../edit/lineage.ts';
import { type Database, type Db, inTransaction, toJson } from './db.ts';
import type { Place } from './people.ts';

/** What a place is called, and the server it belongs to. */
export type Address = Pick<Place, 'id' | 'group'>;

export interface MoveStore {
  /**
   * A place goes on under another name: everything of it and of its server is there from now on, all of it or nothing. What was chosen
   * under the new name since counts more. Messages keep their old place in their names, `<place>/<message>`, for the new one numbers its
   * messages anew. What is still written under the old name is moved by moving again.
   */
  move(from: Address, to: Address): Promise<void>;
  /** Where a place goes on; undefined for one that has kept its name. */
  homeOf(place: PlaceId): Promise<Address | undefined>;
}

/** A value of our own in which every name that changed is the new one. */
function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  let text = JSON.stringify(value);
  for (const [from, to] of names) text = text.replaceAll(JSON.stringify(from), JSON.stringify(to));
  return JSON.parse(text);
}

async function moveTrees(tx: Db, from: Address, to: Address): Promise<void> {
  const here = { where: { place: from.id }, data: { place: to.id } };
  await tx.lineage.updateMany(here);
  await tx.node.updateMany(here);
  await tx.vote.updateMany(here);
}

/** Nothing that stands under the old name can be edited, deleted or replied to any more. */
async function moveMessages(tx: Db, from: Address, to: Address): Promise<void> {
  const here = { place: from.id };
  await tx.job.updateMany({ where: here, data: { place: to.id, cardMessage: null, replyTo: null } });
  await tx.job.updateMany({ where: { group: from.group }, data: { group: to.group } });
  const before = `${from.id}/`;
  await tx.$executeRaw`UPDATE "MessageLink" SET "place" = ${to.id}, "message" = ${before} || "message" WHERE "place" = ${from.id}`;
  await tx.$executeRaw`UPDATE "Outbox" SET "message" = ${before} || "message" WHERE "place" = ${from.id} AND "message" IS NOT NULL`;
  await tx.outbox.updateMany({ where: here, data: { place: to.id, replyTo: null } });
}

async function moveDrafts(tx: Db, from: Address, to: Address, names: ReadonlyMap<string, string>): Promise<void> {
  for (const { id, content } of await tx.draft.findMany({ where: { place: from.id } }))
    await tx.draft.update({ where: { id }, data: { place: to.id, content: toJson(renamed(content, names)) } });
}

async function moveSettings(tx: Db, { from, to, names }: Renaming): Promise<void> {
  const owned = await tx.setting.findMany({ where: { owner: from } });
  await tx.setting.deleteMany({ where: { owner: from } });
  for (const { scope, key, value } of owned) {
    const id = { scope, owner: to, key };
    await tx.setting.upsert({
      where: { scope_owner_key: id },
      create: { ...id, value: toJson(renamed(value, names)) },
      update: {},
    });
  }
}

interface Renaming {
  readonly from: string;
  readonly to: string;
  readonly names: ReadonlyMap<string, string>;
}

async function movePresets(tx: Db, { from, to }: Renaming): Promise<void> {
  const chosen = await tx.defaultPreset.findMany({ where: { owner: from } });
  await tx.defaultPreset.deleteMany({ where: { owner: from } });
  for (const { scope, name, content } of await tx.preset.findMany({ where: { owner: from } })) {
    const id = { scope, owner: to, name };
    await tx.preset.upsert({
      where: { scope_owner_name: id },
      create: { ...id, content: toJson(content) },
      update: {},
    });
  }
  await tx.preset.deleteMany({ where: { owner: from } });
  for (const { scope, flow, name } of chosen) {
    const id = { scope, owner: to, flow };
    await tx.defaultPreset.upsert({ where: { scope_owner_flow: id }, create: { ...id, name }, update: {} });
  }
}

/** Words, bans and quotas, and the record of who changed what. */
async function moveRules(tx: Db, { from, to }: Renaming): Promise<void> {
  for (const { entry, level, replacement } of await tx.word.findMany({ where: { owner: from } })) {
    const id = { owner: to, entry };
    await tx.word.upsert({ where: { owner_entry: id }, create: { ...id, level, replacement }, update: {} });
  }
  await tx.word.deleteMany({ where: { owner: from } });
  for (const { person, banned, why, credits } of await tx.member.findMany({ where: { owner: from } })) {
    const id = { owner: to, person };
    await tx.member.upsert({ where: { owner_person: id }, create: { ...id, banned, why, credits }, update: {} });
  }
  await tx.member.deleteMany({ where: { owner: from } });
  await tx.audit.updateMany({ where: { owner: from }, data: { owner: to } });
}

/** The new name has the rules of the old one, which says from now on where it goes on. */
async function movePlace(tx: Db, from: Address, to: Address): Promise<void> {
  const [old, present] = await Promise.all([
    tx.place.findUnique({ where: { id: from.id } }),
    tx.place.findUnique({ where: { id: to.id } }),
  ]);
  if (old?.movedTo) return;
  const { policy = null, language = null, votes = null, authors = null, threads = null } = old ?? present ?? {};
  const rules = { group: to.group, policy, language, votes, authors, threads };
  await tx.place.upsert({ where: { id: to.id }, create: { id: to.id, ...rules }, update: rules });
  const gone = { movedTo: to.id };
  await tx.place.upsert({ where: { id: from.id }, create: { ...from, ...gone }, update: gone });
}

function move(db: Database, from: Address, to: Address): Promise<void> {
  const names = new Map<string, string>([
    [from.id, to.id],
    [from.group, to.group],
  ]);
  return inTransaction(db, async (tx) => {
    await movePlace(tx, from, to);
    await moveTrees(tx, from, to);
    await moveMessages(tx, from, to);
    await moveDrafts(tx, from, to, names);
    for (const [old, present] of names) {
      const renaming = { from: old, to: present, names };
      await moveSettings(tx, renaming);
      await movePresets(tx, renaming);
      await moveRules(tx, renaming);
    }
  });
}

async function homeOf(db: Db, id: PlaceId): Promise<Address | undefined> {
  const row = await db.place.findUnique({ where: { id }, select: { movedTo: true } });
  if (!row?.movedTo) return undefined;
  const home = await db.place.findUnique({ where: { id: row.movedTo }, select: { id: true, group: true } });
  return home ? { id: home.id as PlaceId, group: home.group } : undefined;
}

export function moveStore(db: Database): MoveStore {
  return {
    move: (from, to) => move(db, from, to),
    homeOf: (place) => homeOf(db, place),
  };
}
