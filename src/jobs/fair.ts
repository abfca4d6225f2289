import type { Job } from './queue.ts';

/** A job that nobody has begun, or that came back from a worker that was lost or told to stop. */
export interface Waiting {
  readonly job: Job;
  /** It has had its turn: first of its author's jobs, and not charged again. */
  readonly returned: boolean;
}

/** One level of the hierarchy: its virtual time, and where each flow's last service ended; credits. */
interface Level {
  readonly virtual: number;
  readonly finish: Readonly<Record<string, number>>;
  /** When it last served anybody, ms since 1970. */
  readonly servedAt: number;
}

/** What fair dispatch remembers between two turns; JSON. Flows are groups (servers, chats), and in each group its people. */
export interface FairState {
  readonly groups: Level;
  readonly people: Readonly<Record<string, Level>>;
}

/** Shares by group or person; whoever is not named has 1. */
export type Weights = Readonly<Record<string, number>>;

const untouched: Level = { virtual: 0, finish: {}, servedAt: 0 };
export const freshState: FairState = { groups: untouched, people: {} };

const minute = 60_000;
/** Ageing begins after this, then takes one credit off the start tag per minute. */
const patience = 10 * minute;
/** A group nobody was served in for so long begins afresh. */
const memory = 60 * minute;

interface Flow {
  readonly name: string;
  readonly waiting: readonly Waiting[];
  readonly oldest: Job;
  /** Start tag max(V, F), less what ageing takes off. */
  readonly start: number;
}

function isOlder(a: Job, b: Job): boolean {
  return a.acceptedAt < b.acceptedAt || (a.acceptedAt === b.acceptedAt && a.id < b.id);
}

/**
 * S = max(V, F) holds for a flow that was idle and for one that was not: V is never above the smallest S of those
 * who wait. So a start tag need not be stored, and an arrival changes nothing.
 */
function startTag(level: Level, flow: string): number {
  return Math.max(level.virtual, level.finish[flow] ?? 0);
}

function flowsOf(level: Level, waiting: readonly Waiting[], nameOf: (job: Job) => string, now: number): Flow[] {
  const byName = new Map<string, Waiting[]>();
  for (const one of waiting) {
    const name = nameOf(one.job);
    const mates = byName.get(name);
    if (mates) mates.push(one);
    else byName.set(name, [one]);
  }
  return Array.from(byName, ([name, mates]) => {
    const oldest = mates.map(({ job }) => job).reduce((a, b) => (isOlder(b, a) ? b : a));
    const aged = Math.max(0, now - oldest.acceptedAt - patience) / minute;
    return { name, waiting: mates, oldest, start: startTag(level, name) - aged };
  });
}

/** The flow with the smallest start tag; among equals the one whose job has waited longest. */
function firstFlow(flows: readonly Flow[]): Flow {
  return flows.reduce((best, flow) =>
    flow.start < best.start || (flow.start === best.start && isOlder(flow.oldest, best.oldest)) ? flow : best,
  );
}

/** V = S, F = S + cost / weight. Flows whose F is past are forgotten: their start tag is V either way. */
function serve(level: Level, flow: Flow, charge: number, now: number): Level {
  const virtual = Math.max(level.virtual, flow.start);
  const finish = { ...level.finish, [flow.name]: startTag(level, flow.name) + charge };
  const kept = Object.entries(finish).filter(([, end]) => end > virtual);
  return { virtual, finish: Object.fromEntries(kept), servedAt: now };
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.returned === b.returned ? isOlder(a.job, b.job) : a.returned;
}

/**
 * Hierarchical start-time fair queueing: whose turn it is, and what to remember once that job has been dispatched. Groups take
 * turns by the credits their jobs cost, inside a group people do, a person's own jobs go first come first served. After ten minutes
 * of waiting a flow moves up by one credit a minute.
 *
 * @param waiting  in any order
 * @param now      ms since 1970
 * @returns undefined when nobody waits
 * Source: Goyal, Vin, Cheng 1996, "Start-time Fair Queuing"; ageing as in AI-Horde
 */
export function nextTurn(
  waiting: readonly Waiting[],
  state: FairState,
  now: number,
  weights: Weights = {},
): { readonly next: Waiting; readonly state: FairState } | undefined {
  if (waiting.length === 0) return undefined;
  const group = firstFlow(flowsOf(state.groups, waiting, (job) => job.group, now));
  const people = state.people[group.name] ?? untouched;
  const person = firstFlow(flowsOf(people, group.waiting, (job) => job.author, now));
  const next = person.waiting.reduce((best, one) => (isBefore(one, best) ? one : best));
  const charge = (flow: Flow) => (next.returned ? 0 : next.job.cost / (weights[flow.name] ?? 1));
  const remembered = Object.entries(state.people).filter(([, level]) => now - level.servedAt < memory);
  return {
    next,
    state: {
      groups: serve(state.groups, group, charge(group), now),
      people: { ...Object.fromEntries(remembered), [group.name]: serve(people, person, charge(person), now) },
    },
  };
}

/** The order in which jobs will be dispatched if nobody else comes: `nextTurn`, played to the end. */
export function dispatchOrder(
  waiting: readonly Waiting[],
  state: FairState,
  now: number,
  weights: Weights = {},
): readonly Job[] {
  const order: Job[] = [];
  let left = waiting;
  for (let turn = nextTurn(left, state, now, weights); turn; turn = nextTurn(left, turn.state, now, weights)) {
    const { next } = turn;
    order.push(next.job);
    left = left.filter((one) => one !== next);
  }
  return order;
}
