import { z } from 'zod';
import type { UserId } from '../edit/request.ts';
import { type Clock, type Db, toText } from './db.ts';

/** What happens to a request that holds a word; `nsfw`: it counts as not safe for work, and the server says where that may be. */
export const wordLevels = ['block', 'replace', 'review', 'nsfw'] as const;
export type WordLevel = (typeof wordLevels)[number];
const levelSchema = z.enum(wordLevels);

/** An entry of a word list. */
export interface Word {
  /** `*` for the system, which servers cannot change, or the place group of a server. */
  readonly owner: string;
  /** A word or phrase, `word*` for its beginnings, or `/expression/`. */
  readonly entry: string;
  readonly level: WordLevel;
  /** What stands in its place, for `replace`. */
  readonly replacement: string | null;
}

/** What was decided about somebody, on a server or, with owner `*`, everywhere. */
export interface Member {
  readonly owner: string;
  readonly person: UserId;
  readonly banned: boolean;
  /** Said to them. */
  readonly why: string | null;
  /** Credits an hour; null as for everybody. */
  readonly credits: number | null;
}

/** Something an administrator did. */
export interface AuditEntry {
  readonly owner: string;
  readonly by: UserId;
  readonly action: string;
  readonly detail: string;
  readonly at: Date;
}

/** Words, bans and who decided what. */
export interface ModerationStore {
  saveWord(word: Word): Promise<void>;
  /** False when the owner has no such entry. */
  removeWord(owner: string, entry: string): Promise<boolean>;
  /** Entries of these owners, by entry. */
  words(owners: readonly string[]): Promise<readonly Word[]>;
  saveMember(member: Member): Promise<void>;
  /** What these owners decided about somebody. */
  member(owners: readonly string[], person: UserId): Promise<readonly Member[]>;
  record(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  /** Newest first. */
  audit(owner: string, limit: number): Promise<readonly AuditEntry[]>;
}

async function saveWord(db: Db, { owner, entry, level, replacement }: Word): Promise<void> {
  const key = { owner, entry: toText(entry) };
  const data = { level, replacement: replacement === null ? null : toText(replacement) };
  await db.word.upsert({ where: { owner_entry: key }, create: { ...key, ...data }, update: data });
}

async function words(db: Db, owners: readonly string[]): Promise<readonly Word[]> {
  const rows = await db.word.findMany({ where: { owner: { in: [...owners] } } });
  return rows
    .map((row) => ({ ...row, level: levelSchema.parse(row.level) }))
    .sort((a, b) => (a.entry < b.entry ? -1 : 1)); // here, for databases sort by their locale
}

async function saveMember(db: Db, { owner, person, banned, why, credits }: Member): Promise<void> {
  const key = { owner, person };
  const data = { banned, why: why === null ? null : toText(why), credits };
  await db.member.upsert({ where: { owner_person: key }, create: { ...key, ...data }, update: data });
}

async function member(db: Db, owners: readonly string[], person: UserId): Promise<readonly Member[]> {
  const rows = await db.member.findMany({ where: { owner: { in: [...owners] }, person } });
  return rows.map((row) => ({ ...row, person }));
}

async function audit(db: Db, owner: string, limit: number): Promise<readonly AuditEntry[]> {
  const rows = await db.audit.findMany({ where: { owner }, orderBy: { seq: 'desc' }, take: limit });
  return rows.map(({ by, action, detail, at }) => ({ owner, by: by as UserId, action, detail, at }));
}

export function moderationStore(db: Db, now: Clock): ModerationStore {
  return {
    saveWord: (word) => saveWord(db, word),
    removeWord: async (owner, entry) => (await db.word.deleteMany({ where: { owner, entry } })).count > 0,
    words: (owners) => words(db, owners),
    saveMember: (decided) => saveMember(db, decided),
    member: (owners, person) => member(db, owners, person),
    record: async ({ owner, by, action, detail }) =>
      void (await db.audit.create({ data: { owner, by, action, detail: toText(detail), at: now() } })),
    audit: (owner, limit) => audit(db, owner, limit),
  };
}
