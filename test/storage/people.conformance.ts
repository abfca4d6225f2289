import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BlobRef } from '../../src/edit/blob.ts';
import { defaultParams } from '../../src/edit/fields.ts';
import type { PlaceId } from '../../src/edit/lineage.ts';
import type { PresetContent } from '../../src/edit/presets.ts';
import type { EditRequest, Task, UserId } from '../../src/edit/request.ts';
import type { NewJob, Storage } from '../../src/storage/index.ts';
import {
  acceptedJob,
  ann,
  atOnce,
  bo,
  editTask,
  jobOn,
  messageAbout,
  nodeId,
  pictureOf,
  plantTree,
  someImage,
  somePlace,
  times,
} from './fixtures.ts';
import type { Stand } from './stand.ts';

const refusal = (code: string) => expect.objectContaining({ name: 'Refusal', code });
const minutes = (count: number) => count * 60_000;

/** What every database must do with people, their messages, drafts and presets. */
export function peopleConformance(name: string, openStand: () => Promise<Stand>): void {
  describe(name, () => {
    let stand: Stand;
    let storage: Storage;
    let other: Storage;
    beforeAll(async () => {
      stand = await openStand();
      ({ storage, other } = stand);
    });
    afterAll(() => stand[Symbol.asyncDispose]());

    describe('files that were posted', () => {
      test('are known by picture and way, also as those of whoever made the picture, until it goes', async () => {
        const { postedFiles } = storage;
        const cy: UserId = 'telegram:9007199254740993';
        const made = async (more: Partial<NewJob>) => {
          stand.time = new Date(stand.time.getTime() + 1000);
          const { job } = await acceptedJob(storage, somePlace(), { author: cy, ...more });
          const image = someImage(await storage.blobs.put(randomBytes(8)));
          const picture = pictureOf(job, 0, { image });
          await storage.jobs.complete(job.id, [picture], messageAbout(job, picture.id));
          await postedFiles.keep(image.ref, 'photo', `photo of ${picture.id}`);
          return picture;
        };
        const [first, second] = [await made({}), await made({})];
        await made({ spoiler: true });
        await made({ author: bo });
        await postedFiles.keep(first.image.ref, 'photo', 'once more');
        expect(await other.postedFiles.find(first.image.ref, 'photo')).toBe('once more');
        expect(await other.postedFiles.find(first.image.ref, 'document')).toBeUndefined();
        const found = async () => (await postedFiles.madeBy(cy, 'photo', 9)).map(({ node, file }) => [node.id, file]);
        const secondFile = [second.id, `photo of ${second.id}`];
        expect(await found()).toEqual([secondFile, [first.id, 'once more']]);
        await storage.lineage.remove((await storage.lineage.node(first.id))!);
        expect(await found()).toEqual([secondFile]);
        expect(await postedFiles.find(first.image.ref, 'photo')).toBeUndefined();
        const nobodys = someImage().ref;
        await postedFiles.keep(nobodys, 'photo', 'a mask, say');
        await storage.sweep(new Date(0));
        expect(await postedFiles.find(nobodys, 'photo')).toBeUndefined();
        expect(await postedFiles.find(second.image.ref, 'photo')).toBeDefined();
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
        expect(await other.drafts.countOf(ann, ['mask', 'edit'])).toBeGreaterThanOrEqual(3);
        expect(await other.drafts.countOf(ann, ['of no kind'])).toBe(0);
        expect(await storage.drafts.take(second.id)).toBe(true);
        expect(await other.drafts.take(second.id)).toBe(false);
        expect(await other.drafts.newest(place, ann, 'mask')).toEqual(first);
      });
      test('are claimed by one; a claim is spent, taken back, or ends with the process that made it', async () => {
        const draft = draftOf(somePlace(), nodeId());
        await storage.drafts.put(draft);
        const claims = await atOnce(stand, 6, (s) => s.drafts.claim(draft));
        expect(claims.filter(Boolean)).toHaveLength(1);
        expect(await other.drafts.find(draft.id)).toBeUndefined();
        expect(await other.drafts.take(draft.id)).toBe(false);
        await other.drafts.unclaim(['t:']);
        expect(await other.drafts.find(draft.id)).toBeUndefined();
        await other.drafts.unclaim(['w:', 'd:']);
        expect(await storage.drafts.find(draft.id)).toEqual(draft);
        await storage.drafts.claim(draft);
        await storage.drafts.put(draft);
        await storage.drafts.spent(draft.id); // it was put back
        expect(await storage.drafts.find(draft.id)).toEqual(draft);
        await storage.drafts.claim(draft);
        await storage.drafts.spent(draft.id);
        await storage.drafts.unclaim(['d:']);
        expect(await storage.drafts.find(draft.id)).toBeUndefined();
      });
    });

    describe('people and places', () => {
      test('are remembered, and what is known of them changes', async () => {
        const person = { id: `web:${nodeId()}`, name: 'Ann 安', language: null, handle: null } as const;
        await atOnce(stand, 6, (s) => s.people.savePerson(person));
        await storage.people.savePerson({ ...person, language: 'zh' });
        expect(await other.people.person(person.id)).toEqual({ ...person, language: 'zh' });
        const place = { id: somePlace(), group: 'd:1', within: null, language: 'en', policy: 'anyone' } as const;
        await atOnce(stand, 6, (s) => s.people.savePlace(place));
        await storage.people.savePlace({ ...place, policy: 'collaborators' });
        expect(await other.people.place(place.id)).toEqual({ ...place, policy: 'collaborators' });
        const thread = { ...place, id: somePlace(), within: place.id };
        await storage.people.savePlace({ ...thread, policy: null });
        await storage.together.setRules(place.id, { votes: true, threads: true });
        await storage.together.setRules(thread.id, { threads: false });
        expect(await other.people.place(thread.id)).toEqual({ ...thread, policy: 'collaborators' });
        expect(await other.together.rules(thread.id)).toEqual({ votes: true, authors: false, threads: false });
        const root = await plantTree(storage.lineage, { place: thread.id });
        expect((await other.lineage.lineage(root.lineage))?.policy).toBe('collaborators');
        await storage.people.savePlace({ ...thread, policy: 'owner' });
        await storage.people.savePlace({ ...thread, policy: null });
        expect((await other.people.place(thread.id))?.policy).toBe('owner'); // chosen here
        expect(await storage.people.person('web:nobody')).toBeUndefined();
        expect(await storage.people.place(somePlace())).toBeUndefined();
      });
      test('are found by the handle they have, which only the last of them has', async () => {
        const handle = `telegram:@${nodeId()}`;
        const named = { name: 'Bo', language: null, handle } as const;
        await storage.people.savePerson({ id: `telegram:${nodeId()}`, ...named });
        const now = { id: `telegram:${nodeId()}`, ...named } as const;
        await storage.people.savePerson(now);
        expect(await other.people.withHandle(handle)).toEqual(now);
        await storage.people.savePerson({ ...now, handle: null });
        expect(await other.people.withHandle(handle)).toBeUndefined();
      });
      test('are given a hint once in so many days', async () => {
        const person = `web:${nodeId()}` as const;
        const day = (n: number) => new Date(Date.UTC(2026, 10, 1 + n));
        const hints = await atOnce(stand, 6, (s) => s.people.mayHint(person, 'ping', 30, day(0)));
        expect(hints.filter(Boolean)).toHaveLength(1);
        expect(await storage.people.mayHint(person, 'other', 30, day(1))).toBe(true);
        expect(await storage.people.mayHint(person, 'ping', 30, day(29))).toBe(false);
        const again = await atOnce(stand, 6, (s) => s.people.mayHint(person, 'ping', 30, day(30)));
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
        expect(await other.presets.layers({ group: 'd:1', channels: [place], user })).toEqual([
          { name: 'user default', content: sound },
        ]);
      });
    });

    describe('presets', () => {
      const presetOf = (owner: string, name: string, steps: number) =>
        ({ scope: 'user', owner, name, content: { params: { steps }, promptPrefix: 'oil' } }) as const;

      test('are saved, replaced, listed by name and removed', async () => {
        const owner = `web:${nodeId()}`;
        await atOnce(stand, 4, (s) => s.presets.save(presetOf(owner, 'soft', 10)));
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
        const of = { group, channels: [place], user };
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
        await atOnce(stand, 9, (s, i) => s.presets.setDefault('user', owner, names[i % 3]!));
        const layers = await storage.presets.layers({
          group: 'none',
          channels: [somePlace()],
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
  });
}
