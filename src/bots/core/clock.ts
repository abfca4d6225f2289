import { setMaxListeners } from 'node:events';
/** The time, and being woken later; passed in, so that a test can move it. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** Calls `wake` once after `ms`, unless disposed before. */
  setTimeout(wake: () => void, ms: number): Disposable;
}

/** The machine's own time. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(wake, ms) {
    const timer = setTimeout(wake, ms);
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Resolves after `ms`, or as soon as `signal` fires. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  setMaxListeners(0, signal); // many wait for the same end
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = clock.setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
