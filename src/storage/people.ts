import { z } from 'zod';
import type { PlaceId, Policy } from '../edit/lineage.ts';
import type { UserId } from '../edit/request.ts';
import { type Db, isDuplicate, toText } from './db.ts';
import type { Prisma } from './generated/sqlite/client.ts';

const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];
export const languageSchema = z.enum(languages);
export const policySchema: z.ZodType<Policy> = z.enum(['anyone', 'collaborators', 'owner']);

/** Somebody the bot has met. */
export interface Person {
  readonly id: UserId;
  readonly name: string;
  /** What they chose; null follows their client. */
  readonly language: Language | null;
  /** What others call them by, in lower case: `telegram:@bo`; null where that is their id, and for whoever has none. */
  readonly handle: string | null;
}

/** A channel, chat, topic or browser canvas. */
export interface Place {
  readonly id: PlaceId;
  /** Who shares limits and a turn in the queue: `d:<guild>`, `t:<chat>`, `d:dm`, `w`. */
  readonly group: string;
  /** What a thread hangs on: what nobody chose here is as it is there. */
  readonly within: PlaceId | null;
  readonly language: Language | null;
  /** Its own, else that of what it hangs on. */
  readonly policy: Policy;
}

/** A place as it is written down: without a policy of its own it has that of what it hangs on. */
type MetPlace = Omit<Place, 'policy'> & { readonly policy: Policy | null };

export interface PeopleStore {
  person(id: UserId): Promise<Person | undefined>;
  /** A handle they have now is nobody else's any more. */
  savePerson(person: Person): Promise<void>;
  /** Whoever has a handle; undefined when nobody we have met has it. */
  withHandle(handle: string): Promise<Person | undefined>;
  place(id: PlaceId): Promise<Place | undefined>;
  /** Without a policy that stays as it is. */
  savePlace(place: MetPlace): Promise<void>;
  /** Every place of a server that was seen. */
  placesOf(group: string): Promise<readonly PlaceId[]>;
  /**
   * Counts that a place refused a message for good; from the third in a row on it counts as unreachable for a day.
   * @returns whether it does now
   */
  placeRefused(id: PlaceId, now: Date): Promise<boolean>;
  /** Something could be posted: all is well again. */
  placeReached(id: PlaceId): Promise<void>;
  isUnreachable(id: PlaceId, now: Date): Promise<boolean>;
  /** True the first time a hint is asked for, then false until `days` have passed. */
  mayHint(person: UserId, hint: string, days: number, now: Date): Promise<boolean>;
}

async function findPerson(db: Db, id: UserId): Promise<Person | undefined> {
  const row = await db.person.findUnique({ where: { id } });
  return row ? toPerson(row) : undefined;
}

function toPerson({ id, name, language, handle }: Prisma.PersonGetPayload<object>): Person {
  return { id: id as UserId, name, language: languageSchema.nullable().parse(language), handle };
}

async function withHandle(db: Db, handle: string): Promise<Person | undefined> {
  const row = await db.person.findFirst({ where: { handle } });
  return row ? toPerson(row) : undefined;
}

async function savePerson(db: Db, { id, name, language, handle }: Person): Promise<void> {
  if (handle !== null) await db.person.updateMany({ where: { handle, id: { not: id } }, data: { handle: null } });
  const known = { name: toText(name), language, handle };
  await db.person.upsert({ where: { id }, create: { id, ...known }, update: known });
}

/** A place and what it hangs on, as far as they were seen: rules are those of the first that has one. */
export async function rulersOf(db: Db, id: PlaceId): Promise<readonly Prisma.PlaceGetPayload<object>[]> {
  const own = await db.place.findUnique({ where: { id } });
  const above = own?.within && (await db.place.findUnique({ where: { id: own.within } }));
  return [...(own ? [own] : []), ...(above ? [above] : [])];
}

/** Who may move on what begins in a place. */
export async function policyIn(db: Db, id: PlaceId): Promise<Policy> {
  const ruler = (await rulersOf(db, id)).find(({ policy }) => policy !== null);
  return ruler ? policySchema.parse(ruler.policy) : 'anyone';
}

async function findPlace(db: Db, id: PlaceId): Promise<Place | undefined> {
  const row = await db.place.findUnique({ where: { id } });
  if (!row) return undefined;
  const { group, within } = row;
  const language = languageSchema.nullable().parse(row.language);
  return { id, group, within: within as PlaceId | null, language, policy: await policyIn(db, id) };
}

async function savePlace(db: Db, { id, group, within, language, policy }: MetPlace): Promise<void> {
  const known = { group, within, language, ...(policy !== null && { policy }) };
  await db.place.upsert({ where: { id }, create: { id, ...known }, update: known });
}

const DAY_MS = 86_400_000;
/** Refusals in a row after which a place is left alone. */
const REFUSALS = 3;

async function placeRefused(db: Db, id: PlaceId, at: Date): Promise<boolean> {
  await db.place.updateMany({ where: { id }, data: { refused: { increment: 1 } } });
  const unreachableUntil = new Date(at.getTime() + DAY_MS);
  const where = { id, refused: { gte: REFUSALS } };
  return (await db.place.updateMany({ where, data: { unreachableUntil } })).count > 0;
}

async function placeReached(db: Db, id: PlaceId): Promise<void> {
  await db.place.updateMany({ where: { id, refused: { gt: 0 } }, data: { refused: 0, unreachableUntil: null } });
}

async function isUnreachable(db: Db, id: PlaceId, at: Date): Promise<boolean> {
  return (await db.place.count({ where: { id, unreachableUntil: { gt: at } } })) > 0;
}

async function mayHint(db: Db, person: UserId, hint: string, days: number, at: Date): Promise<boolean> {
  const before = new Date(at.getTime() - days * DAY_MS);
  const again = await db.hint.updateMany({ where: { person, hint, shownAt: { lte: before } }, data: { shownAt: at } });
  if (again.count === 1) return true;
  if (await db.hint.findUnique({ where: { person_hint: { person, hint } } })) return false;
  try {
    await db.hint.create({ data: { person, hint, shownAt: at } });
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false; // asked for twice at once
    throw error;
  }
}

export function peopleStore(db: Db): PeopleStore {
  return {
    person: (id) => findPerson(db, id),
    savePerson: (person) => savePerson(db, person),
    withHandle: (handle) => withHandle(db, handle),
    place: (id) => findPlace(db, id),
    savePlace: (place) => savePlace(db, place),
    placesOf: async (group) =>
      (await db.place.findMany({ where: { group }, select: { id: true } })).map(({ id }) => id as PlaceId),
    placeRefused: (id, at) => placeRefused(db, id, at),
    placeReached: (id) => placeReached(db, id),
    isUnreachable: (id, at) => isUnreachable(db, id, at),
    mayHint: (person, hint, days, at) => mayHint(db, person, hint, days, at),
  };
}
