/** A job as it entered the line or was begun. */
export interface LineEvent {
  readonly what: 'added' | 'started';
  readonly id: string;
  readonly group: string;
  readonly author: string;
  /** Credits. */
  readonly cost: number;
  /** ms since 1970. */
  readonly acceptedAt: number;
}

/** What came of comparing an order with the fair one. */
export interface Fairness {
  /** Jobs begun although it was somebody else's turn. */
  readonly outOfOrder: number;
  /** Jobs begun while several people waited, so that there was something to decide. */
  readonly contested: number;
}

const isOlder = (a: LineEvent, b: LineEvent): boolean =>
  a.acceptedAt < b.acceptedAt || (a.acceptedAt === b.acceptedAt && a.id < b.id);
const oldestOf = (jobs: readonly LineEvent[]): LineEvent => jobs.reduce((a, b) => (isOlder(b, a) ? b : a));

/** One level as it is defined: virtual time, and of each flow its start and finish tag and what waits in it. */
class Level<Child> {
  virtual = 0;
  readonly #flows = new Map<string, { start: number; finish: number; child: Child; waiting: LineEvent[] }>();
  readonly #make: () => Child;

  constructor(make: () => Child) {
    this.#make = make;
  }

  /** A job arrives in a flow; one that was idle begins at the virtual time. */
  arrive(name: string, job: LineEvent): Child {
    const flow = this.#flows.get(name) ?? { start: 0, finish: 0, child: this.#make(), waiting: [] };
    this.#flows.set(name, flow);
    if (flow.waiting.length === 0) flow.start = Math.max(this.virtual, flow.finish);
    flow.waiting.push(job);
    return flow.child;
  }

  /** Flows in which something waits. */
  get busy(): number {
    return [...this.#flows.values()].filter(({ waiting }) => waiting.length > 0).length;
  }

  /** The non-empty flow with the smallest start tag; of equals the one whose oldest job has waited longest. */
  next(): Child {
    const waiting = [...this.#flows.values()].filter((flow) => flow.waiting.length > 0);
    const best = waiting.reduce((a, b) => {
      const isFirst = b.start < a.start || (b.start === a.start && isOlder(oldestOf(b.waiting), oldestOf(a.waiting)));
      return isFirst ? b : a;
    });
    return best.child;
  }

  serve(name: string, { id, cost }: LineEvent): Child {
    const flow = this.#flows.get(name)!;
    this.virtual = flow.start;
    flow.finish = flow.start + cost;
    flow.start = flow.finish;
    flow.waiting = flow.waiting.filter((job) => job.id !== id);
    return flow.child;
  }
}

/**
 * How jobs were begun, against hierarchical start-time fair queueing computed by its definition: servers by credits, then their people,
 * then first come first served. Goes on from what really happened, so that one mistake is counted once.
 */
export function fairness(events: readonly LineEvent[]): Fairness {
  const servers = new Level(() => new Level<LineEvent[]>(() => []));
  let [outOfOrder, contested] = [0, 0];
  for (const event of events) {
    const { what, id, group, author } = event;
    if (what === 'added') {
      servers.arrive(group, event).arrive(author, event).push(event);
      continue;
    }
    const people = servers.next();
    if (oldestOf(people.next()).id !== id) outOfOrder += 1;
    if (servers.busy > 1 || people.busy > 1) contested += 1;
    const own = servers.serve(group, event).serve(author, event);
    own.splice(
      own.findIndex((job) => job.id === id),
      1,
    );
  }
  return { outOfOrder, contested };
}
