import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Storage } from '../../src/storage/index.ts';
import {
  acceptedJob,
  ann,
  atOnce,
  bo,
  completedJob,
  editTask,
  jobOn,
  messageAbout,
  nodeId,
  outboxRow,
  pictureOf,
  plantTree,
  someImage,
  somePlace,
  times,
} from './fixtures.ts';
import type { Stand } from './stand.ts';

const minutes = (count: number) => count * 60_000;

/** What every database must do with jobs and what is told of them. */
export function jobsConformance(name: string, openStand: () => Promise<Stand>): void {
  describe(name, () => {
    let stand: Stand;
    let storage: Storage;
    let other: Storage;
    beforeAll(async () => {
      stand = await openStand();
      ({ storage, other } = stand);
    });
    afterAll(() => stand[Symbol.asyncDispose]());

    describe('jobs', () => {
      test('come back as they were accepted', async () => {
        const root = await plantTree(storage.lineage);
        const prompt = 'nul \0, half a pair \ud83c, 帽子 \u{1F3A9}, \'"`; DROP TABLE "Job"; -- \\u0000';
        const job = jobOn(root, somePlace(), {
          task: editTask(root.image.ref, prompt),
          maskAuthor: bo,
          language: 'zh',
        });
        const { job: row, isNew } = await storage.jobs.accept(job);
        expect(isNew).toBe(true);
        expect(row).toEqual({ ...job, state: 'queued', error: null, endedAt: null, cardMessage: null });
        expect(await other.jobs.find(job.id)).toEqual(row);
      });
      test('the same message delivered many times at once is one job', async () => {
        const root = await plantTree(storage.lineage);
        const requestKey = `message:${root.id}`;
        const place = somePlace();
        const answers = await atOnce(stand, 10, (s) => s.jobs.accept(jobOn(root, place, { requestKey })));
        expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
        expect(new Set(answers.map(({ job }) => job.id)).size).toBe(1);
      });
      test('only move forward', async () => {
        const { job } = await acceptedJob(storage);
        expect(await storage.jobs.advance(job.id, 'running')).toBe(true);
        expect(await storage.jobs.advance(job.id, 'preparing')).toBe(false);
        expect(await storage.jobs.advance(job.id, 'running')).toBe(false);
        expect(await storage.jobs.advance(job.id, 'expired')).toBe(true);
        expect(await storage.jobs.advance(job.id, 'failed')).toBe(false);
        expect(await storage.jobs.find(job.id)).toMatchObject({ state: 'expired', endedAt: stand.time });
      });
      test('of those who take the same step at once, one does', async () => {
        const { job } = await acceptedJob(storage);
        const steps = await atOnce(stand, 8, (s) => s.jobs.advance(job.id, 'preparing'));
        expect(steps.filter(Boolean)).toHaveLength(1);
      });
      test('know the message that shows them', async () => {
        const { job } = await acceptedJob(storage);
        await storage.jobs.setCard(job.id, '12345678901234567890');
        expect((await storage.jobs.find(job.id))?.cardMessage).toBe('12345678901234567890');
      });
      test('are counted by person, by group and all together', async () => {
        const [author, group] = [`web:${nodeId()}`, `d:${nodeId()}`] as const;
        const before = await storage.jobs.count('all');
        const { job: running } = await acceptedJob(storage, undefined, { author, group });
        await acceptedJob(storage, undefined, { author });
        const { job: ended } = await acceptedJob(storage, undefined, { author, group });
        await storage.jobs.advance(running.id, 'encoding');
        await storage.jobs.end(ended.id, 'cancelled', null, null);
        expect(await other.jobs.count({ author })).toEqual({ queued: 1, running: 1 });
        expect(await other.jobs.count({ group })).toEqual({ queued: 0, running: 1 });
        expect(await other.jobs.count('all')).toEqual({ queued: before.queued + 1, running: before.running + 1 });
      });
      test('cost credits unless they failed or were cancelled', async () => {
        const author = `web:${nodeId()}` as const;
        const at = (hour: number) => new Date(Date.UTC(2026, 10, 22, hour));
        await acceptedJob(storage, undefined, { author, cost: 8, acceptedAt: at(1) });
        await acceptedJob(storage, undefined, { author, cost: 0.1, acceptedAt: at(2) });
        await acceptedJob(storage, undefined, { author, cost: 4.5, acceptedAt: at(3) });
        const { job: cancelled } = await acceptedJob(storage, undefined, { author, cost: 32, acceptedAt: at(3) });
        await storage.jobs.end(cancelled.id, 'cancelled', null, null);
        expect(await storage.jobs.creditsSince(author, at(2))).toBeCloseTo(4.6, 10);
        expect(await storage.jobs.creditsSince(author, at(4))).toBe(0);
      });
      test('that are unfinished are listed, oldest first; the newest of a person can be found', async () => {
        const place = somePlace();
        const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 12, 0, second));
        const { job: second } = await acceptedJob(storage, place, { acceptedAt: at(2) });
        const { job: first } = await acceptedJob(storage, place, { acceptedAt: at(1) });
        const { job: third } = await acceptedJob(storage, place, { acceptedAt: at(3) });
        const { job: ended } = await acceptedJob(storage, place, { acceptedAt: at(4) });
        await storage.jobs.end(ended.id, 'failed', { code: 'worker-lost', details: {} }, null);
        const picture = pictureOf(third);
        await storage.jobs.complete(third.id, [picture], messageAbout(third, picture.id));
        const unfinished = (await storage.jobs.unfinished()).filter((job) => job.place === place);
        expect(unfinished.map(({ id }) => id)).toEqual([first.id, second.id, third.id]);
        expect(unfinished[2]?.state).toBe('delivering');
        expect((await storage.jobs.newestUnfinished(place, ann))?.id).toBe(second.id);
        expect(await storage.jobs.newestUnfinished(place, bo)).toBeUndefined();
      });
    });

    describe('completing a job', () => {
      test('numbers its pictures, moves HEAD to the first and puts the message in the outbox', async () => {
        const { root, job, place } = await acceptedJob(storage);
        const pictures = [pictureOf(job), pictureOf(job, 1)];
        const message = messageAbout(job, pictures[0]!.id);
        const grown = await storage.jobs.complete(job.id, pictures, message);
        expect(grown).toEqual(
          pictures.map((p, i) => ({
            ...p,
            removed: false,
            lineage: root.lineage,
            number: i + 1,
            createdAt: stand.time,
          })),
        );
        expect(await other.lineage.nodes(root.lineage, 1, 10)).toEqual(grown);
        expect((await other.lineage.lineage(root.lineage))?.heads).toEqual({ main: pictures[0]!.id });
        expect((await other.jobs.find(job.id))?.state).toBe('delivering');
        expect(await outboxRow(storage, message.key)).toEqual({
          ...{ ...message, place, state: 'waiting', attempts: 0, dueAt: stand.time, sendingSince: null, message: null },
        });
      });
      test('happens once, whoever else completes or ends it at the same moment', async () => {
        for (let round = 0; round < 5; round++) {
          const { root, job } = await acceptedJob(storage);
          const wins = await atOnce(stand, 6, async (s, i) => {
            const message = messageAbout(job, null, `${i}:${job.id}`);
            if (i > 3) return s.jobs.end(job.id, 'cancelled', null, message);
            return (await s.jobs.complete(job.id, [pictureOf(job)], message)) !== undefined;
          });
          expect(wins.filter(Boolean)).toHaveLength(1);
          const winner = wins.indexOf(true);
          expect((await storage.jobs.find(job.id))?.state).toBe(winner > 3 ? 'cancelled' : 'delivering');
          expect(await storage.lineage.children(root.id, 9)).toHaveLength(winner > 3 ? 0 : 1);
          const written = await Promise.all(times(6, (i) => outboxRow(storage, `${i}:${job.id}`)));
          expect(written.map((row) => row !== undefined)).toEqual(wins);
        }
      });
      test('gives every picture of a tree its own number when many jobs end at once', async () => {
        const place = somePlace();
        const root = await plantTree(storage.lineage, { place });
        const jobs = times(12, () => jobOn(root, place));
        for (const job of jobs) await storage.jobs.accept(job);
        const pictures = jobs.map((job) => [pictureOf(job), pictureOf(job, 1)] as const);
        await atOnce(stand, 12, (s, i) => s.jobs.complete(jobs[i]!.id, pictures[i]!, messageAbout(jobs[i]!, null)));
        const nodes = await storage.lineage.nodes(root.lineage, 0, 100);
        expect(nodes.map(({ number }) => number)).toEqual(times(25, (i) => i));
        const { heads } = (await storage.lineage.lineage(root.lineage))!;
        expect(heads.main).toBe(nodes[1]!.id); // the first to end moved it; the others found it moved
      });
      test('survives two jobs that made the same picture', async () => {
        const place = somePlace();
        const root = await plantTree(storage.lineage, { place });
        const [image, another] = [someImage(), someImage()];
        const jobs = times(6, () => jobOn(root, place));
        for (const job of jobs) await storage.jobs.accept(job);
        const done = await atOnce(stand, 6, (s, i) => {
          const job = jobs[i]!;
          const images = i % 2 ? [image, another] : [another, image];
          return s.jobs.complete(
            job.id,
            images.map((im, pick) => pictureOf(job, pick, { image: im })),
            messageAbout(job, null),
          );
        });
        expect(done.every((nodes) => nodes?.length === 2)).toBe(true);
      });
      test('begins the branch that does not exist yet, and leaves main alone', async () => {
        const { root, job } = await acceptedJob(storage, undefined, { branch: 'bo-1' });
        const picture = pictureOf(job);
        await storage.jobs.complete(job.id, [picture], messageAbout(job, picture.id));
        expect((await storage.lineage.lineage(root.lineage))?.heads).toEqual({ main: root.id, 'bo-1': picture.id });
      });
      test('that fails half-way changes nothing', async () => {
        const { root, job } = await acceptedJob(storage);
        const orphan = pictureOf(job, 1, { parent: nodeId() });
        const message = messageAbout(job, null);
        await expect(storage.jobs.complete(job.id, [pictureOf(job), orphan], message)).rejects.toThrow();
        expect((await other.jobs.find(job.id))?.state).toBe('queued');
        expect(await other.lineage.children(root.id, 9)).toEqual([]);
        expect(await outboxRow(storage, message.key)).toBeUndefined();
        const grown = await other.jobs.complete(job.id, [pictureOf(job)], message);
        expect(grown?.[0]?.number).toBe(1);
      });
      test('without a picture is nobody’s intention', async () => {
        const { job } = await acceptedJob(storage);
        expect(() => storage.jobs.complete(job.id, [], messageAbout(job, null))).toThrow(RangeError);
      });
      test('cannot be undone by a late cancel', async () => {
        const { job } = await completedJob(storage);
        expect(await storage.jobs.end(job.id, 'cancelled', null, null)).toBe(false);
      });
    });

    describe('ending a job', () => {
      test('says why, and writes the message about it', async () => {
        const { job } = await acceptedJob(storage);
        const error = { code: 'out-of-memory', details: { setting: 'width' } } as const;
        const message = messageAbout(job, null, `error:${job.id}`);
        expect(await storage.jobs.end(job.id, 'failed', error, message)).toBe(true);
        expect(await other.jobs.find(job.id)).toMatchObject({ state: 'failed', error, endedAt: stand.time });
        expect((await outboxRow(storage, message.key))?.job).toBe(job.id);
        expect(await other.jobs.end(job.id, 'failed', error, null)).toBe(false);
        expect(await other.jobs.complete(job.id, [pictureOf(job)], messageAbout(job, null))).toBeUndefined();
      });
    });

    describe('the outbox', () => {
      const later = (time: Date, count: number) => new Date(time.getTime() + minutes(count));

      test('keeps one message of a kind', async () => {
        const { job } = await acceptedJob(storage);
        await atOnce(stand, 8, (s) => s.outbox.put(messageAbout(job, null, `card:${job.id}`)));
        const rows = await storage.outbox.due(later(stand.time, 1), stand.time, 10_000);
        expect(rows.filter(({ key }) => key === `card:${job.id}`)).toHaveLength(1);
      });
      test('gives a message to one of those who want to send it', async () => {
        const { job } = await completedJob(storage);
        const row = (await outboxRow(storage, `result:${job.id}`))!;
        const claims = await atOnce(stand, 8, (s) => s.outbox.claim(row, stand.time));
        expect(claims.filter(Boolean)).toHaveLength(1);
      });
      test('offers what is due, in the order it was written', async () => {
        const { job } = await acceptedJob(storage);
        const keys = times(3, (i) => `${i}:${job.id}`);
        for (const key of keys) await storage.outbox.put(messageAbout(job, null, key));
        const due = async (now: Date) =>
          (await storage.outbox.due(now, now, 10_000)).map(({ key }) => key).filter((key) => keys.includes(key));
        expect(await due(later(stand.time, -1))).toEqual([]);
        expect(await due(stand.time)).toEqual(keys);
        expect(await storage.outbox.due(stand.time, stand.time, 1)).toHaveLength(1);
        const others = times(2000, (i) => `d:0:${i}`); // busy, or left alone, in a bad hour of their platform
        const without = async (except: readonly string[], limit = 10_000) =>
          (await storage.outbox.due(stand.time, stand.time, limit, { prefixes: ['d:'], except })).map(({ key }) => key);
        expect(await without([...others, job.place])).not.toContain(keys[0]);
        expect(await without(others)).toEqual(expect.arrayContaining(keys));
        await storage.outbox.put(messageAbout({ ...job, place: somePlace() }, null, `last:${job.id}`));
        const before = (await storage.outbox.due(stand.time, stand.time, 10_000)).map(({ place }) => place);
        const left = await without([...others, ...new Set(before.slice(0, -1))], 1);
        expect(left).toEqual([`last:${job.id}`]); // however many rows of others stand before it
      });
      test('offers again what a dead process was sending, and what was put off', async () => {
        const { job } = await completedJob(storage);
        const key = `result:${job.id}`;
        const now = stand.time;
        const find = async (at: Date, stuckBefore: Date) =>
          (await storage.outbox.due(at, stuckBefore, 10_000)).find((row) => row.key === key);
        const row = (await find(now, now))!;
        expect(await storage.outbox.claim(row, now)).toBe(true);
        expect(await find(later(now, 1), now)).toBeUndefined();
        const stuck = (await find(later(now, 1), later(now, 1)))!;
        expect(stuck).toMatchObject({ state: 'sending', attempts: 1, sendingSince: now });
        expect(await other.outbox.claim(stuck, later(now, 2))).toBe(true);
        expect(await storage.outbox.claim(stuck, later(now, 2))).toBe(false);
        await other.outbox.retryAt(row.id, later(now, 9));
        expect(await find(later(now, 8), later(now, 8))).toBeUndefined();
        expect(await find(later(now, 9), now)).toMatchObject({ state: 'waiting', attempts: 2, sendingSince: null });
      });
      test('a message that was sent is linked, and its job is done', async () => {
        const { job, place, picture } = await completedJob(storage);
        const row = (await outboxRow(storage, `result:${job.id}`))!;
        await storage.outbox.claim(row, stand.time);
        const link = { place, message: '42', kind: 'result', node: picture.id, job: job.id, draft: null } as const;
        await storage.outbox.sent(row.id, '42', [link]);
        expect(await other.jobs.find(job.id)).toMatchObject({ state: 'done', endedAt: stand.time });
        expect(await other.messages.find(place, '42')).toEqual(link);
        expect(await outboxRow(storage, row.key)).toBeUndefined();
        await other.outbox.retryAt(row.id, stand.time); // told late: it stays sent
        expect(await outboxRow(storage, row.key)).toBeUndefined();
      });
      test('a message that was given up ends its job; the picture stays in the history', async () => {
        const { job, picture } = await completedJob(storage);
        const row = (await outboxRow(storage, `result:${job.id}`))!;
        await storage.outbox.claim(row, stand.time);
        await storage.outbox.failed(row.id);
        expect(await outboxRow(storage, row.key)).toBeUndefined();
        expect((await storage.jobs.find(job.id))?.state).toBe('done');
        expect(await storage.lineage.node(picture.id)).toBeDefined();
      });
    });

    test('what was written is there after closing and opening again', async () => {
      const { job, root, picture } = await completedJob(storage);
      await using reopened = await stand.reopen();
      expect((await reopened.jobs.find(job.id))?.state).toBe('delivering');
      expect((await reopened.lineage.lineage(root.lineage))?.heads).toEqual({ main: picture.id });
    });
  });
}
