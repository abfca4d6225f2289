import { modelOf } from './eta.ts';
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
  readonly finish: Readonly<Record<string, Finish>>;
}
interface Finish {
  readonly tag: number;
  /** ms since 1970. */
  readonly at: number;
}

/** What fair dispatch remembers between two turns; JSON. Flows are groups (servers, chats), and in each group its people. */
export interface FairState {
  readonly groups: Level;
  readonly people: Readonly<Record<string, Level>>;
}

/** Shares by group or person; whoever is not named has 1. */
export type Weights = Readonly<Record<string, number>>;

/** What a turn goes by, besides who waits and what was dispatched before. */
export interface Turning {
  /** ms since 1970. */
  readonly now: number;
  readonly weights?: Weights;
  /** Checkpoints of the workers who may take the next job, those that will be free first. */
  readonly loaded?: readonly string[];
}

/** Among paused groups: every one. */
const allGroups = '*';
const isFree = ({ job }: Waiting, paused: ReadonlySet<string>) => !paused.has(allGroups) && !paused.has(job.group);

/** Those that nobody paused, and the jobs of groups that somebody did, oldest first. */
export function parted(waiting: readonly Waiting[], paused: ReadonlySet<string>) {
  const free = waiting.filter((one) => isFree(one, paused));
  const held = waiting.filter((one) => !isFree(one, paused)).map(({ job }) => job);
  return { free, held: held.toSorted((a, b) => (isOlder(a, b) ? -1 : 1)) };
}

/** What holds jobs back. */
export interface Holds {
  readonly paused: ReadonlySet<string>;
  /** Jobs that have been begun, or handed to a worker. */
  readonly begun: readonly Pick<Job, 'author'>[];
  /** How many of one person's may be. */
  readonly most: number;
}

/** Those that may be begun: nobody paused their group, and their author has not as many at work as one may have. */
export function ready(waiting: readonly Waiting[], { paused, begun, most }: Holds): readonly Waiting[] {
  const atWork = (person: Job['author']) => begun.filter(({ author }) => author === person).length;
  return waiting.filter((one) => isFree(one, paused) && atWork(one.job.author) < most);
}

const untouched: Level = { virtual: 0, finish: {} };
export const freshState: FairState = { groups: untouched, people: {} };

const minute = 60_000;
/** Ageing begins after this, then takes one credit off the start tag per minute. */
const patience = 10 * minute;
/** Who was served so long ago begins afresh. */
const memory = 60 * minute;
/** Of so many next jobs of one person the worker may begin with one that needs no other checkpoint. */
const looksAhead = 3;

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
  return Math.max(level.virtual, level.finish[flow]?.tag ?? 0);
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

/** V = S, F = S + cost / weight. */
function serve(level: Level, flow: Flow, charge: number, at: number): Level {
  const tag = startTag(level, flow.name) + charge;
  return { virtual: Math.max(level.virtual, flow.start), finish: { ...level.finish, [flow.name]: { tag, at } } };
}

/** Without the flows that `keep` does not want, nor those whose last service is past: their start tag is V either way. */
function thinned(level: Level, keep: (flow: string, finish: Finish) => boolean): Level {
  const kept = Object.entries(level.finish).filter(([flow, end]) => end.tag > level.virtual && keep(flow, end));
  return { ...level, finish: Object.fromEntries(kept) };
}

function forget({ groups, people }: FairState, now: number): FairState {
  const recent = (_flow: string, { at }: Finish) => now - at < memory;
  const levels = Object.entries(people).map(([group, level]) => [group, thinned(level, recent)] as const);
  const kept = levels.filter(([, { finish }]) => Object.keys(finish).length > 0);
  return { groups: thinned(groups, recent), people: Object.fromEntries(kept) };
}

function byTurn(a: Waiting, b: Waiting): number {
  const isBefore = a.returned === b.returned ? isOlder(a.job, b.job) : a.returned;
  return isBefore ? -1 : 1;
}

/** The next of a person's own jobs: the first, or one soon after it whose checkpoint is loaded. What came back, or waits long, is not passed by. */
function nextOf(own: readonly Waiting[], { now, loaded = [] }: Turning): Waiting {
  const soon = own.toSorted(byTurn).slice(0, looksAhead);
  const first = soon[0]!;
  if (first.returned || now - first.job.acceptedAt > patience) return first;
  return soon.find(({ job }) => loaded.includes(modelOf(job))) ?? first;
}

interface Turn {
  readonly next: Waiting;
  readonly state: FairState;
}

function turn(waiting: readonly Waiting[], state: FairState, turning: Turning): Turn | undefined {
  const { now, weights = {} } = turning;
  if (waiting.length === 0) return undefined;
  const group = firstFlow(flowsOf(state.groups, waiting, (job) => job.group, now));
  const people = state.people[group.name] ?? untouched;
  const person = firstFlow(flowsOf(people, group.waiting, (job) => job.author, now));
  const next = nextOf(person.waiting, turning);
  const charge = (flow: Flow) => (next.returned ? 0 : next.job.cost / (weights[flow.name] ?? 1));
  const groups = serve(state.groups, group, charge(group), now);
  const served = { [group.name]: serve(people, person, charge(person), now) };
  return { next, state: { groups, people: { ...state.people, ...served } } };
}

/**
 * Hierarchical start-time fair queueing: whose turn it is, and what to remember once that job has been dispatched. Groups take
 * turns by the credits their jobs cost, inside a group people do, a person's own jobs go first come first served, but for a loaded
 * checkpoint. After ten minutes of waiting a flow moves up by one credit a minute.
 *
 * @param waiting  in any order
 * @returns undefined when nobody waits
 * Source: Goyal, Vin, Cheng 1996, "Start-time Fair Queuing"; ageing as in AI-Horde; loaded checkpoints as in InvokeAI
 */
export function nextTurn(waiting: readonly Waiting[], state: FairState, turning: Turning): Turn | undefined {
  const found = turn(waiting, state, turning);
  return found && { next: found.next, state: forget(found.state, turning.now) };
}

/** The order in which jobs will be dispatched if nobody else comes: turn after turn, to the end. */
export function dispatchOrder(waiting: readonly Waiting[], state: FairState, turning: Turning): readonly Job[] {
  let { loaded = [] } = turning;
  let left = waiting;
  let remembered = ofThose(waiting, state);
  const order: Job[] = [];
  for (;;) {
    const found = turn(left, remembered, { ...turning, loaded });
    if (!found) return order;
    const { next } = found;
    order.push(next.job);
    left = left.filter((one) => one !== next);
    remembered = found.state;
    loaded = [...loaded.slice(1), modelOf(next.job)]; // whoever took it has its checkpoint
  }
}

/** Only what is remembered of those who wait: the rest need not be copied with every turn. */
function ofThose(waiting: readonly Waiting[], { groups, people }: FairState): FairState {
  const names = new Set(waiting.flatMap(({ job }) => [job.group, job.author]));
  const isNamed = (flow: string) => names.has(flow);
  const levels = Object.entries(people).filter(([group]) => names.has(group));
  return { groups: thinned(groups, isNamed), people: Object.fromEntries(levels) };
}
