import type { Clock } from '../../../src/bots/core/clock.ts';

/** Time that only moves when told. */
export interface HandClock extends Clock {
  advance(ms: number): void;
}

export function handClock(): HandClock {
  let now = 1_000_000;
  const due = new Map<object, { at: number; wake: () => void }>();
  return {
    now: () => now,
    setTimeout: (wake, ms) => {
      const timer = { [Symbol.dispose]: () => void due.delete(timer) };
      due.set(timer, { at: now + ms, wake });
      return timer;
    },
    advance: (ms) => {
      now += ms;
      for (const [timer, { at, wake }] of due) {
        if (at > now) continue;
        due.delete(timer);
        wake();
      }
    },
  };
}
