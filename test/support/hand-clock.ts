import type { Clock } from '../../src/bots/core/index.ts';

interface Alarm {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that a test moves by hand. */
export class HandClock implements Clock {
  #now = Date.UTC(2026, 10, 22, 12);
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#now;
  }

  setTimeout(wake: () => void, ms: number): Disposable {
    const alarm = { at: this.#now + ms, wake };
    this.#alarms.add(alarm);
    return { [Symbol.dispose]: () => void this.#alarms.delete(alarm) };
  }

  /** Lets time pass, waking whom it is time to wake, in order; what they begin is given a moment between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.#alarms].sort((a, b) => a.at - b.at);
      if (!next || next.at > end) break;
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
