import { expect, test } from 'vitest';
import { paceAfter, timedLine } from '../../src/jobs/eta.ts';
import { editTask, testJob } from '../support/jobs.ts';

test('before anything was measured a credit lasts a second; then a fifth of every measurement counts', () => {
  expect(paceAfter(undefined, 12, 2)).toBeCloseTo(0.8 * 1 + 0.2 * 6);
  expect(paceAfter(5, 12, 2)).toBeCloseTo(0.8 * 5 + 0.2 * 6);
});

test('a job without cost teaches nothing', () => {
  expect(paceAfter(5, 12, 0)).toBe(5);
});

test('the wait is the work ahead shared by the workers, then one’s own, each at its model’s pace', () => {
  const slow = testJob({ cost: 3, task: editTask({ checkpoint: 'slow' }) });
  const quick = testJob({ cost: 2, task: editTask({ checkpoint: 'quick' }) });
  const pace = { slow: 10, quick: 1 };
  const { waiting } = timedLine({ next: [slow, quick], held: [] }, [], { pace, workers: 2, now: 0 });
  expect(waiting.map(({ ahead, beginsInSeconds, etaSeconds }) => [ahead, beginsInSeconds, etaSeconds])).toEqual([
    [0, 0, 30],
    [1, 15, 15 + 2],
  ]);
});

test('what runs counts with what is left of it, and never below nothing', () => {
  const job = testJob({ cost: 1 });
  const begun = (startedAt: number) => [{ job: testJob({ cost: 10 }), startedAt }];
  const half = timedLine({ next: [job], held: [] }, begun(0), { pace: {}, workers: 1, now: 4000 });
  expect(half.running[0]?.leftSeconds).toBe(6);
  expect(half.waiting[0]?.etaSeconds).toBe(6 + 1);
  const overdue = timedLine({ next: [job], held: [] }, begun(0), { pace: {}, workers: 0, now: 60_000 });
  expect(overdue.running[0]?.leftSeconds).toBe(0);
  expect(overdue.waiting[0]?.etaSeconds).toBe(1);
});
