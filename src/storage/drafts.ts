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
  /** Takes it away; whether it was still there, and nobody else has taken or claimed it. */
  take(id: string): Promise<boolean>;
  /** Hides it from everybody, until `spent` takes it away or `put` brings it back; false when somebody else was quicker. */
  claim(draft: Draft): Promise<boolean>;
  /** Takes away what was claimed, unless it was put back meanwhile. */
  spent(id: string): Promise<void>;
  /** Brings back what a process that died had claimed, in places whose names begin so. */
  unclaim(prefixes: readonly string[]): Promise<void>;
}

/** Before the kind of a draft that somebody has claimed. */
const CLAIMED = 'claimed ';
const isClaimed = { kind: { startsWith: CLAIMED } } as const;

async function claim(db: Db, { id, kind }: Draft): Promise<boolean> {
  const { count } = await db.draft.updateMany({ where: { id, kind }, data: { kind: CLAIMED + kind } });
  return count === 1;
}

async function unclaim(db: Db, prefixes: readonly string[]): Promise<void> {
  const here = { OR: prefixes.map((startsWith) => ({ place: { startsWith } })) };
  for (const { id, kind } of await db.draft.findMany({ where: { ...isClaimed, ...here } }))
    await db.draft.updateMany({ where: { id, kind }, data: { kind: kind.slice(CLAIMED.length) } });
}

async function put(db: Db, { id, content, ...about }: Draft): Promise<void> {
  const known = { ...about, content: toJson(content) };
  await db.draft.upsert({ where: { id }, create: { id, ...known }, update: known });
}

async function findOpen(db: Db, where: Prisma.DraftWhereInput, now: Date): Promise<Draft | undefined> {
  const open = { ...where, NOT: isClaimed, expiresAt: { gt: now } };
  const row = await db.draft.findFirst({ where: open, orderBy: { seq: 'desc' } });
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
    take: async (id) => (await db.draft.deleteMany({ where: { id, NOT: isClaimed } })).count === 1,
    claim: (draft) => claim(db, draft),
    spent: async (id) => void (await db.draft.deleteMany({ where: { id, ...isClaimed } })),
    unclaim: (prefixes) => unclaim(db, prefixes),
  };
}
