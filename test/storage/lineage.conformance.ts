import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toImageHash } from '../../src/edit/image-hash.ts';
import type { LineageNode } from '../../src/edit/lineage.ts';
import type { Storage } from '../../src/storage/index.ts';
import {
  acceptedJob,
  ann,
  atOnce,
  bo,
  jobOn,
  lineageId,
  messageAbout,
  nodeId,
  pictureOf,
  plantTree,
  someImage,
  somePlace,
  someRef,
  times,
} from './fixtures.ts';
import type { Stand } from './stand.ts';

const refusal = (code: string) => expect.objectContaining({ name: 'Refusal', code });
const minutes = (count: number) => count * 60_000;

/** Copies #1 of a tree until it has nodes up to number `last`. */
const multiply = (lineage: string, last: number) => `
  INSERT INTO "Node" ("id", "lineageId", "number", "parentId", "op", "task", "imageRef", "seed", "infotext", "pick", "author",
    "maskAuthor", "jobId", "place", "createdAt")
  WITH RECURSIVE series(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM series WHERE n < ${last})
  SELECT "lineageId" || n, "lineageId", n, "parentId", "op", "task", "imageRef", "seed", "infotext", "pick", "author",
    "maskAuthor", "jobId", "place", "createdAt" FROM "Node", series WHERE "lineageId" = '${lineage}' AND "number" = 1`;

/** What every database must do with pictures and their lineage. */
export function lineageConformance(name: string, openStand: () => Promise<Stand>): void {
  describe(name, () => {
    let stand: Stand;
    let storage: Storage;
    let other: Storage;
    beforeAll(async () => {
      stand = await openStand();
      ({ storage, other } = stand);
    });
    afterAll(() => stand[Symbol.asyncDispose]());

    describe('images', () => {
      test('are remembered once, however often and by however many', async () => {
        const image = someImage();
        await atOnce(stand, 10, (s) => s.images.remember(image));
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
          ...{ begunBy: {}, collaborators: [], lockedBy: null, thread: null },
          createdAt: stand.time,
        });
      });
      test('takes over the policy of its place', async () => {
        const place = somePlace();
        await storage.people.savePlace({ id: place, group: 'd:1', within: null, language: null, policy: 'owner' });
        const root = await plantTree(storage.lineage, { place });
        expect((await storage.lineage.lineage(root.lineage))?.policy).toBe('owner');
      });
      test('is read page by page in the order of its numbers', async () => {
        const { root, job } = await acceptedJob(storage);
        const pictures = times(5, (pick) => pictureOf(job, pick));
        const grown = await storage.jobs.complete(job.id, pictures, messageAbout(job, null));
        expect(await storage.lineage.nodes(root.lineage, 2, 3)).toEqual(grown?.slice(1, 4));
        expect(await storage.lineage.children(root.id, 9)).toEqual(grown?.toReversed());
        expect(await storage.lineage.children(root.id, 2)).toEqual([grown![4], grown![3]]);
        expect(await storage.lineage.children(grown![0]!.id, 9)).toEqual([]);
        expect(await storage.lineage.batch(job.id)).toEqual(grown);
        expect(await storage.lineage.below(root.id, 9)).toEqual([grown![0]]);
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
        const { root, job } = await acceptedJob(storage);
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
        const { root, job } = await acceptedJob(storage);
        const grown = await storage.jobs.complete(job.id, [pictureOf(job), pictureOf(job, 1)], messageAbout(job, null));
        const [first, second] = [grown![0]!.id, grown![1]!.id];
        await storage.lineage.pushUndone(root.lineage, ann, second);
        await storage.lineage.pushUndone(root.lineage, ann, first);
        await storage.lineage.pushUndone(root.lineage, ann, second); // again: now the newest
        await storage.lineage.pushUndone(root.lineage, bo, first);
        const { undone, dropUndone } = other.lineage;
        expect(await undone(root.lineage, ann, root.id)).toBe(second);
        await dropUndone(root.lineage, ann, [second]);
        expect(await undone(root.lineage, ann, first)).toBeUndefined();
        expect(await undone(root.lineage, ann, root.id)).toBe(first);
        await dropUndone(root.lineage, ann, [first, second]);
        expect(await undone(root.lineage, ann, root.id)).toBeUndefined();
        expect(await undone(root.lineage, bo, root.id)).toBe(first);
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

    describe('a tree of ten thousand pictures', () => {
      test('is read and moved about in by pages', async () => {
        const place = somePlace();
        const root = await plantTree(storage.lineage, { place });
        const job = jobOn(root, place);
        await storage.jobs.accept(job);
        const first = pictureOf(job);
        await storage.jobs.complete(job.id, [first], messageAbout(job, null));
        await stand.execute(multiply(root.lineage, 10_000));
        const [last] = await storage.lineage.nodes(root.lineage, 10_000, 20);
        expect(last?.number).toBe(10_000);
        expect(await storage.lineage.node(last!.id)).toEqual(last);
        expect(await storage.lineage.newest(place, new Date(0), ann)).toBeDefined();
        await storage.lineage.moveHead(root.lineage, 'main', first.id, last!.id);
        expect((await storage.lineage.lineage(root.lineage))?.heads).toEqual({ main: last!.id });
        const numbers = async (nodes: Promise<readonly LineageNode[]>) => (await nodes).map(({ number }) => number);
        expect(await numbers(storage.lineage.children(root.id, 2))).toEqual([10_000, 9_999]);
        await stand.execute(`UPDATE "Node" SET "jobId" = NULL WHERE "lineageId" = '${root.lineage}'`);
        expect(await numbers(storage.lineage.below(root.id, 2))).toEqual([10_000, 9_999]);
        await stand.execute(`UPDATE "Node" SET "removedAt" = "createdAt",
          "parentId" = (SELECT n."id" FROM "Node" n WHERE n."lineageId" = "Node"."lineageId" AND n."number" = "Node"."number" - 1)
          WHERE "lineageId" = '${root.lineage}' AND "number" > 0`);
        await stand.execute(`UPDATE "Node" SET "removedAt" = NULL WHERE "id" = '${last!.id}'`);
        expect(await numbers(storage.lineage.below(root.id, 2))).toEqual([10_000]); // beyond all that were removed
        expect((await storage.lineage.above((await storage.lineage.node(last!.id))!))?.id).toBe(root.id);
      });
    });
  });
}
