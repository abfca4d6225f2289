// One suite, for both databases open it once, and longer than others: its promises are about what one person leaves in many tables.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BlobRef } from '../../src/edit/blob.ts';
import type { NodeId, PlaceId } from '../../src/edit/lineage.ts';
import type { UserId } from '../../src/edit/request.ts';
import { forgottenUser } from '../../src/edit/request.ts';
import type { Drawn, ExportedPicture, NewJob, Storage } from '../../src/storage/index.ts';
import { bo, editTask, jobOn, lineageId, messageAbout, nodeId, pictureOf, somePlace } from './fixtures.ts';
import type { Stand } from './stand.ts';

const days = (count: number) => count * 86_400_000;

/** So many more uploads of one person's in a tree, each of another picture. */
const uploads = (lineage: string, count: number) => {
  const series = `WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < ${count})`;
  const ref = `'sha256-${'0'.repeat(60)}' || (1000 + n)`;
  return [
    `INSERT INTO "Image" ("ref", "width", "height", "createdAt") ${series}
      SELECT ${ref}, 64, 64, "createdAt" FROM "Lineage", series WHERE "id" = '${lineage}'`,
    `INSERT INTO "Node" ("id", "lineageId", "number", "op", "imageRef", "pick", "author", "place", "createdAt") ${series}
      SELECT "lineageId" || n, "lineageId", n, "op", ${ref}, "pick", "author", "place", "createdAt"
      FROM "Node", series WHERE "lineageId" = '${lineage}' AND "number" = 0`,
  ];
};

/** What every database must do for the rules of the house: settings, words, members, retention, forgetting. */
export function houseConformance(name: string, openStand: () => Promise<Stand>): void {
  describe(name, () => {
    let stand: Stand;
    let storage: Storage;
    beforeAll(async () => {
      stand = await openStand();
      ({ storage } = stand);
    });
    afterAll(() => stand[Symbol.asyncDispose]());

    const later = (count: number) => {
      stand.time = new Date(stand.time.getTime() + days(count));
    };
    /** An upload of somebody's whose bytes are stored. */
    async function upload(author: UserId, place = somePlace()) {
      const ref = await storage.blobs.put(new TextEncoder().encode(nodeId()));
      await storage.people.savePlace({
        id: place,
        group: `g:${place}`,
        within: null,
        language: null,
        policy: 'anyone',
      });
      const image = { ref, width: 64, height: 64 };
      return storage.lineage.plant({ id: nodeId(), lineage: lineageId(), image, author, place, infotext: null });
    }
    /** A finished edit of a picture. */
    async function edited(root: Awaited<ReturnType<typeof upload>>, author: UserId, change: Partial<NewJob> = {}) {
      const lineage = await storage.lineage.lineage(root.lineage);
      const job = jobOn(root, lineage!.place, { author, ...change });
      await storage.jobs.accept(job);
      const ref = await storage.blobs.put(new TextEncoder().encode(nodeId()));
      const picture = pictureOf(job, 0, { image: { ref, width: 64, height: 64 } });
      const message = messageAbout(job, picture.id);
      await storage.jobs.complete(job.id, [picture], message);
      await storage.outbox.claim({ ...message, state: 'waiting', attempts: 0 } as never, stand.time);
      const link = { place: job.place, message: `m${job.id}`, kind: 'result', node: picture.id } as const;
      await storage.outbox.sent(message.id, link.message, [{ ...link, job: job.id, draft: null }]);
      return { job, picture };
    }
    /** An edit with a mask whose bytes are stored. */
    async function masked(root: Awaited<ReturnType<typeof upload>>) {
      const blob = await storage.blobs.put(new TextEncoder().encode(nodeId()));
      const task = editTask(root.image.ref);
      const mask = { kind: 'image', blob, read: 'white' } as const;
      return { blob, task: { ...task, request: { ...task.request, mask } } };
    }
    /** A message that shows two pictures in one. */
    async function compared(place: PlaceId, a: NodeId, b: NodeId) {
      const image = await storage.blobs.put(new TextEncoder().encode(nodeId()));
      const id = nodeId();
      const card = { kind: 'comparison', comparison: { a: { id: a, number: 0 }, b: { id: b, number: 1 }, image } };
      const row = { id, key: `compare:${id}`, place, card, job: null, node: b, replyTo: null };
      await storage.outbox.put(row);
      await storage.outbox.claim({ ...row, state: 'waiting', attempts: 0 } as never, stand.time);
      const message = `m${id}`;
      const link = { place, message, kind: 'result', node: b, job: null, draft: null } as const;
      await storage.outbox.sent(id, message, [link]);
      return { image, message };
    }
    const someone = () => `discord:${nodeId()}` as const;

    test('settings are kept by owner and key, replaced and taken back', async () => {
      const owner = someone();
      const key = { scope: 'user', owner, key: 'files' } as const;
      await storage.settings.set({ ...key, value: 'photo' });
      await storage.settings.set({ ...key, value: ['document'] });
      await storage.settings.set({ scope: 'server', owner, key: 'files', value: 1 });
      expect(await stand.other.settings.of([{ scope: 'user', owner }])).toEqual([{ ...key, value: ['document'] }]);
      expect(await storage.settings.reset(key)).toBe(true);
      expect(await storage.settings.reset(key)).toBe(false);
      expect(await storage.settings.of([{ scope: 'user', owner }])).toEqual([]);
    });

    test('words, members and the record of what was done are kept by owner', async () => {
      const [owner, person] = [nodeId(), someone()];
      const word = { owner, entry: '坏词', level: 'replace', replacement: '好词' } as const;
      await storage.moderation.saveWord(word);
      await storage.moderation.saveWord({ ...word, owner: '*' });
      expect(await storage.moderation.words([owner])).toEqual([word]);
      expect(await storage.moderation.removeWord(owner, '坏词')).toBe(true);
      expect(await storage.moderation.words([owner])).toEqual([]);
      const banned = { owner, person, banned: true, why: 'spam', credits: null };
      await storage.moderation.saveMember({ ...banned, why: null });
      await storage.moderation.saveMember(banned);
      expect(await stand.other.moderation.member([owner, '*'], person)).toEqual([banned]);
      await storage.moderation.record({ owner, by: person, action: 'ban', detail: 'x' });
      expect(await storage.moderation.audit(owner, 5)).toEqual([
        { owner, by: person, action: 'ban', detail: 'x', at: stand.time },
      ]);
      await storage.moderation.removeWord('*', '坏词');
    });

    test('a preset can be the default of one flow and another that of all the others', async () => {
      const user = someone();
      const of = { group: 'g', channels: [somePlace()], user };
      for (const [preset, steps] of [
        ['calm', 10],
        ['wild', 40],
      ] as const) {
        await storage.presets.save({ scope: 'user', owner: user, name: preset, content: { params: { steps } } });
      }
      await storage.presets.setDefault('user', user, 'calm');
      await storage.presets.setDefault('user', user, 'wild', 'outpaint');
      const steps = async (flow: 'outpaint' | 'edit') =>
        (await storage.presets.layers({ ...of, flow })).map(({ content }) => content.params.steps);
      expect(await steps('edit')).toEqual([10]);
      expect(await steps('outpaint')).toEqual([40]);
      expect(await storage.presets.defaults('user', user)).toEqual([
        { flow: 'any', name: 'calm' },
        { flow: 'outpaint', name: 'wild' },
      ]);
      await storage.presets.remove('user', user, 'wild');
      expect(await steps('outpaint')).toEqual([10]);
    });

    test('a cancelled job is charged what was spent of it, a failed one nothing', async () => {
      const author = someone();
      const root = await upload(author);
      const since = new Date(0);
      const place = somePlace();
      for (const [state, spent] of [
        ['cancelled', 0.25],
        ['failed', undefined],
      ] as const) {
        const job = jobOn(root, place, { author, cost: 8 });
        await storage.jobs.accept(job);
        await storage.jobs.end(job.id, state, null, null, spent);
      }
      expect(await storage.jobs.creditsSince(author, since)).toBe(2);
    });

    test('a place that refuses three times in a row is left alone for a day', async () => {
      const place = somePlace();
      await storage.people.savePlace({ id: place, group: 'g', within: null, language: null, policy: 'anyone' });
      const refuse = () => storage.people.placeRefused(place, stand.time);
      expect([await refuse(), await refuse()]).toEqual([false, false]);
      await storage.people.placeReached(place);
      expect([await refuse(), await refuse(), await refuse()]).toEqual([false, false, true]);
      expect(await storage.people.isUnreachable(place, stand.time)).toBe(true);
      later(1.01);
      expect(await storage.people.isUnreachable(place, stand.time)).toBe(false);
    });

    test('a message no way led to is kept for whoever asked for it, until they are told once', async () => {
      const author = someone();
      const root = await upload(author);
      const job = jobOn(root, somePlace(), { author });
      await storage.jobs.accept(job);
      const message = messageAbout(job, null);
      await storage.jobs.complete(job.id, [pictureOf(job)], message);
      await storage.outbox.claim({ ...message, state: 'waiting', attempts: 0 } as never, stand.time);
      await storage.outbox.keep(message.id);
      expect((await storage.jobs.find(job.id))?.state).toBe('done');
      expect(await storage.outbox.keptFor(bo)).toEqual([]);
      expect(await storage.outbox.keptFor(author)).toMatchObject([{ id: message.id, state: 'kept' }]);
      const told = await Promise.all([storage.outbox.told(message.id), stand.other.outbox.told(message.id)]);
      expect(told.sort()).toEqual([false, true]);
      expect(await storage.outbox.keptFor(author)).toEqual([]);
    });

    test('a place that has another name takes everything along; what was chosen under the new one since counts more', async () => {
      const [chat, next] = [`t:-${stand.time.getTime()}`, `t:-100${stand.time.getTime()}`];
      const from = { id: `${chat}:0` as PlaceId, group: chat };
      const to = { id: `${next}:0` as PlaceId, group: next };
      const root = await upload(bo, from.id);
      const { picture } = await edited(root, bo, { group: chat });
      const { message } = await compared(from.id, root.id, picture.id);
      const other = await upload(bo);
      const open = jobOn(root, from.id, { author: bo, group: chat });
      await storage.jobs.accept(open);
      await storage.jobs.setCard(open.id, '7');
      const known = { within: null, language: 'zh', policy: 'collaborators' } as const;
      await storage.people.savePlace({ ...from, ...known });
      await storage.together.setRules(from.id, { votes: true });
      const draft = { place: from.id, author: bo, kind: 'mask', expiresAt: new Date(stand.time.getTime() + 1e6) };
      await storage.drafts.put({ ...draft, id: root.id, content: { log: from.id, words: `in ${chat}` } });
      const rule = { scope: 'server', owner: chat } as const;
      await storage.settings.set({ ...rule, key: 'log', value: [from.id] });
      await storage.settings.set({ ...rule, key: 'maxSteps', value: 10 });
      await storage.settings.set({ ...rule, owner: next, key: 'maxSteps', value: 20 });
      await storage.settings.set({ scope: 'channel', owner: from.id, key: 'pinned', value: picture.id });
      const preset = { scope: 'server', owner: chat, name: 'calm', content: { params: { steps: 10 } } } as const;
      await storage.presets.save(preset);
      await storage.presets.setDefault('server', chat, 'calm', 'edit');
      await storage.moderation.saveWord({ owner: chat, entry: 'x', level: 'block', replacement: null });
      await storage.moderation.saveMember({ owner: chat, person: bo, banned: true, why: null, credits: 3 });
      await storage.moderation.record({ owner: chat, by: bo, action: 'ban', detail: 'x' });

      await storage.moves.move(from, to);
      await stand.other.moves.move(from, to);
      expect(await storage.moves.homeOf(from.id)).toEqual(to);
      expect(await storage.moves.homeOf(to.id)).toBeUndefined();
      expect(await storage.people.place(to.id)).toEqual({ ...to, ...known });
      expect(await storage.together.rules(to.id)).toMatchObject({ votes: true });
      expect((await storage.lineage.lineage(root.lineage))?.place).toBe(to.id);
      expect((await storage.lineage.newest(to.id, new Date(0), bo))?.id).toBe(picture.id);
      expect((await storage.lineage.lineage(other.lineage))?.place).not.toBe(to.id);
      expect(await storage.jobs.find(open.id)).toMatchObject({
        ...{ place: to.id, group: next, cardMessage: null, replyTo: null },
      });
      const old = `${from.id}/${message}`;
      expect((await storage.messages.find(to.id, old))?.node).toBe(picture.id);
      expect(await storage.messages.find(to.id, message)).toBeUndefined();
      expect(await storage.messages.showing(root.id)).toEqual([{ place: to.id, message: old }]);
      expect(await storage.drafts.newest(to.id, bo, 'mask')).toMatchObject({
        content: { log: to.id, words: `in ${chat}` },
      });
      const of = await storage.settings.of([
        { scope: 'server', owner: next },
        { scope: 'channel', owner: to.id },
      ]);
      expect(Object.fromEntries(of.map(({ key, value }) => [key, value]))).toEqual({
        ...{ log: [to.id], maxSteps: 20, pinned: picture.id },
      });
      expect(await storage.presets.list('server', next)).toEqual([{ ...preset, owner: next }]);
      expect(await storage.presets.defaults('server', next)).toEqual([{ flow: 'edit', name: 'calm' }]);
      expect(await storage.moderation.words([next])).toMatchObject([{ entry: 'x' }]);
      expect(await storage.moderation.member([next], bo)).toMatchObject([{ banned: true, credits: 3 }]);
      expect(await storage.moderation.audit(next, 5)).toHaveLength(1);
      for (const gone of [await storage.presets.list('server', chat), await storage.moderation.words([chat])])
        expect(gone).toEqual([]);
      await storage.jobs.end(open.id, 'cancelled', null, null, 0);
    });

    describe('pictures that have been kept long enough', () => {
      const kept = async (id: Awaited<ReturnType<typeof upload>>['id']) => !(await storage.lineage.node(id))?.removed;

      test('go: uploads a week after their last use, results a month after they were made', async () => {
        const [root, unused] = [await upload(bo), await upload(bo)];
        later(5);
        const { picture } = await edited(root, bo);
        later(3);
        await storage.retire();
        expect([await kept(root.id), await kept(unused.id), await kept(picture.id)]).toEqual([true, false, true]);
        expect((await storage.lineage.node(unused.id))?.image.width).toBe(64);
        later(5);
        await storage.retire();
        expect([await kept(root.id), await kept(picture.id)]).toEqual([false, true]);
        later(23);
        await storage.retire();
        expect(await kept(picture.id)).toBe(false);
        await storage.sweep(new Date(Date.now() + 60_000));
        expect(await storage.blobs.has(picture.image.ref)).toBe(false);
      });
      test('go earlier or later as the server says, and earlier as their author says', async () => {
        const [author, place] = [someone(), somePlace()];
        const mine = await edited(await upload(author, place), author);
        const theirs = await edited(await upload(bo, place), bo);
        await storage.settings.set({ scope: 'server', owner: `g:${place}`, key: 'retention', value: 60 });
        await storage.settings.set({ scope: 'user', owner: author, key: 'retention', value: 2 });
        later(3);
        await storage.retire();
        expect([await kept(mine.picture.id), await kept(theirs.picture.id)]).toEqual([false, true]);
        later(50);
        await storage.retire();
        expect(await kept(theirs.picture.id)).toBe(true);
      });
      test('take their parameters and tree with them three months later', async () => {
        const { picture, job } = await edited(await upload(bo), bo);
        later(31);
        await storage.retire();
        later(89);
        await storage.retire();
        expect(await storage.lineage.node(picture.id)).toBeDefined();
        later(2);
        await storage.retire();
        expect(await storage.lineage.node(picture.id)).toBeUndefined();
        expect(await storage.jobs.find(job.id)).toBeUndefined();
      });
    });

    test('parameters go three months after their picture, and edits that left none; the tree goes on', async () => {
      const author = someone();
      const root = await upload(author);
      const old = await edited(root, author);
      const failed = jobOn(root, somePlace(), { author });
      await storage.jobs.accept(failed);
      await storage.jobs.end(failed.id, 'failed', null, null);
      later(31);
      await storage.retire();
      later(80);
      const { picture } = await edited(root, author);
      await storage.retire();
      expect((await storage.lineage.node(old.picture.id))?.task).not.toBeNull();
      expect(await storage.jobs.find(failed.id)).toBeUndefined();
      later(11);
      await storage.retire();
      const bare = { removed: true, task: null, infotext: null, seed: null, job: null };
      expect(await storage.lineage.node(old.picture.id)).toMatchObject(bare);
      expect(await storage.jobs.find(old.job.id)).toBeUndefined();
      expect((await storage.lineage.node(picture.id))?.task).not.toBeNull();
    });

    test('a deleted picture takes along what shows it beside another', async () => {
      const root = await upload(bo);
      const { picture } = await edited(root, bo);
      const place = somePlace();
      const { image, message } = await compared(place, root.id, picture.id);
      expect(await storage.messages.showing(root.id)).toEqual([{ place, message }]);
      expect(await storage.messages.showing(picture.id)).toHaveLength(2);
      await storage.lineage.remove(root);
      expect(await storage.blobs.has(image)).toBe(false);
      expect(await storage.messages.find(place, message)).toBeUndefined();
      expect(await storage.blobs.has(picture.image.ref)).toBe(true);
    });

    describe('somebody who wants to be forgotten', () => {
      test('loses their pictures at once and their name everywhere; trees of others stand', async () => {
        const [author, place] = [someone(), somePlace()];
        const theirs = await upload(bo, place);
        const { picture } = await edited(theirs, author);
        const { picture: child } = await edited((await storage.lineage.node(picture.id))!, bo);
        const own = await upload(author, place);
        await storage.people.savePerson({ id: author, name: 'Ann', language: null, handle: null });
        await storage.presets.save({ scope: 'user', owner: author, name: 'calm', content: { params: { steps: 9 } } });
        expect(await storage.privacy.inventory(author)).toMatchObject({ uploads: 1, results: 1, edits: 1, presets: 1 });

        expect(await storage.privacy.beginForgetting(author)).toBe(2);
        expect(await storage.privacy.isForgetting(author)).toBe(true);
        expect(await storage.blobs.has(picture.image.ref)).toBe(false);
        expect(await storage.blobs.has(child.image.ref)).toBe(true);
        expect(await storage.privacy.messagesOf(author)).toHaveLength(1);

        const counts = { nodes: 2, edits: 1, presets: 1, messages: 1 };
        expect(await storage.privacy.finishForgetting(author)).toEqual(counts);
        expect(await storage.lineage.node(own.id)).toBeUndefined();
        expect(await storage.lineage.node(picture.id)).toMatchObject({
          ...{ author: forgottenUser, task: null, infotext: null, removed: true, job: null },
        });
        expect(await storage.lineage.node(child.id)).toMatchObject({ author: bo, removed: false });
        expect(await storage.people.person(author)).toBeUndefined();
        expect(await storage.privacy.inventory(author)).toMatchObject({ uploads: 0, results: 0, edits: 0, presets: 0 });
        expect(await storage.privacy.forgetting()).not.toContain(author);
      });
      test('does not take the same picture from somebody else who sent it too', async () => {
        const author = someone();
        const root = await upload(author);
        const twin = { id: nodeId(), lineage: lineageId(), image: root.image, author: bo, infotext: null } as const;
        await storage.lineage.plant({ ...twin, place: somePlace() });
        for (const sql of uploads(root.lineage, 1200)) await stand.execute(sql); // more than a query can name
        await storage.privacy.beginForgetting(author);
        expect(await storage.blobs.has(root.image.ref)).toBe(true);
        expect(await storage.privacy.inventory(author)).toMatchObject({ uploads: 0 });
      });
      test('leaves others what they drew, and takes along what shows the pictures beside others', async () => {
        const author = someone();
        const theirs = await upload(bo);
        const [drawnByBo, drawnByAuthor] = [await masked(theirs), await masked(theirs)];
        const { picture } = await edited(theirs, author, { task: drawnByBo.task, maskAuthor: bo });
        const { picture: child } = await edited(theirs, bo, { task: drawnByAuthor.task, maskAuthor: author });
        const place = somePlace();
        const { image, message } = await compared(place, picture.id, child.id);
        const vote = {
          id: nodeId(),
          lineage: theirs.lineage,
          place,
          needed: 2,
          language: 'en',
          closesAt: stand.time,
        } as const;
        await storage.together.openVote({ ...vote, content: { by: author, name: 'Ann' } }, bo);
        await storage.privacy.beginForgetting(author);
        const has = (...refs: readonly BlobRef[]) => Promise.all(refs.map((ref) => storage.blobs.has(ref)));
        expect(await has(drawnByBo.blob, child.image.ref)).toEqual([true, true]);
        expect(await has(drawnByAuthor.blob, image, picture.image.ref)).toEqual([false, false, false]);
        expect(await storage.privacy.messagesOf(author)).toContainEqual({ place, message });
        await storage.privacy.finishForgetting(author);
        expect(await storage.messages.find(place, message)).toBeUndefined();
        expect(await storage.together.vote(vote.id)).toBeUndefined();
      });
      test('can take everything along first', async () => {
        const author = someone();
        const root = await upload(author);
        const { blob, task } = await masked(root);
        const { picture, job } = await edited(root, author, { task });
        await storage.jobs.accept(jobOn(root, somePlace(), { author }));
        const exported: ExportedPicture[] = [];
        for await (const one of storage.privacy.pictures(author)) exported.push(one);
        expect(exported).toHaveLength(2);
        expect(JSON.stringify(exported.find(({ id }) => id === picture.id))).toContain('a red hat');
        expect(await storage.privacy.account(author)).toMatchObject({
          person: { id: author },
          drafts: [],
          members: [],
        });
        const drawn: Drawn[] = [];
        for await (const one of storage.privacy.drawn(author)) drawn.push(one);
        expect(drawn).toEqual([{ kind: 'mask', node: picture.id, ref: blob }]);
        const edits: Readonly<Record<string, unknown>>[] = [];
        for await (const one of storage.privacy.edits(author)) edits.push(one);
        expect(edits).toHaveLength(2);
        expect(JSON.stringify(edits.find(({ id }) => id === job.id))).toContain('a red hat');
      });
    });
  });
}
