import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkLimits, defaultLimits } from '../../../src/bots/core/limits.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import type { UserId } from '../../../src/edit/request.ts';
import { Refusal } from '../../../src/errors.ts';
import type { JobStore } from '../../../src/storage/index.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, type TestPlatform } from '../../support/test-platform.ts';

const MINUTE = 60_000;
const now = Date.UTC(2026, 10, 22, 12);

/** Rows as far as limits count them: credits by minutes ago. */
function jobs(spent: readonly (readonly [minutesAgo: number, credits: number])[]) {
  const creditsSince = async (_: UserId, since: Date) =>
    spent.filter(([ago]) => now - ago * MINUTE >= since.getTime()).reduce((sum, [, credits]) => sum + credits, 0);
  const rows = { count: async () => ({ queued: 0, running: 0 }), creditsSince } as unknown as JobStore;
  return { storage: { jobs: rows }, queue: { line: async () => ({ running: [], waiting: [], workers: 1 }) } };
}
const claim = { author: ann.id, group: null, cost: 10 };

describe('credits of an hour', () => {
  test('are refused with the time until enough of them are an hour old', async () => {
    const storage = jobs([
      [50, 30],
      [20, 65],
    ]);
    const refusal = await checkLimits(storage, claim, defaultLimits, now).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    const { code, details } = refusal as Refusal<'quota'>;
    expect(code).toBe('quota');
    expect(details.seconds).toBeGreaterThan(10 * 60 - 31);
    expect(details.seconds).toBeLessThan(10 * 60 + 31);
  });

  test('do not stop a first edit, however dear, nor what fits', async () => {
    await checkLimits(jobs([]), { ...claim, cost: 500 }, defaultLimits, now);
    await checkLimits(jobs([[20, 90]]), claim, defaultLimits, now);
    await checkLimits(jobs([[61, 100]]), claim, defaultLimits, now);
  });
});

describe('in the line', () => {
  let chat: TestChat;
  let platform: TestPlatform;
  let here: PlaceId;
  beforeAll(async () => {
    chat = await openTestChat({ limits: { ...defaultLimits, queuedPerPerson: 1, queuedPerGroup: 3 } });
    platform = chat.platform;
    chat.latch.close();
  });
  afterAll(() => chat[Symbol.asyncDispose]());

  const ask = async (user: typeof ann, place = here) =>
    platform.say(user, 'a red hat', { in: place, files: [await solidPng(64, 64)] });

  test('a person has one running and few waiting, a server few waiting; cancelled ones do not count', async () => {
    here = platform.newRoom();
    await ask(ann);
    await chat.until(async () => (await chat.queue.line()).running.length === 1);
    await ask(ann);
    await ask(ann);
    expect(chat.lastTold()).toMatch(/You already have 2 edits on the way\.\nThere is room again in about \d+ s\./);
    const [cy, dee] = [
      { id: 'discord:3', name: 'Cy' },
      { id: 'discord:4', name: 'Dee' },
    ] as const;
    await ask(bo);
    await ask(cy);
    await ask(dee);
    expect(chat.lastTold()).toMatch(/3 edits are waiting here\.\nThere is room again in about \d+ s\./);
    await ask(dee, platform.newRoom()); // another server
    expect((await chat.queue.line()).waiting).toHaveLength(4);
    await platform.command(ann, 'cancel', {}, { in: here });
    await ask(ann);
    expect((await chat.queue.line()).waiting).toHaveLength(4);
  });

  test('a refused edit leaves nothing behind', async () => {
    const place = platform.newRoom();
    await ask(ann, place);
    expect(platform.standing(place)).toEqual([]);
    expect(await chat.storage.lineage.newest(place, new Date(0))).toBeUndefined();
  });

  test('the queue card shows how long the line is and what is one’s own', async () => {
    await platform.command(ann, 'queue', {}, { in: here });
    expect(chat.lastTold()).toMatch(
      /^Queue: 4 waiting · 1 running · 1 worker\nrunning · a red hat\n#\d · ~\d+ s · a red hat\n1 worker up · fake · 4 waiting$/,
    );
    await platform.command(ann, 'queue', {}, { in: platform.newRoom() });
    expect(chat.lastTold()).toContain('Nothing of yours is waiting.'); // what one does elsewhere is not told
  });
});
