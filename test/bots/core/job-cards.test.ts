import { beforeEach, describe, expect, test } from 'vitest';
import type { Desk } from '../../../src/bots/core/desk.ts';
import { DeliveryError } from '../../../src/bots/core/index.ts';
import { progressBar, shareOf } from '../../../src/bots/core/job-card.ts';
import { type JobCards, openJobCards } from '../../../src/bots/core/job-cards.ts';
import type { JobId, PlaceId } from '../../../src/edit/lineage.ts';
import type { Progress } from '../../../src/edit/request.ts';
import type { Line } from '../../../src/jobs/queue.ts';
import { silentLog } from '../../../src/log.ts';
import type { JobRow, Setting } from '../../../src/storage/index.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { editTask, testJob } from '../../support/jobs.ts';
import { ann, otherRoom, room, TestPlatform } from '../../support/test-platform.ts';

test('the bar fills by phase: preparing to 5 %, sampling to 92 %, decoding to 97 %, uploading the rest', () => {
  const at = (phase: Progress['phase'], step: number, steps: number) =>
    Math.round(shareOf({ phase, fraction: 0, step, steps }) * 100);
  expect([
    at('loading', 0, 0),
    at('preparing', 1, 1),
    at('sampling', 0, 20),
    at('sampling', 20, 20),
    at('decoding', 1, 1),
    at('uploading', 1, 2),
    at('uploading', 2, 2),
  ]).toEqual([0, 5, 5, 92, 97, 99, 100]);
  expect(progressBar(0.34)).toBe('▰▰▰▰▱▱▱▱▱▱▱▱ 34 %');
  expect(progressBar(0)).toBe('▱▱▱▱▱▱▱▱▱▱▱▱ 0 %');
  expect(progressBar(1)).toBe('▰▰▰▰▰▰▰▰▰▰▰▰ 100 %');
});

let clock: HandClock;
let platform: TestPlatform;
let cards: JobCards;
let line: Line;
let busy: boolean;
/** What people set for themselves. */
let chosen: readonly Setting[];

/** The parts of a desk that cards need, rows in memory. */
function openCards(): JobCards {
  const queue = { line: async () => line };
  const storage = {
    settings: { of: async () => chosen },
    people: { person: async () => ({ name: 'Ann' }), place: async () => undefined, placeReached: async () => {} },
    jobs: { setCard: async () => {}, find: async () => ({ state: 'queued' }) },
    messages: { link: async () => {} },
  };
  const desk = {
    queue,
    storage,
    clock,
    log: silentLog,
    platformOf: () => platform,
    closing: new AbortController().signal,
  };
  return openJobCards(desk as unknown as Desk, () => busy);
}

function row(id: string, place: PlaceId = room): JobRow {
  const about = {
    place,
    lineage: 'l' as never,
    parent: 'n' as never,
    op: 'edit',
    language: 'en',
    replyTo: null,
    notes: [],
    spoiler: false,
  } as const;
  const task = editTask({ prompt: id });
  return { ...about, id: id as JobId, task, author: ann.id, cardMessage: null } as unknown as JobRow;
}

const waiting = (id: string, ahead: number) => ({
  ...testJob({ id: id as JobId }),
  ahead,
  isPaused: false,
  beginsInSeconds: 20 * ahead,
  etaSeconds: 20 * (ahead + 1),
});
const sampling = (step: number): Progress => ({ phase: 'sampling', fraction: step / 20, step, steps: 20 });
const announce = (id: string, place?: PlaceId) => cards.announce(row(id, place), { isRoom: true, mayChange: false });
const says = (n = 0) => platform.posted[n]!.card.lines.join('\n');
const edits = (n = 0) => platform.posted[n]!.history.length - 1;

beforeEach(() => {
  chosen = [];
  clock = new HandClock();
  platform = new TestPlatform({
    editIntervalMs: { private: 1500, room: 4000 },
    previewIntervalMs: { private: 6000, room: 6000 },
  });
  line = { running: [], waiting: [waiting('a', 2), waiting('b', 3)], workers: 1 };
  busy = false;
  cards = openCards();
});

describe('a waiting job', () => {
  test('shows its place and the time left, corrected at most every five seconds', async () => {
    await announce('a');
    expect(says()).toBe('"a"\nqueued #3 · ~60 s');
    for (const ahead of [1, 0]) {
      line = { ...line, waiting: [waiting('a', ahead)] };
      cards.lineMoved();
      await clock.pass(1500);
    }
    expect(edits()).toBe(0);
    await clock.pass(3000);
    expect(says()).toBe('"a"\nqueued #1 · ~20 s');
    expect(edits()).toBe(1);
    line = { ...line, waiting: [{ ...waiting('a', 0), etaSeconds: 12 }] }; // nobody was passed: no news
    cards.lineMoved();
    await clock.pass(10_000);
    expect(edits()).toBe(1);
    line = { ...line, waiting: [{ ...waiting('a', 0), isPaused: true }] };
    cards.lineMoved();
    await clock.pass(10_000);
    expect(says()).toBe('"a"\nqueued #1 · paused');
  });

  test('whose card the platform wants later is shown then, as it stands by then', async () => {
    let refusals = 2;
    platform.fault = (_card, when) => {
      if (when === 'before' && refusals-- > 0) throw new DeliveryError('retry', 7000);
    };
    await announce('a');
    cards.started('a' as JobId);
    cards.progress('a' as JobId, sampling(4));
    await clock.pass(6900);
    expect(platform.posted).toEqual([]);
    await clock.pass(7200);
    expect(platform.posted).toHaveLength(1);
    expect(says()).toMatch(/ · 4\/20/);
    await clock.pass(20_000);
    expect(platform.posted).toHaveLength(1);
  });

  test('whose card is put off until there is an outcome gets none any more', async () => {
    platform.fault = () => {
      throw new DeliveryError('retry', 7000);
    };
    await announce('a');
    await cards.release('a' as JobId);
    platform.fault = undefined;
    await clock.pass(20_000);
    expect(platform.posted).toEqual([]);
  });

  test('is not edited when nothing changed', async () => {
    await announce('a');
    for (let i = 0; i < 10; i++) {
      cards.lineMoved();
      await clock.pass(5000);
    }
    expect(edits()).toBe(0);
  });
});

describe('a running job', () => {
  test('shows how far it is, at most once an interval', async () => {
    await announce('a');
    cards.started('a' as JobId);
    for (let step = 1; step <= 20; step++) {
      cards.progress('a' as JobId, sampling(step));
      await clock.pass(1000);
    }
    await clock.pass(4000);
    expect(edits()).toBeGreaterThanOrEqual(4);
    expect(edits()).toBeLessThanOrEqual(6);
    expect(says()).toMatch(/^"a"\n▰+▱ 92 % · 20\/20 · ~\d+ s$/);
  });

  test('shares the edits of a place with the others there, not with other places', async () => {
    await announce('a');
    await announce('b');
    await announce('c', otherRoom);
    const start = [edits(0), edits(1), edits(2)];
    for (let step = 1; step <= 12; step++) {
      for (const id of ['a', 'b', 'c']) cards.progress(id as JobId, sampling(step));
      await clock.pass(2000);
    }
    const made = [edits(0), edits(1), edits(2)].map((n, i) => n - start[i]!);
    expect(made[0]! + made[1]!).toBeLessThanOrEqual(6); // 24 s, one in four seconds
    expect(Math.abs(made[0]! - made[1]!)).toBeLessThanOrEqual(1);
    expect(made[2]).toBeGreaterThanOrEqual(5);
  });

  test('shares them with other places that its platform limits together', async () => {
    platform.paceOf = () => 'one chat';
    await announce('a');
    await announce('b', otherRoom);
    const before = edits(0) + edits(1);
    for (let step = 1; step <= 12; step++) {
      for (const id of ['a', 'b']) cards.progress(id as JobId, sampling(step));
      await clock.pass(2000);
    }
    expect(edits(0) + edits(1) - before).toBeLessThanOrEqual(6);
    expect(Math.min(edits(0), edits(1))).toBeGreaterThanOrEqual(2);
  });

  test('that goes back into the line says so, and again when it is begun anew', async () => {
    await announce('a');
    cards.started('a' as JobId);
    cards.progress('a' as JobId, sampling(12));
    await clock.pass(5000);
    expect(says()).not.toContain('interrupted');
    line = { ...line, waiting: [waiting('a', 0)] };
    cards.lineMoved();
    await clock.pass(10_000);
    expect(says()).toBe('"a"\nqueued #1 · ~20 s\ninterrupted – begins again');
    line = { ...line, waiting: [] };
    cards.started('a' as JobId);
    cards.progress('a' as JobId, sampling(1));
    await clock.pass(5000);
    expect(says()).toMatch(/1\/20\ninterrupted – begins again$/);
  });

  test('is silent while a result is being posted', async () => {
    await announce('a');
    busy = true;
    cards.progress('a' as JobId, sampling(5));
    await clock.pass(20_000);
    expect(edits()).toBe(0);
    busy = false;
    await clock.pass(5000);
    expect(edits()).toBe(1);
  });

  test('is silent as long as the platform asks', async () => {
    await announce('a');
    const { edit } = platform;
    let refused = 0;
    platform.edit = async () => {
      refused++;
      throw new DeliveryError('retry', 30_000);
    };
    cards.progress('a' as JobId, sampling(5));
    await clock.pass(29_000);
    expect(refused).toBe(1);
    platform.edit = edit;
    await clock.pass(10_000);
    expect(says()).toContain('5/20');
  });

  test('brings previews apart by their interval', async () => {
    await announce('a');
    for (let step = 1; step <= 16; step++) {
      cards.progress('a' as JobId, { ...sampling(step), preview: new Uint8Array([step]) });
      await clock.pass(1000);
    }
    const shown = platform.posted[0]!.history.filter((card) => card.images.length > 0);
    expect(shown.length).toBeGreaterThanOrEqual(2);
    expect(shown.length).toBeLessThanOrEqual(3);
  });

  test('brings none to whoever wants none', async () => {
    chosen = [{ scope: 'user', owner: ann.id, key: 'preview', value: 'off' }];
    await announce('a');
    cards.progress('a' as JobId, { ...sampling(1), preview: new Uint8Array([1]) });
    await clock.pass(20_000);
    expect(says(0)).toContain('1/20');
    expect(platform.posted[0]!.history.filter((card) => card.images.length > 0)).toEqual([]);
  });

  test('gets a new card before its old one can no longer be edited', async () => {
    await announce('a');
    cards.progress('a' as JobId, sampling(5));
    await clock.pass(5000);
    await clock.pass(56 * 60_000);
    cards.progress('a' as JobId, sampling(6));
    await clock.pass(5000);
    expect(platform.posted).toHaveLength(2);
    expect(platform.posted[0]!.removed).toBe(true);
    expect(says(1)).toContain('6/20');
  });

  test('whose card somebody deleted gets another one', async () => {
    await announce('a');
    await platform.remove(room, platform.posted[0]!.id);
    for (let step = 1; step <= 5; step++) {
      cards.progress('a' as JobId, sampling(step));
      await clock.pass(5000);
    }
    expect(platform.posted).toHaveLength(2);
    expect(platform.standing(room)).toHaveLength(1);
  });

  test('that is released lets an edit on its way arrive first, also where places share limits', async () => {
    platform.paceOf = () => 'one chat';
    await announce('a');
    let arrive = () => {};
    platform.edit = () => new Promise((resolve) => (arrive = resolve));
    cards.progress('a' as JobId, sampling(5));
    await clock.pass(4000);
    let isOut = false;
    const released = cards.release('a' as JobId).then(() => {
      isOut = true;
    });
    await clock.pass(1000);
    expect(isOut).toBe(false);
    arrive();
    await released;
  });

  test('that is released is edited no more', async () => {
    await announce('a');
    cards.progress('a' as JobId, sampling(5));
    await cards.release('a' as JobId);
    await clock.pass(10_000);
    expect(edits()).toBe(0);
  });
});
