import { randomBytes } from 'node:crypto';

/** Changes that are kept for listeners who lost their connection. */
const KEPT = 500;

/** A change and its name, by which a listener says how far they are. */
export interface Numbered<T> {
  readonly event: string;
  readonly change: T;
}

/** Tells listeners what changes, and those who come back what they missed. */
export interface Feed<T> extends Disposable {
  /** Name of the newest change. */
  readonly event: string;
  tell(change: T): void;
  /** What came after `event`, oldest first; undefined when that is too long ago, or was in another run. */
  since(event: string): readonly Numbered<T>[] | undefined;
  /** Calls `hear` for every change from now on; `end` when there will be none. */
  listen(hear: (numbered: Numbered<T>) => void, end: () => void): Disposable;
}

interface Listener<T> {
  readonly hear: (numbered: Numbered<T>) => void;
  readonly end: () => void;
}

/** @param supersedes whether nobody who hears `newer` needs to hear `older` any more */
export function openFeed<T>(supersedes: (newer: T, older: T) => boolean): Feed<T> {
  const run = randomBytes(6).toString('hex');
  const listeners = new Set<Listener<T>>();
  let kept: { readonly number: number; readonly change: T }[] = [];
  let newest = 0;
  /** The oldest change that may have been forgotten. */
  let forgotten = 0;
  const named = (number: number) => `${run}-${number}`;
  const numbered = ({ number, change }: (typeof kept)[number]) => ({ event: named(number), change });
  return {
    get event() {
      return named(newest);
    },
    tell(change) {
      newest += 1;
      kept = kept.filter((older) => !supersedes(change, older.change));
      kept.push({ number: newest, change });
      while (kept.length > KEPT) forgotten = kept.shift()!.number;
      for (const { hear } of listeners) hear(numbered(kept.at(-1)!));
    },
    since(event) {
      const [ofRun, number = ''] = event.split('-');
      const from = Number(number);
      if (ofRun !== run || !Number.isInteger(from) || from < forgotten || from > newest) return undefined;
      return kept.filter((change) => change.number > from).map(numbered);
    },
    listen(hear, end) {
      const listener = { hear, end };
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    [Symbol.dispose]() {
      for (const { end } of [...listeners]) end();
      listeners.clear();
    },
  };
}
