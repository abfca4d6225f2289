/** A job as it entered the line or was begun. */
export interface LineEvent {
  readonly what: 'added' | 'started';
  readonly id: string;
  readonly group: string;
  readonly author: string;
  readonly cost: number;
}

/** One level as it is defined: virtual time, and of each flow its start and finish tag and what waits in it. */
class Level<Child> {
  virtual = 0;
  readonly #flows = new Map<
    string,
    { start: number; finish: number; child: Child; waiting: number; heads: number[] }
  >();
  readonly #make: () => Child;

  constructor(make: () => Child) {
    this.#make = make;
  }

  /** A job, the `order`th of all, arrives in a flow; one that was idle begins at the virtual time. */
  arrive(name: string, order: number): Child {
    const flow = this.#flows.get(name) ?? { start: 0, finish: 0, child: this.#make(), waiting: 0, heads: [] };
    this.#flows.set(name, flow);
    if (flow.waiting === 0) flow.start = Math.max(this.virtual, flow.finish);
    flow.waiting += 1;
    flow.heads.push(order);
    return flow.child;
  }

  /** The non-empty flow with the smallest start tag; of equals the one whose oldest job has waited longest. */
  next(): { readonly name: string; readonly child: Child } {
    const waiting = [...this.#flows].filter(([, flow]) => flow.waiting > 0);
    const [name, flow] = waiting.reduce((best, one) => {
      const [a, b] = [one[1], best[1]];
      return a.start < b.start || (a.start === b.start && Math.min(...a.heads) < Math.min(...b.heads)) ? one : best;
    });
    return { name, child: flow.child };
  }

  flowOf(name: string): Child {
    return this.#flows.get(name)!.child;
  }

  serve(name: string, order: number, cost: number): void {
    const flow = this.#flows.get(name)!;
    this.virtual = flow.start;
    flow.finish = flow.start + cost;
    flow.start = flow.finish;
    flow.waiting -= 1;
    flow.heads.splice(flow.heads.indexOf(order), 1);
  }
}

/**
 * How many jobs were not begun in the order of hierarchical start-time fair queueing, computed by its definition: servers by credits, then
 * their people, then first come first served.
 */
export function outOfOrder(events: readonly LineEvent[]): number {
  const servers = new Level(() => new Level<LineEvent[]>(() => []));
  const orders = new Map<string, number>();
  let wrong = 0;
  for (const event of events) {
    if (event.what === 'added') {
      orders.set(event.id, orders.size);
      const people = servers.arrive(event.group, orders.get(event.id)!);
      people.arrive(event.author, orders.get(event.id)!).push(event);
      continue;
    }
    const server = servers.next();
    const person = server.child.next();
    const expected = person.child[0]!;
    if (expected.id !== event.id) wrong += 1;
    // Goes on from what really happened, so that one mistake is counted once.
    const order = orders.get(event.id)!;
    servers.serve(event.group, order, event.cost);
    const own = servers.flowOf(event.group);
    own.serve(event.author, order, event.cost);
    const queue = own.flowOf(event.author);
    queue.splice(
      queue.findIndex(({ id }) => id === event.id),
      1,
    );
  }
  return wrong;
}
