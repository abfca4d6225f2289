import type { UserId } from '../../edit/request.ts';
import { Refusal, type Refusals } from '../../errors.ts';
import type { JobQueue, Line } from '../../jobs/queue.ts';
import type { Storage } from '../../storage/index.ts';

/** How much of the line one person, one server and everybody may fill. */
export interface Limits {
  readonly runningPerPerson: number;
  readonly queuedPerPerson: number;
  readonly queuedPerGroup: number;
  readonly queuedInAll: number;
  /** Credits a person may spend in any 60 minutes. */
  readonly creditsPerHour: number;
}
export const defaultLimits: Limits = {
  runningPerPerson: 1,
  queuedPerPerson: 3,
  queuedPerGroup: 10,
  queuedInAll: 200,
  creditsPerHour: 100,
};

/** Who wants to add an edit of that cost, and where. */
export interface Claim {
  readonly author: UserId;
  /** Null where people share nothing, as in private chats. */
  readonly group: string | null;
  readonly cost: number;
}

const HOUR_MS = 3_600_000;

/** Seconds until enough of the last hour's edits are an hour old, to the half minute. Rows tell; nothing is kept in memory. */
async function secondsUntilFree(
  { jobs }: Pick<Storage, 'jobs'>,
  claim: Claim,
  limits: Limits,
  now: number,
): Promise<number> {
  let [early, late] = [0, HOUR_MS];
  while (late - early > 30_000) {
    const wait = (early + late) / 2;
    const spent = await jobs.creditsSince(claim.author, new Date(now + wait - HOUR_MS));
    if (spent + claim.cost > limits.creditsPerHour) early = wait;
    else late = wait;
  }
  return Math.ceil(late / 1000);
}

type FullScope = Refusals['queue-full']['scope'];

/** Seconds until the line has room for somebody again: one of their own is done, or the first that waits here, or anywhere, is begun. */
function secondsUntilRoom(line: Line, { author, group }: Claim, scope: FullScope): number | null {
  const { running } = line;
  const waiting = line.waiting.filter(({ isPaused }) => !isPaused);
  const own = [
    ...running.filter((job) => job.author === author).map(({ leftSeconds }) => leftSeconds),
    ...waiting.filter((job) => job.author === author).map(({ etaSeconds }) => etaSeconds),
  ];
  const there = waiting.filter((job) => scope === 'global' || job.group === group);
  const all = scope === 'user' ? own : there.map(({ beginsInSeconds }) => beginsInSeconds);
  return all.length === 0 ? null : Math.max(1, Math.ceil(Math.min(...all)));
}

/**
 * Counts rows: what is waiting and running, and what the last hour cost. One edit is always possible, however dear.
 * @throws Refusal 'queue-full', 'quota'
 */
export async function checkLimits(
  { storage, queue }: { readonly storage: Pick<Storage, 'jobs'>; readonly queue: Pick<JobQueue, 'line'> },
  claim: Claim,
  limits: Limits,
  now: number,
): Promise<void> {
  const { jobs } = storage;
  const full = async (scope: FullScope, limit: number) =>
    new Refusal('queue-full', { scope, limit, seconds: secondsUntilRoom(await queue.line(), claim, scope) });
  const own = await jobs.count({ author: claim.author });
  const most = limits.runningPerPerson + limits.queuedPerPerson;
  if (own.queued + own.running >= most) throw await full('user', most);
  if (claim.group !== null && (await jobs.count({ group: claim.group })).queued >= limits.queuedPerGroup)
    throw await full('server', limits.queuedPerGroup);
  if ((await jobs.count('all')).queued >= limits.queuedInAll) throw await full('global', limits.queuedInAll);
  const spent = await jobs.creditsSince(claim.author, new Date(now - HOUR_MS));
  if (spent > 0 && spent + claim.cost > limits.creditsPerHour) {
    throw new Refusal('quota', { seconds: await secondsUntilFree(storage, claim, limits, now) });
  }
}
