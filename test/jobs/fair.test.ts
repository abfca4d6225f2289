import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JobId } from '../../src/edit/lineage.ts';
import type { UserId } from '../../src/edit/request.ts';
import {
  dispatchOrder,
  type FairState,
  freshState,
  nextTurn,
  parted,
  type Turning,
  type Waiting,
} from '../../src/jobs/fair.ts';
import { editTask, testJob } from '../support/jobs.ts';

const minute = 60_000;

/** `X:A1(4)` is the first job of A in server X, 4 credits; arrivals are a millisecond apart. */
function arrivals(text: string): Waiting[] {
  return text.split(' ').map((word, acceptedAt) => {
    const [, group = '', person = '', number = '', cost = '1'] = /^(?:(\w):)?(\w)(\d+)(?:\(([\d.]+)\))?$/.exec(word)!;
    const id = `${group ? `${group}:` : ''}${person}${number}` as JobId;
    const job = testJob({ id, group: group || 'X', author: `web:${person}` as UserId, cost: Number(cost), acceptedAt });
    return { job, returned: false };
  });
}

const order = (waiting: readonly Waiting[], state: FairState = freshState, turning: Partial<Turning> = {}) =>
  dispatchOrder(waiting, state, { now: 0, ...turning })
    .map(({ id }) => id)
    .join(' ');

describe('fair dispatch', () => {
  test('gives everybody in a server a turn before anybody has a second one', () => {
    expect(order(arrivals('A1 A2 B1 C1 C2 A3'))).toBe('A1 B1 C1 A2 C2 A3');
  });

  test('shares between servers first, by what their jobs cost', () => {
    const waiting = arrivals('X:A1(4) X:A2(4) X:B1(1) Y:C1(1) Y:C2(1) Y:D1(2) X:A3(1)');
    expect(order(waiting)).toBe('X:A1 Y:C1 Y:D1 Y:C2 X:B1 X:A2 X:A3');
  });

  test('remembers the cost of what was dispatched before somebody else came', () => {
    const [first, ...rest] = arrivals('A1(3) A2(1) B1(1) B2(1) B3(1) B4(1)');
    const turn = nextTurn([first!], freshState, { now: 0 })!;
    expect(order(rest, turn.state)).toBe('B1 B2 B3 A2 B4');
  });

  test('does not let a newcomer catch up on turns nobody waited for', () => {
    const [a, b, c, ...rest] = arrivals('A1(5) A2(5) A3(5) B1(5) A4(5) B2(5)');
    let state = freshState;
    for (const one of [a!, b!, c!]) state = nextTurn([one], state, { now: 0 })!.state;
    expect(order(rest, state)).toBe('B1 A4 B2');
  });

  test('gives twice the credits to twice the weight', () => {
    const waiting = arrivals('A1 A2 A3 A4 B1 B2 B3 B4');
    expect(order(waiting, freshState, { weights: { 'web:B': 2 } })).toBe('A1 B1 B2 A2 B3 B4 A3 A4');
  });

  test('puts a job that came back before its author’s others, and charges it once', () => {
    const [a, ...rest] = arrivals('A1(2) B1 A2 B2');
    const { state } = nextTurn([a!], freshState, { now: 0 })!;
    expect(order([...rest, { job: a!.job, returned: true }], state)).toBe('B1 B2 A1 A2');
  });

  test('leaves an order alone for ten minutes, then moves the one who waits up by a credit a minute', () => {
    const [heavy, ...rest] = arrivals('A1(6) A2 B1(1) B2(1) B3(1)');
    const { state } = nextTurn([heavy!], freshState, { now: 0 })!;
    const late = rest.map((one) =>
      one.job.id === 'A2' ? one : { ...one, job: { ...one.job, acceptedAt: 17 * minute } },
    );
    expect(order(late, state, { now: 9 * minute })).toBe('B1 B2 B3 A2');
    expect(order(late, state, { now: 15.5 * minute })).toBe('B1 A2 B2 B3');
    expect(order(late, state, { now: 17 * minute })).toBe('A2 B1 B2 B3');
  });

  test('lets a worker begin with one of a person’s next three jobs that needs what it has loaded, and changes nobody else’s turn', () => {
    const on =
      (checkpoint: string, ...ids: readonly string[]) =>
      (one: Waiting) =>
        ids.includes(one.job.id) ? { ...one, job: { ...one.job, task: editTask({ checkpoint }) } } : one;
    const waiting = arrivals('A1 B1 A2 B2 A3 A4').map(on('other', 'A3', 'A4', 'B2'));
    expect(order(waiting)).toBe('A1 B1 A2 B2 A3 A4');
    expect(order(waiting, freshState, { loaded: ['other'] })).toBe('A3 B2 A4 B1 A1 A2');
    const [first, ...others] = waiting.map(on('other', 'A1'));
    expect(order([{ ...first!, returned: true }, ...others], freshState, { loaded: ['fake'] })).toMatch(/^A1 /);
    const far = arrivals('A1 A2 A3 A4').map(on('other', 'A4'));
    expect(order(far, freshState, { loaded: ['other'] })).toBe('A1 A2 A3 A4');
    expect(order(waiting, freshState, { loaded: ['other'], now: 10 * minute + 1 })).toMatch(/^A1 /); // long passed by
  });

  test('leaves out who is paused, and says so', () => {
    const waiting = arrivals('X:A1 Y:B1 X:A2');
    const { free, held } = parted(waiting, new Set(['X']));
    expect(order(free)).toBe('Y:B1');
    expect(held.map(({ id }) => id)).toEqual(['X:A1', 'X:A2']);
    expect(parted(waiting, new Set(['*'])).held).toHaveLength(3);
  });

  test('forgets whoever has nothing to be remembered for', () => {
    let state = freshState;
    for (let i = 0; i < 500; i += 1) {
      const now = i * minute;
      const [one] = arrivals(`A1`);
      const job = { ...one!.job, group: `d:${i}`, author: `discord:${i}` as UserId, acceptedAt: now };
      state = nextTurn([{ job, returned: false }], state, { now })!.state;
    }
    expect(JSON.stringify(state).length).toBeLessThan(10_000);
  });
});

const anyJobs = fc.array(
  fc.record({
    group: fc.constantFrom('X', 'Y', 'Z'),
    person: fc.constantFrom('A', 'B', 'C'),
    cost: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 30 },
);
const toWaiting = (jobs: readonly { group: string; person: string; cost: number }[]): Waiting[] =>
  jobs.map(({ group, person, cost }, i) => ({
    job: testJob({ group, author: `web:${group}${person}` as UserId, cost, acceptedAt: i }),
    returned: false,
  }));

describe('whatever waits', () => {
  test('is dispatched exactly once, each person’s jobs in their order', () =>
    fc.assert(
      fc.property(anyJobs, (jobs) => {
        const waiting = toWaiting(jobs);
        const dispatched = dispatchOrder(waiting, freshState, { now: 0 });
        expect(new Set(dispatched)).toEqual(new Set(waiting.map(({ job }) => job)));
        for (const author of new Set(dispatched.map((job) => job.author))) {
          const times = dispatched.filter((job) => job.author === author).map((job) => job.acceptedAt);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
        }
      }),
    ));

  test('never leaves a waiting server more than the two largest jobs behind another', () =>
    fc.assert(
      fc.property(anyJobs, (jobs) => {
        const waiting = toWaiting(jobs);
        const largest = Math.max(0, ...jobs.map(({ cost }) => cost));
        const left = new Map<string, number>();
        const served = new Map<string, number>();
        for (const { job } of waiting) left.set(job.group, (left.get(job.group) ?? 0) + 1);
        for (const { group, cost } of dispatchOrder(waiting, freshState, { now: 0 })) {
          served.set(group, (served.get(group) ?? 0) + cost);
          left.set(group, left.get(group)! - 1);
          const shares = [...left].filter(([, count]) => count > 0).map(([name]) => served.get(name) ?? 0);
          expect(Math.max(0, ...shares) - Math.min(...shares, Number.MAX_VALUE)).toBeLessThanOrEqual(2 * largest);
        }
      }),
    ));
});
