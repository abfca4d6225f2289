import { z } from 'zod';
import type { LineageId, NodeId, PlaceId } from '../edit/lineage.ts';
import type { UserId } from '../edit/request.ts';
import { type Clock, type Db, isDuplicate, toJson } from './db.ts';
import type { Prisma } from './generated/sqlite/client.ts';
import { type Language, languageSchema, rulersOf } from './people.ts';

const stateSchema = z.enum(['open', 'passed', 'closed']);

/** A question to everybody who works on a tree. */
export interface Vote {
  readonly id: string;
  readonly lineage: LineageId;
  readonly place: PlaceId;
  /** What happens when enough agree; parsed by whoever asked. */
  readonly content: unknown;
  readonly needed: number;
  readonly language: Language;
  readonly state: z.infer<typeof stateSchema>;
  readonly closesAt: Date;
  /** Who agrees. */
  readonly ballots: readonly UserId[];
}
export type NewVote = Omit<Vote, 'state' | 'ballots'>;

/** Somebody who is busy with a picture. */
export interface Hold {
  readonly by: UserId;
  readonly until: Date;
}

/** How people work together in a place, besides its policy; what nobody chose there is as in what it hangs on. */
export interface PlaceRules {
  /** Moving HEAD takes a vote where anyone may. */
  readonly votes: boolean;
  /** Pictures name the people who made them in their infotext. */
  readonly authors: boolean;
  /** Every new tree goes on in a thread of its own, where a platform has threads. */
  readonly threads: boolean;
}

export interface TogetherStore {
  /** Says, or says again, that somebody is busy with a picture until then. */
  hold(node: NodeId, by: UserId, until: Date): Promise<void>;
  release(node: NodeId, by: UserId): Promise<void>;
  /** Who is busy with a picture now, longest first. */
  holders(node: NodeId): Promise<readonly Hold[]>;
  /** Asks, with the first ballot. */
  openVote(vote: NewVote, by: UserId): Promise<void>;
  vote(id: string): Promise<Vote | undefined>;
  /** Gives somebody's ballot, or takes it back. */
  toggleBallot(vote: string, by: UserId): Promise<void>;
  /** open → passed or closed; of several who try only one does. */
  endVote(id: string, state: 'passed' | 'closed'): Promise<boolean>;
  /** Votes of a place that are open and have time left. */
  openVotes(place: PlaceId): Promise<readonly Vote[]>;
  /** Open votes whose time is over. */
  overdueVotes(): Promise<readonly Vote[]>;
  rules(place: PlaceId): Promise<PlaceRules>;
  setRules(place: PlaceId, rules: Partial<PlaceRules>): Promise<void>;
}

const withBallots = { include: { ballots: { orderBy: { by: 'asc' } } } } as const;

function toVote(row: Prisma.VoteGetPayload<{ include: { ballots: true } }>): Vote {
  const { id, lineageId, place, content, needed, closesAt } = row;
  return {
    ...{ id, lineage: lineageId as LineageId, place: place as PlaceId, content, needed, closesAt },
    language: languageSchema.parse(row.language),
    state: stateSchema.parse(row.state),
    ballots: row.ballots.map(({ by }) => by as UserId),
  };
}

async function openVote(db: Db, { lineage, content, ...vote }: NewVote, by: UserId): Promise<void> {
  const data = { ...vote, lineageId: lineage, content: toJson(content), state: 'open', ballots: { create: { by } } };
  await db.vote.create({ data });
}

async function toggleBallot(db: Db, voteId: string, by: UserId): Promise<void> {
  const { count } = await db.ballot.deleteMany({ where: { voteId, by } });
  if (count > 0) return;
  await db.ballot.create({ data: { voteId, by } }).catch((error: unknown) => {
    if (!isDuplicate(error)) throw error; // pressed twice at once
  });
}

async function endVote(db: Db, id: string, state: 'passed' | 'closed'): Promise<boolean> {
  return (await db.vote.updateMany({ where: { id, state: 'open' }, data: { state } })).count === 1;
}

async function hold(db: Db, nodeId: NodeId, by: UserId, until: Date, now: Date): Promise<void> {
  await db.hold.deleteMany({ where: { until: { lte: now } } });
  const where = { nodeId_by: { nodeId, by } };
  await db.hold.upsert({ where, create: { nodeId, by, until }, update: { until } });
}

async function holders(db: Db, nodeId: NodeId, now: Date): Promise<readonly Hold[]> {
  const rows = await db.hold.findMany({ where: { nodeId, until: { gt: now } }, orderBy: { until: 'desc' } });
  return rows.map(({ by, until }) => ({ by: by as UserId, until }));
}

export function togetherStore(db: Db, now: Clock): TogetherStore {
  return {
    hold: (node, by, until) => hold(db, node, by, until, now()),
    release: async (nodeId, by) => void (await db.hold.deleteMany({ where: { nodeId, by } })),
    holders: (node) => holders(db, node, now()),
    openVote: (vote, by) => openVote(db, vote, by),
    vote: async (id) => {
      const row = await db.vote.findUnique({ where: { id }, ...withBallots });
      return row ? toVote(row) : undefined;
    },
    toggleBallot: (vote, by) => toggleBallot(db, vote, by),
    endVote: (id, state) => endVote(db, id, state),
    openVotes: async (place) => {
      const where = { state: 'open', place, closesAt: { gt: now() } };
      return (await db.vote.findMany({ where, ...withBallots })).map(toVote);
    },
    overdueVotes: async () => {
      const where = { state: 'open', closesAt: { lte: now() } };
      return (await db.vote.findMany({ where, ...withBallots, take: 100 })).map(toVote);
    },
    rules: async (id) => {
      const rulers = await rulersOf(db, id);
      const holds = (rule: keyof PlaceRules) => rulers.find((ruler) => ruler[rule] !== null)?.[rule] ?? false;
      return { votes: holds('votes'), authors: holds('authors'), threads: holds('threads') };
    },
    setRules: async (id, rules) => void (await db.place.updateMany({ where: { id }, data: rules })),
  };
}
