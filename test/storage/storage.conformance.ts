import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BlobRef } from '../../src/edit/blob.ts';
import { defaultParams } from '../../src/edit/fields.ts';
import { toImageHash } from '../../src/edit/image-hash.ts';
import type { PlaceId } from '../../src/edit/lineage.ts';
import type { PresetContent } from '../../src/edit/presets.ts';
import type { EditRequest, Task } from '../../src/edit/request.ts';
import type { NewJob, OutboxRow, Storage } from '../../src/storage/index.ts';
import {
  ann,
  bo,
  editTask,
  jobOn,
  lineageId,
  messageAbout,
  nodeId,
  pictureOf,
  plantTree,
  someImage,
  somePlace,
  someRef,
} from './fixtures.ts';

/** A database two processes have open. */
export interface Stand extends AsyncDisposable {
  readonly storage: Storage;
  /** The same database, opened a second time. */
  readonly other: Storage;
  /** What `clock` of both tells. */
  time: Date;
  reopen(): Promise<Storage>;
  /** Runs SQL past the storage. */
  execute(sql: string): Promise<void>;
}

const refusal = (code: string) => expect.objectContaining({ name: 'Refusal', code });
const minutes = (count: number) => count * 60_000;
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Copies #1 of a tree until it has nodes up to number `last`. */
const multiply = (lineage: string, last: number) => `
  INSERT INTO "Node" ("id", "lineageId", "number", "parentId", "op", "task", "imageRef", "seed", "infotext", "pick", "author",
    "maskAuthor", "jobId", "place", "createdAt")
  WITH RECURSIVE series(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM series WHERE n < ${last})
  SELECT "lineageId" || n, "lineageId", n, "parentId", "op", "task", "imageRef", "seed", "infotext", "pick", "author",
    "maskAuthor", "jobId", "place", "createdAt" FROM "Node", series WHERE "lineageId" = '${lineage}' AND "number" = 1`;

/** What every database must do. */
export function storageConformance(name: string, openStand: () => Promise<Stand>): void {
  describe(name, () => {
    let stand: Stand;
    let storage: Storage;
    let other: Storage;
    beforeAll(async () => {
      stand = await openStand();
      ({ storage, other } = stand);
    });
    afterAll(() => stand[Symbol.asyncDispose]());

    /** Twice as many callers as processes, all at once. */
    const atOnce = <T>(count: number, act: (storage: Storage, i: number) => Promise<T>) =>
      Promise.all(times(count, (i) => act(i % 2 ? other : storage, i)));

    async function acceptedJob(place = somePlace(), change: Partial<NewJob> = {}) {
      const root = await plantTree(storage.lineage, { place });
      const job = jobOn(root, place, change);
      await storage.jobs.accept(job);
      return { root, job, place };
    }
    async function completedJob() {
      const { root, job, place } = await acceptedJob();
      const picture = pictureOf(job);
      await storage.jobs.complete(job.id, [picture], messageAbout(job, picture.id));
      return { root, job, place, picture };
    }
    async function outboxRow(key: string): Promise<OutboxRow | undefined> {
      const rows = await storage.outbox.due(new Date('2030-01-01'), new Date('2030-01-01'), 10_000);
      return rows.find((row) => row.key === key);
    }

    describe('images', () => {
      test('are remembered once, however often and by however many', async () => {
        const image = someImage();
        await atOnce(10, (s) => s.images.remember(image));
        expect(await storage.images.find(image.ref)).toEqual(image);
      });
      test('that were never seen are not found', async () => {
        expect(await storage.images.find(someRef())).toBeUndefined();
      });
      test('keep what they look like once it has been worked out', async () => {
        const image = someImage();
        await storage.images.remember(image);
        expect(await storage.images.hash(image.ref)).toBeUndefined();
        await storage.images.rememberHash(image.ref, toImageHash('00ff00ff00ff00ff'));
        expect(await other.images.hash(image.ref)).toBe('00ff00ff00ff00ff');
      });
      test('of a tree are known too', async () => {
        const { image } = await plantTree(storage.lineage);
        expect(await storage.images.find(image.ref)).toEqual(image);
      });
    });

    describe('lineage', () => {
      test('begins with the upload as #0, which is HEAD of main', async () => {
        const place = somePlace();
        const root = await plantTree(storage.lineage, { place });
        expect(root).toMatchObject({ number: 0, parent: null, op: 'source', task: null, author: ann });
        expect(await other.lineage.node(root.id)).toEqual(root);
        expect(await other.lineage.lineage(root.lineage)).toEqual({
          ...{ id: root.lineage, place, owner: ann, policy: 'anyone', heads: { main: root.id } },
          ...{ begunBy: {}, collaborators: [], lockedBy: null },
          createdAt: stand.time,
        });
      });
      test('takes over the policy of its place', async () => {
        const place = somePlace();
        await storage.people.savePlace({ id: place, group: 'd:1', language: null, policy: 'owner' });
        const root = await plantTree(storage.lineage, { place });
        expect((await storage.lineage.lineage(root.lineage))?.policy).toBe('owner');
      });
      test('is read page by page in the order of its numbers', async () => {
        const { root, job } = await acceptedJob();
        const pictures = times(5, (pick) => pictureOf(job, pick));
        const grown = await storage.jobs.complete(job.id, pictures, messageAbout(job, null));
        expect(await storage.lineage.nodes(root.lineage, 2, 3)).toEqual(grown?.slice(1, 4));
        expect(await storage.lineage.children(root.id)).toEqual(grown);
        expect(await storage.lineage.children(grown![0]!.id)).toEqual([]);
      });
      test('unknown ones are undefined', async () => {
        expect(await storage.lineage.lineage(lineageId())).toBeUndefined();
        expect(await storage.lineage.node(nodeId())).toBeUndefined();
      });
      test('the infotext of a stranger may hold anything', async () => {
        const root = {
          id: nodeId(),
          lineage: lineageId(),
          image: someImage(),
          author: ann,
          place: somePlace(),
        } as const;
        const planted = await storage.lineage.plant({ ...root, infotext: 'a\0b \u{1F3A9} 帽子 \'"; DROP TABLE' });
        expect(planted.infotext).toBe('ab \u{1F3A9} 帽子 \'"; DROP TABLE');
        expect(await storage.lineage.node(root.id)).toEqual(planted);
      });

      test('HEAD goes where one of those who move it at once says, and the others learn where it is', async () => {
        const { root, job } = await acceptedJob();
        const grown = await storage.jobs.complete(job.id, [pictureOf(job), pictureOf(job, 1)], messageAbout(job, null));
        const [first, second] = [grown![0]!.id, grown![1]!.id];
        const moves = await Promise.allSettled([
          storage.lineage.moveHead(root.lineage, 'main', first, root.id),
          other.lineage.moveHead(root.lineage, 'main', first, second),
        ]);
        const winner = moves.findIndex((move) => move.status === 'fulfilled');
        const [loser] = moves.filter((move) => move.status === 'rejected');
        expect(loser?.reason).toEqual(refusal('head-moved'));
        expect(loser?.reason).toMatchObject({ details: { current: winner === 0 ? 0 : 2 } });
        const { heads } = (await storage.lineage.lineage(root.lineage))!;
        expect(heads).toEqual({ main: winner === 0 ? root.id : second });
      });
      test('a branch begins once, knows who began it, and is forgotten only where it was seen', async () => {
        const root = await plantTree(storage.lineage);
        const { lineage, id } = root;
        const began = await Promise.all([
          storage.lineage.addBranch(lineage, 'crown', id, bo),
          other.lineage.addBranch(lineage, 'crown', id, ann),
        ]);
        expect(began.toSorted()).toEqual([false, true]);
        const known = (await storage.lineage.lineage(lineage))!;
        expect(known.heads).toEqual({ crown: id, main: id });
        expect(known.begunBy).toEqual({ crown: began[0] ? bo : ann });
        expect(await storage.lineage.removeBranch(lineage, 'crown', nodeId())).toBe(false);
        expect(await storage.lineage.removeBranch(lineage, 'main', id)).toBe(false);
        expect(await storage.lineage.removeBranch(lineage, 'crown', id)).toBe(true);
      });
      test('a lock, a policy and invitations are remembered; of two who lock at once one does', async () => {
        const { lineage } = await plantTree(storage.lineage);
        const locked = await Promise.all([
          storage.lineage.setLock(lineage, null, ann),
          other.lineage.setLock(lineage, null, bo),
        ]);
        expect(locked.toSorted()).toEqual([false, true]);
        await storage.lineage.setPolicy(lineage, 'collaborators');
        await storage.lineage.invite(lineage, { member: 'discord-role:7', name: 'Painters' });
        await other.lineage.invite(lineage, { member: 'discord-role:7', name: 'painters' });
        await storage.lineage.invite(lineage, { member: bo, name: 'Bo' });
        await storage.lineage.uninvite(lineage, bo);
        expect(await other.lineage.lineage(lineage)).toMatchObject({
          ...{ policy: 'collaborators', lockedBy: locked[0] ? ann : bo },
          collaborators: [{ member: 'discord-role:7', name: 'painters' }],
        });
      });
      test('a branch nobody made has no HEAD to move', async () => {
        const root = await plantTree(storage.lineage);
        const move = storage.lineage.moveHead(root.lineage, 'crown', root.id, root.id);
        await expect(move).rejects.toEqual(refusal('gone'));
      });
    });

    describe('redo', () => {
      test('returns to what was left last, once, each person for themselves', async () => {
        const { root, job } = await acceptedJob();
        const grown = await storage.jobs.complete(job.id, [pictureOf(job), pictureOf(job, 1)], messageAbout(job, null));
        const [first, second] = [grown![0]!.id, grown![1]!.id];
        await storage.lineage.pushUndone(root.lineage, ann, second);
        await storage.lineage.pushUndone(root.lineage, ann, first);
        await storage.lineage.pushUndone(root.lineage, ann, second); // again: now the newest
        await storage.lineage.pushUndone(root.lineage, bo, first);
        expect(await other.lineage.popUndone(root.lineage, ann, root.id)).toBe(second);
        expect(await other.lineage.popUndone(root.lineage, ann, first)).toBeUndefined();
        expect(await other.lineage.popUndone(root.lineage, ann, root.id)).toBe(first);
        expect(await other.lineage.popUndone(root.lineage, ann, root.id)).toBeUndefined();
        expect(await other.lineage.popUndone(root.lineage, bo, root.id)).toBe(first);
      });
      test('pressed many times at once takes every step once', async () => {
        const { root, job } = await acceptedJob();
        const pictures = times(6, (pick) => pictureOf(job, pick));
        await storage.jobs.complete(job.id, pictures, messageAbout(job, null));
        for (const { id } of pictures) await storage.lineage.pushUndone(root.lineage, ann, id);
        const popped = await atOnce(8, (s) => s.lineage.popUndone(root.lineage, ann, root.id));
        const taken = popped.filter((id) => id !== undefined);
        expect(taken.sort()).toEqual(pictures.map(({ id }) => id).sort());
      });
      test('there is no way back before the upload', async () => {
        const root = await plantTree(storage.lineage);
        await expect(storage.lineage.pushUndone(root.lineage, ann, root.id)).rejects.toThrow(RangeError);
      });
    });

    describe('the newest picture of a place', () => {
      test('is the last one made there since then, of anybody or of one person', async () => {
        const place = somePlace();
        const start = stand.time;
        const root = await plantTree(storage.lineage, { place });
        stand.time = new Date(start.getTime() + minutes(10));
        const job = jobOn(root, place, { author: bo });
        await storage.jobs.accept(job);
        const grown = await storage.jobs.complete(job.id, [pictureOf(job)], messageAbout(job, null));
        const since = (count: number) => new Date(start.getTime() + minutes(count));
        expect(await storage.lineage.newest(place, since(-1))).toEqual(grown![0]);
        expect(await storage.lineage.newest(place, since(-1), ann)).toEqual(root);
        expect(await storage.lineage.newest(place, since(5), ann)).toBeUndefined();
        expect(await storage.lineage.newest(somePlace(), since(-1))).toBeUndefined();
        expect(await storage.lineage.recent(place, since(-1), 2)).toEqual([grown![0], root].slice(0, 2));
        expect(await storage.lineage.recent(place, since(-1), 1)).toHaveLength(1);
      });
    });

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
        const answers = await atOnce(10, (s) => s.jobs.accept(jobOn(root, place, { requestKey })));
        expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
        expect(new Set(answers.map(({ job }) => job.id)).size).toBe(1);
      });
      test('only move forward', async () => {
        const { job } = await acceptedJob();
        expect(await storage.jobs.advance(job.id, 'running')).toBe(true);
        expect(await storage.jobs.advance(job.id, 'preparing')).toBe(false);
        expect(await storage.jobs.advance(job.id, 'running')).toBe(false);
        expect(await storage.jobs.advance(job.id, 'expired')).toBe(true);
        expect(await storage.jobs.advance(job.id, 'failed')).toBe(false);
        expect(await storage.jobs.find(job.id)).toMatchObject({ state: 'expired', endedAt: stand.time });
      });
      test('of those who take the same step at once, one does', async () => {
        const { job } = await acceptedJob();
        const steps = await atOnce(8, (s) => s.jobs.advance(job.id, 'preparing'));
        expect(steps.filter(Boolean)).toHaveLength(1);
      });
      test('know the message that shows them', async () => {
        const { job } = await acceptedJob();
        await storage.jobs.setCard(job.id, '12345678901234567890');
        expect((await storage.jobs.find(job.id))?.cardMessage).toBe('12345678901234567890');
      });
      test('are counted by person, by group and all together', async () => {
        const [author, group] = [`web:${nodeId()}`, `d:${nodeId()}`] as const;
        const before = await storage.jobs.count('all');
        const { job: running } = await acceptedJob(undefined, { author, group });
        await acceptedJob(undefined, { author });
        const { job: ended } = await acceptedJob(undefined, { author, group });
        await storage.jobs.advance(running.id, 'encoding');
        await storage.jobs.end(ended.id, 'cancelled', null, null);
        expect(await other.jobs.count({ author })).toEqual({ queued: 1, running: 1 });
        expect(await other.jobs.count({ group })).toEqual({ queued: 0, running: 1 });
        expect(await other.jobs.count('all')).toEqual({ queued: before.queued + 1, running: before.running + 1 });
      });
      test('cost credits unless they failed or were cancelled', async () => {
        const author = `web:${nodeId()}` as const;
        const at = (hour: number) => new Date(Date.UTC(2026, 10, 22, hour));
        await acceptedJob(undefined, { author, cost: 8, acceptedAt: at(1) });
        await acceptedJob(undefined, { author, cost: 0.1, acceptedAt: at(2) });
        await acceptedJob(undefined, { author, cost: 4.5, acceptedAt: at(3) });
        const { job: cancelled } = await acceptedJob(undefined, { author, cost: 32, acceptedAt: at(3) });
        await storage.jobs.end(cancelled.id, 'cancelled', null, null);
        expect(await storage.jobs.creditsSince(author, at(2))).toBeCloseTo(4.6, 10);
        expect(await storage.jobs.creditsSince(author, at(4))).toBe(0);
      });
      test('that are unfinished are listed, oldest first; the newest of a person can be found', async () => {
        const place = somePlace();
        const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 12, 0, second));
        const { job: second } = await acceptedJob(place, { acceptedAt: at(2) });
        const { job: first } = await acceptedJob(place, { acceptedAt: at(1) });
        const { job: third } = await acceptedJob(place, { acceptedAt: at(3) });
        const { job: ended } = await acceptedJob(place, { acceptedAt: at(4) });
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
        const { root, job, place } = await acceptedJob();
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
        expect(await outboxRow(message.key)).toEqual({
          ...{ ...message, place, state: 'waiting', attempts: 0, dueAt: stand.time, sendingSince: null, message: null },
        });
      });
      test('happens once, whoever else completes or ends it at the same moment', async () => {
        for (let round = 0; round < 5; round++) {
          const { root, job } = await acceptedJob();
          const wins = await atOnce(6, async (s, i) => {
            const message = messageAbout(job, null, `${i}:${job.id}`);
            if (i > 3) return s.jobs.end(job.id, 'cancelled', null, message);
            return (await s.jobs.complete(job.id, [pictureOf(job)], message)) !== undefined;
          });
          expect(wins.filter(Boolean)).toHaveLength(1);
          const winner = wins.indexOf(true);
          expect((await storage.jobs.find(job.id))?.state).toBe(winner > 3 ? 'cancelled' : 'delivering');
          expect(await storage.lineage.children(root.id)).toHaveLength(winner > 3 ? 0 : 1);
          const written = await Promise.all(times(6, (i) => outboxRow(`${i}:${job.id}`)));
          expect(written.map((row) => row !== undefined)).toEqual(wins);
        }
      });
      test('gives every picture of a tree its own number when many jobs end at once', async () => {
        const place = somePlace();
        const root = await plantTree(storage.lineage, { place });
        const jobs = times(12, () => jobOn(root, place));
        for (const job of jobs) await storage.jobs.accept(job);
        const pictures = jobs.map((job) => [pictureOf(job), pictureOf(job, 1)] as const);
        await atOnce(12, (s, i) => s.jobs.complete(jobs[i]!.id, pictures[i]!, messageAbout(jobs[i]!, null)));
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
        const done = await atOnce(6, (s, i) => {
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
        const { root, job } = await acceptedJob(undefined, { branch: 'bo-1' });
        const picture = pictureOf(job);
        await storage.jobs.complete(job.id, [picture], messageAbout(job, picture.id));
        expect((await storage.lineage.lineage(root.lineage))?.heads).toEqual({ main: root.id, 'bo-1': picture.id });
      });
      test('that fails half-way changes nothing', async () => {
        const { root, job } = await acceptedJob();
        const orphan = pictureOf(job, 1, { parent: nodeId() });
        const message = messageAbout(job, null);
        await expect(storage.jobs.complete(job.id, [pictureOf(job), orphan], message)).rejects.toThrow();
        expect((await other.jobs.find(job.id))?.state).toBe('queued');
        expect(await other.lineage.children(root.id)).toEqual([]);
        expect(await outboxRow(message.key)).toBeUndefined();
        const grown = await other.jobs.complete(job.id, [pictureOf(job)], message);
        expect(grown?.[0]?.number).toBe(1);
      });
      test('without a picture is nobody’s intention', async () => {
        const { job } = await acceptedJob();
        expect(() => storage.jobs.complete(job.id, [], messageAbout(job, null))).toThrow(RangeError);
      });
      test('cannot be undone by a late cancel', async () => {
        const { job } = await completedJob();
        expect(await storage.jobs.end(job.id, 'cancelled', null, null)).toBe(false);
      });
    });

    describe('ending a job', () => {
      test('says why, and writes the message about it', async () => {
        const { job } = await acceptedJob();
        const error = { code: 'out-of-memory', details: { setting: 'width' } } as const;
        const message = messageAbout(job, null, `error:${job.id}`);
        expect(await storage.jobs.end(job.id, 'failed', error, message)).toBe(true);
        expect(await other.jobs.find(job.id)).toMatchObject({ state: 'failed', error, endedAt: stand.time });
        expect((await outboxRow(message.key))?.job).toBe(job.id);
        expect(await other.jobs.end(job.id, 'failed', error, null)).toBe(false);
        expect(await other.jobs.complete(job.id, [pictureOf(job)], messageAbout(job, null))).toBeUndefined();
      });
    });

    describe('the outbox', () => {
      const later = (time: Date, count: number) => new Date(time.getTime() + minutes(count));

      test('keeps one message of a kind', async () => {
        const { job } = await acceptedJob();
        await atOnce(8, (s) => s.outbox.put(messageAbout(job, null, `card:${job.id}`)));
        const rows = await storage.outbox.due(later(stand.time, 1), stand.time, 10_000);
        expect(rows.filter(({ key }) => key === `card:${job.id}`)).toHaveLength(1);
      });
      test('gives a message to one of those who want to send it', async () => {
        const { job } = await completedJob();
        const row = (await outboxRow(`result:${job.id}`))!;
        const claims = await atOnce(8, (s) => s.outbox.claim(row, stand.time));
        expect(claims.filter(Boolean)).toHaveLength(1);
      });
      test('offers what is due, in the order it was written', async () => {
        const { job } = await acceptedJob();
        const keys = times(3, (i) => `${i}:${job.id}`);
        for (const key of keys) await storage.outbox.put(messageAbout(job, null, key));
        const due = async (now: Date) =>
          (await storage.outbox.due(now, now, 10_000)).map(({ key }) => key).filter((key) => keys.includes(key));
        expect(await due(later(stand.time, -1))).toEqual([]);
        expect(await due(stand.time)).toEqual(keys);
        expect(await storage.outbox.due(stand.time, stand.time, 1)).toHaveLength(1);
      });
      test('offers again what a dead process was sending, and what was put off', async () => {
        const { job } = await completedJob();
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
        const { job, place, picture } = await completedJob();
        const row = (await outboxRow(`result:${job.id}`))!;
        await storage.outbox.claim(row, stand.time);
        const link = { place, message: '42', kind: 'result', node: picture.id, job: job.id, draft: null } as const;
        await storage.outbox.sent(row.id, '42', [link]);
        expect(await other.jobs.find(job.id)).toMatchObject({ state: 'done', endedAt: stand.time });
        expect(await other.messages.find(place, '42')).toEqual(link);
        expect(await outboxRow(row.key)).toBeUndefined();
        await other.outbox.retryAt(row.id, stand.time); // told late: it stays sent
        expect(await outboxRow(row.key)).toBeUndefined();
      });
      test('a message that was given up ends its job; the picture stays in the history', async () => {
        const { job, picture } = await completedJob();
        const row = (await outboxRow(`result:${job.id}`))!;
        await storage.outbox.claim(row, stand.time);
        await storage.outbox.failed(row.id);
        expect(await outboxRow(row.key)).toBeUndefined();
        expect((await storage.jobs.find(job.id))?.state).toBe('done');
        expect(await storage.lineage.node(picture.id)).toBeDefined();
      });
    });

    describe('messages', () => {
      test('find their way back to what they are about; the newest that shows a picture is known', async () => {
        const root = await plantTree(storage.lineage);
        const place = somePlace();
        const link = { place, kind: 'result', node: root.id, job: null, draft: null } as const;
        await storage.messages.link({ ...link, message: '1' });
        await storage.messages.link({ ...link, message: '2' });
        expect(await other.messages.find(place, '1')).toEqual({ ...link, message: '1' });
        expect((await other.messages.ofNode(place, root.id))?.message).toBe('2');
        expect(await other.messages.find(somePlace(), '1')).toBeUndefined();
        expect(await other.messages.ofNode(somePlace(), root.id)).toBeUndefined();
      });
      test('can be told to be about something else', async () => {
        const place = somePlace();
        const root = await plantTree(storage.lineage);
        const card = { place, message: '7', kind: 'card', node: null, job: null, draft: 'd1' } as const;
        const result = { ...card, kind: 'result', node: root.id, draft: null } as const;
        await storage.messages.link(card);
        await storage.messages.link(result);
        expect(await storage.messages.find(place, '7')).toEqual(result);
      });
    });

    describe('drafts', () => {
      const draftOf = (place: PlaceId, id: string, kind = 'mask') => ({
        ...({ id, place, author: ann, kind, content: { points: [[1, 2]], text: 'a\0b' } } as const),
        expiresAt: new Date(stand.time.getTime() + minutes(30)),
      });
      test('are kept until they expire', async () => {
        const draft = draftOf(somePlace(), nodeId());
        await storage.drafts.put(draft);
        expect(await other.drafts.find(draft.id)).toEqual(draft);
        stand.time = draft.expiresAt;
        expect(await other.drafts.find(draft.id)).toBeUndefined();
        expect(await other.drafts.newest(draft.place, ann, 'mask')).toBeUndefined();
      });
      test('are replaced, removed, and found by who made them where', async () => {
        const place = somePlace();
        const [first, second] = [draftOf(place, nodeId()), draftOf(place, nodeId())];
        await storage.drafts.put(first);
        await storage.drafts.put(second);
        await storage.drafts.put(draftOf(place, nodeId(), 'edit'));
        await storage.drafts.put({ ...second, content: 'more' });
        expect(await other.drafts.newest(place, ann, 'mask')).toEqual({ ...second, content: 'more' });
        expect(await other.drafts.newest(place, bo, 'mask')).toBeUndefined();
        expect(await other.drafts.countOf(ann)).toBeGreaterThanOrEqual(3);
        expect(await storage.drafts.take(second.id)).toBe(true);
        expect(await other.drafts.take(second.id)).toBe(false);
        expect(await other.drafts.newest(place, ann, 'mask')).toEqual(first);
      });
    });

    describe('people and places', () => {
      test('are remembered, and what is known of them changes', async () => {
        const person = { id: `web:${nodeId()}`, name: 'Ann 安', language: null } as const;
        await atOnce(6, (s) => s.people.savePerson(person));
        await storage.people.savePerson({ ...person, language: 'zh' });
        expect(await other.people.person(person.id)).toEqual({ ...person, language: 'zh' });
        const place = { id: somePlace(), group: 'd:1', language: 'en', policy: 'anyone' } as const;
        await atOnce(6, (s) => s.people.savePlace(place));
        await storage.people.savePlace({ ...place, policy: 'collaborators' });
        expect(await other.people.place(place.id)).toEqual({ ...place, policy: 'collaborators' });
        expect(await storage.people.person('web:nobody')).toBeUndefined();
        expect(await storage.people.place(somePlace())).toBeUndefined();
      });
      test('are given a hint once in so many days', async () => {
        const person = `web:${nodeId()}` as const;
        const day = (n: number) => new Date(Date.UTC(2026, 10, 1 + n));
        const hints = await atOnce(6, (s) => s.people.mayHint(person, 'ping', 30, day(0)));
        expect(hints.filter(Boolean)).toHaveLength(1);
        expect(await storage.people.mayHint(person, 'other', 30, day(1))).toBe(true);
        expect(await storage.people.mayHint(person, 'ping', 30, day(29))).toBe(false);
        const again = await atOnce(6, (s) => s.people.mayHint(person, 'ping', 30, day(30)));
        expect(again.filter(Boolean)).toHaveLength(1);
      });
    });

    describe('rows of another version', () => {
      /** As before a parameter came, and after one went. */
      const otherTask = (init: BlobRef): Task => {
        const { kind, request } = editTask(init);
        const { cfgRescale: _, sampler: __, ...earlier } = request.params;
        const params = { ...earlier, sampler: 'a sampler of long ago', zigzag: 3 };
        return { kind, request: { ...request, params, glow: true } as unknown as EditRequest };
      };
      const readable = (init: BlobRef) => {
        const { kind, request } = editTask(init);
        return { kind, request: { ...request, params: { ...request.params, sampler: defaultParams.sampler } } };
      };

      test('are read: what came later has its default, what is no more is left out', async () => {
        const root = await plantTree(storage.lineage);
        const { ref } = root.image;
        const job = jobOn(root, somePlace(), { task: otherTask(ref) });
        await storage.jobs.accept(job);
        expect((await other.jobs.find(job.id))?.task).toEqual(readable(ref));
        const unfinished = (await other.jobs.unfinished()).find(({ id }) => id === job.id);
        expect(unfinished?.task).toEqual(readable(ref));
        const picture = pictureOf(job);
        await storage.jobs.complete(job.id, [picture], messageAbout(job, picture.id));
        expect((await other.lineage.node(picture.id))?.task).toEqual(readable(ref));
        expect((await other.lineage.nodes(root.lineage, 0, 9)).at(-1)?.task).toEqual(readable(ref));
      });
      test('of presets are read, also where they are somebody’s defaults', async () => {
        const [place, user] = [somePlace(), `discord:${nodeId()}` as const];
        const content = { params: { steps: 12, zigzag: 3, cfgScale: 'much' }, glow: true } as unknown as PresetContent;
        await storage.presets.save({ scope: 'user', owner: user, name: 'old', content });
        await storage.presets.setDefault('user', user, 'old');
        const sound = { params: { steps: 12 } };
        expect((await other.presets.find('user', user, 'old'))?.content).toEqual(sound);
        expect(await other.presets.layers({ group: 'd:1', place, user })).toEqual([
          { name: 'user default', content: sound },
        ]);
      });
    });

    describe('presets', () => {
      const presetOf = (owner: string, name: string, steps: number) =>
        ({ scope: 'user', owner, name, content: { params: { steps }, promptPrefix: 'oil' } }) as const;

      test('are saved, replaced, listed by name and removed', async () => {
        const owner = `web:${nodeId()}`;
        await atOnce(4, (s) => s.presets.save(presetOf(owner, 'soft', 10)));
        await storage.presets.save(presetOf(owner, 'soft', 30));
        await storage.presets.save(presetOf(owner, 'Bold', 40));
        expect(await other.presets.find('user', owner, 'soft')).toEqual(presetOf(owner, 'soft', 30));
        expect((await other.presets.list('user', owner)).map(({ name }) => name)).toEqual(['Bold', 'soft']);
        expect(await other.presets.find('server', owner, 'soft')).toBeUndefined();
        expect(await other.presets.remove('user', owner, 'soft')).toBe(true);
        expect(await storage.presets.remove('user', owner, 'soft')).toBe(false);
      });
      test('the default of each scope is a layer', async () => {
        const [user, group, place] = [`web:${nodeId()}`, `d:${nodeId()}`, somePlace()] as const;
        const of = { group, place, user };
        expect(await storage.presets.layers(of)).toEqual([]);
        const presets = [
          { ...presetOf('*', 'house', 11), scope: 'system' },
          { ...presetOf(group, 'guild', 12), scope: 'server' },
          { ...presetOf(place, 'here', 13), scope: 'channel' },
          { ...presetOf(user, 'mine', 14), scope: 'user' },
        ] as const;
        for (const preset of presets) {
          await storage.presets.save(preset);
          await storage.presets.setDefault(preset.scope, preset.owner, preset.name);
        }
        const names = ['system', 'server', 'channel', 'user default'];
        expect(await other.presets.layers(of)).toEqual(
          names.map((name, i) => ({ name, content: presets[i]!.content })),
        );
        await storage.presets.setDefault('system', '*', null);
        await storage.presets.remove('server', group, 'guild');
        const left = await other.presets.layers(of);
        expect(left.map(({ name }) => name)).toEqual(['channel', 'user default']);
      });
      test('there is one default, and it exists', async () => {
        const owner = `web:${nodeId()}`;
        const names = ['one', 'two', 'three'];
        for (const [i, name] of names.entries()) await storage.presets.save(presetOf(owner, name, i + 1));
        await atOnce(9, (s, i) => s.presets.setDefault('user', owner, names[i % 3]!));
        const layers = await storage.presets.layers({
          group: 'none',
          place: somePlace(),
          user: owner as `web:${string}`,
        });
        expect(layers.filter(({ name }) => name === 'user default')).toHaveLength(1);
        const wrong = storage.presets.setDefault('user', owner, 'tow');
        await expect(wrong).rejects.toMatchObject({
          code: 'unknown-name',
          details: { nearest: ['two', 'one', 'three'] },
        });
      });
    });

    describe('sweeping', () => {
      const bytes = () => new TextEncoder().encode(`bytes ${nodeId()}`);
      const soon = () => new Date(Date.now() + minutes(1));

      test('keeps every blob a row refers to and deletes the others', async () => {
        const { blobs } = storage;
        const [init, mask, result, card, drafted, lost] = await Promise.all(times(6, () => blobs.put(bytes())));
        const place = somePlace();
        const root = await plantTree(storage.lineage, { place, image: someImage(init) });
        const task = editTask(init!);
        const masked = {
          ...task,
          request: { ...task.request, mask: { kind: 'image', blob: mask!, read: 'auto' } },
        } as const;
        const job = jobOn(root, place, { task: masked });
        await storage.jobs.accept(job);
        const message = { ...messageAbout(job, null), card: { images: [{ blob: card }] } };
        await storage.jobs.complete(job.id, [pictureOf(job, 0, { image: someImage(result) })], message);
        const expiresAt = new Date(stand.time.getTime() + minutes(30));
        const draft = {
          ...{ id: nodeId(), place, author: ann, kind: 'mask' },
          content: { mask: drafted },
          expiresAt,
        } as const;
        await storage.drafts.put(draft);
        await storage.images.remember(someImage(lost));

        expect(await other.sweep(soon())).toBeGreaterThanOrEqual(1);
        const kept = await Promise.all([init, mask, result, card, drafted, lost].map((ref) => blobs.has(ref!)));
        expect(kept).toEqual([true, true, true, true, true, false]);
        expect(await storage.images.find(lost!)).toBeUndefined();
        expect(await storage.images.find(result!)).toBeDefined();
        await expect(blobs.get(lost!)).rejects.toEqual(refusal('gone'));

        stand.time = expiresAt;
        await other.sweep(soon());
        expect(await blobs.has(drafted!)).toBe(false);
      });
      test('spares what was put a moment ago', async () => {
        const ref = await storage.blobs.put(bytes());
        await other.sweep(new Date(Date.now() - minutes(1)));
        expect(await storage.blobs.has(ref)).toBe(true);
      });
    });

    describe('a tree of ten thousand pictures', () => {
      test('is read as quickly as a small one', async () => {
        const place = somePlace();
        const root = await plantTree(storage.lineage, { place });
        const job = jobOn(root, place);
        await storage.jobs.accept(job);
        const first = pictureOf(job);
        await storage.jobs.complete(job.id, [first], messageAbout(job, null));
        await stand.execute(multiply(root.lineage, 10_000));
        const started = performance.now();
        const [last] = await storage.lineage.nodes(root.lineage, 10_000, 20);
        expect(last?.number).toBe(10_000);
        await storage.lineage.node(last!.id);
        await storage.lineage.newest(place, new Date(0), ann);
        await storage.lineage.lineage(root.lineage);
        await storage.lineage.moveHead(root.lineage, 'main', first.id, last!.id);
        expect(performance.now() - started).toBeLessThan(1000); // reading all of it takes seconds
      });
    });

    test('what was written is there after closing and opening again', async () => {
      const { job, root, picture } = await completedJob();
      await using reopened = await stand.reopen();
      expect((await reopened.jobs.find(job.id))?.state).toBe('delivering');
      expect((await reopened.lineage.lineage(root.lineage))?.heads).toEqual({ main: picture.id });
    });
  });
}
