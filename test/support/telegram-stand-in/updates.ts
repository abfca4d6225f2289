import { refuse } from './refusal.ts';
import type { Fields } from './world.ts';

interface Poll {
  readonly offset: number;
  readonly limit: number;
  answer(updates: readonly Fields[]): void;
  fail(error: Error): void;
}

/** Updates on their way to the bot: polled, or brought to it. */
export interface Updates {
  /** Newest id first given out is the first of all. */
  push(update: Fields): number;
  /** Holds until there is something, or for `timeoutMs`. A poll that another one follows is ended: 409. */
  poll(how: {
    readonly offset: number;
    readonly limit: number;
    readonly timeoutMs: number;
    readonly gone: AbortSignal;
  }): Promise<readonly Fields[]>;
  /** Hands out the newest `count` once more, as after a lost offset. */
  replay(count: number): void;
  clear(): void;
  /** Ids that were handed out and confirmed by a higher offset. */
  readonly confirmed: number;
  /** Brings updates instead of being polled; null ends that. */
  bring(to: ((update: Fields) => Promise<boolean>) | null): void;
  /** Ends the poll that is held. */
  close(): void;
}

export function openUpdates(): Updates {
  let nextId = 700_000_001;
  let waiting: Fields[] = [];
  let sent: Fields[] = [];
  let held: Poll | null = null;
  let confirmed = 0;
  let bringTo: ((update: Fields) => Promise<boolean>) | null = null;
  let bringing: Promise<void> = Promise.resolve();

  const idOf = (update: Fields) => update.update_id as number;
  const due = ({ offset, limit }: Pick<Poll, 'offset' | 'limit'>) => {
    const dropped = waiting.filter((update) => idOf(update) < offset && !replayed.has(update));
    sent = [...sent, ...dropped].slice(-100);
    waiting = waiting.filter((update) => !dropped.includes(update));
    confirmed = Math.max(confirmed, offset - 1);
    return waiting.slice(0, limit);
  };
  const replayed = new Set<Fields>();
  const handOut = () => {
    if (!held) return;
    const updates = due(held);
    if (updates.length === 0) return;
    for (const update of updates) if (replayed.delete(update)) waiting = waiting.filter((one) => one !== update);
    held.answer(updates);
    held = null;
  };
  const brought = async (to: (update: Fields) => Promise<boolean>) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      sent = [...sent, next].slice(-100);
      if (!(await to(next))) waiting.push(next);
    }
  };
  const wake = () => {
    const to = bringTo;
    if (to) bringing = bringing.then(() => brought(to));
    else handOut();
  };

  return {
    push: (update) => {
      const id = nextId++;
      waiting.push({ update_id: id, ...update });
      wake();
      return id;
    },
    poll: ({ offset, limit, timeoutMs, gone }) => {
      held?.fail(
        refuse(409, 'terminated by other getUpdates request; make sure that only one bot instance is running'),
      );
      return new Promise((resolve, reject) => {
        const end = () => {
          if (held === poll) held = null;
          resolve([]);
        };
        const timer = setTimeout(end, timeoutMs);
        const settled =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer);
            settle(value);
          };
        const poll: Poll = { offset, limit, answer: settled(resolve), fail: settled(reject) };
        gone.addEventListener('abort', end, { once: true });
        held = poll;
        handOut();
      });
    },
    replay: (count) => {
      const again = [...sent, ...waiting].slice(-count).map((update) => ({ ...update }));
      for (const update of again) replayed.add(update);
      waiting = [...again, ...waiting];
      wake();
    },
    clear: () => {
      waiting = [];
    },
    get confirmed() {
      return confirmed;
    },
    bring: (to) => {
      bringTo = to;
      wake();
    },
    close: () => {
      held?.answer([]);
      held = null;
    },
  };
}
