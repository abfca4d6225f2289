import type { PlaceId } from '../edit/lineage.ts';
import type { UserId } from '../edit/request.ts';
import { type Clock, type Db, toJson } from './db.ts';
import type { Prisma } from './generated/sqlite/client.ts';

/** A request that still misses something (a mask, a prompt, a choice). Never in the queue; gone after 30 minutes. */
export interface Draft {
  readonly id: string;
  readonly place: PlaceId;
  readonly author: UserId;
  readonly kind: string;
  /** What is known so far; parsed by whoever made it. */
  readonly content: unknown;
  readonly expiresAt: Date;
}

export interface DraftStore {
  /** Writes it, or replaces the one of the same id. */
  put(draft: Draft): Promise<void>;
  /** Undefined also when it has expired. */
  find(id: string): Promise<Draft | undefined>;
  /** The person's newest open draft of a kind in a place. */
  newest(place: PlaceId, author: UserId, kind: string): Promise<Draft | undefined>;
  /** How many of somebody's of these kinds are open, everywhere. */
  countOf(author: UserId, kinds: readonly string[]): Promise<number>;
  /** Takes it away; whether it was still there, and nobody else has taken it. */
  take(id: string): Promise<boolean>;
}

async function put(db: Db, { id, content, ...about }: Draft): Promise<void> {
  const known = { ...about, content: toJson(content) };
  await db.draft.upsert({ where: { id }, create: { id, ...known }, update: known });
}

async function findOpen(db: Db, where: Prisma.DraftWhereInput, now: Date): Promise<Draft | undefined> {
  const row = await db.draft.findFirst({ where: { ...where, expiresAt: { gt: now } }, orderBy: { seq: 'desc' } });
  if (!row) return undefined;
  const { id, kind, content, expiresAt } = row;
  return { id, place: row.place as PlaceId, author: row.author as UserId, kind, content, expiresAt };
}

export function draftStore(db: Db, now: Clock): DraftStore {
  return {
    put: (draft) => put(db, draft),
    find: (id) => findOpen(db, { id }, now()),
    newest: (place, author, kind) => findOpen(db, { place, author, kind }, now()),
    countOf: (author, kinds) =>
      db.draft.count({ where: { author, kind: { in: [...kinds] }, expiresAt: { gt: now() } } }),
    take: async (id) => (await db.draft.deleteMany({ where: { id } })).count === 1,
  };
}
