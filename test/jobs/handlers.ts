import { once } from 'node:events';
import { vi } from 'vitest';
import type { JobId } from '../../src/edit/lineage.ts';
import type { EditResult } from '../../src/edit/request.ts';
import type { Handler, Job, JobEvent, JobOutcome, JobQueue } from '../../src/jobs/queue.ts';
import type { Log } from '../../src/log.ts';
import { anyBlob } from '../support/jobs.ts';

export const anyResult: EditResult = {
  images: [{ image: anyBlob, width: 64, height: 64, seed: 1, infotext: 'a red hat' }],
  seconds: { load: 0, encode: 0, sample: 0, decode: 0 },
  stepsRun: 5,
};

/** Remembers what was begun, in order, and is done at once. */
export function quick(): { readonly begun: JobId[]; readonly handler: Handler } {
  const begun: JobId[] = [];
  return {
    begun,
    async handler({ id }) {
      begun.push(id);
      return anyResult;
    },
  };
}

/** Remembers what was begun, and holds it until it is told to finish or its signal fires. */
export function patient(): { readonly begun: JobId[]; readonly handler: Handler; finish(id: JobId): void } {
  const begun: JobId[] = [];
  const finished = new EventTarget();
  return {
    begun,
    finish: (id) => finished.dispatchEvent(new Event(id)),
    async handler({ id }, _report, signal) {
      begun.push(id);
      await once(finished, id, { signal });
      return anyResult;
    },
  };
}

/** Everything a queue tells. */
export function eventsOf(queue: JobQueue): JobEvent[] {
  const events: JobEvent[] = [];
  queue.listen((event) => events.push(event));
  return events;
}

export async function outcomeOf(queue: JobQueue, { id }: Job, timeout = 10_000): Promise<JobOutcome> {
  return await vi.waitFor(
    async () => {
      const outcome = await queue.outcome(id);
      if (!outcome) throw new Error(`${id} has not ended`);
      return outcome;
    },
    { timeout, interval: 10 },
  );
}

/** Waits until something holds, 10 s at most. */
export async function until(holds: () => boolean | Promise<boolean>, timeout = 10_000): Promise<void> {
  const check = async () => {
    if (!(await holds())) throw new Error(`not yet: ${holds}`);
  };
  await vi.waitFor(check, { timeout, interval: 10 });
}

/** Keeps what is logged as an error. */
export function errorLog(): { readonly errors: object[]; readonly log: Log } {
  const errors: object[] = [];
  const log: Log = { debug() {}, info() {}, warn() {}, error: (bindings) => errors.push(bindings), child: () => log };
  return { errors, log };
}
