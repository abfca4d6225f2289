import { createHash, randomBytes } from 'node:crypto';
import { type BlobRef, toBlobRef } from '../../src/edit/blob.ts';
import { defaultParams } from '../../src/edit/fields.ts';
import {
  type JobId,
  type LineageId,
  type NodeId,
  newId,
  type PlaceId,
  type StoredImage,
} from '../../src/edit/lineage.ts';
import type { Task, UserId } from '../../src/edit/request.ts';
import type { LineageStore, NewJob, NewNode, NewOutboxRow, OutboxRow, Storage } from '../../src/storage/index.ts';
import type { Stand } from './stand.ts';

export const ann: UserId = 'discord:1';
export const bo: UserId = 'telegram:2';

export const nodeId = () => newId<NodeId>(randomBytes);
const jobId = () => newId<JobId>(randomBytes);
export const lineageId = () => newId<LineageId>(randomBytes);
/** A channel nobody has been in. */
export const somePlace = () => `d:${newId(randomBytes)}:7` as PlaceId;

/** The reference of bytes nobody has stored. */
export const someRef = (): BlobRef => toBlobRef(`sha256-${createHash('sha256').update(randomBytes(8)).digest('hex')}`);
export const someImage = (ref = someRef()): StoredImage => ({ ref, width: 640, height: 384 });

export const editTask = (init: BlobRef, prompt = 'a red hat'): Task => ({
  kind: 'edit',
  request: {
    version: 1,
    ...{ init, mask: null, width: 640, height: 384 },
    params: { ...defaultParams, prompt, seed: 4_294_967_295, checkpoint: 'tiny' },
  },
});

/** An upload, with its tree, in a channel of its own. */
export async function plantTree(lineage: LineageStore, { place = somePlace(), image = someImage() } = {}) {
  return lineage.plant({ id: nodeId(), lineage: lineageId(), image, author: ann, place, infotext: null });
}
type Root = Awaited<ReturnType<typeof plantTree>>;

/** A job of Ann's on the root of a tree. */
export function jobOn(root: Root, place: PlaceId, change: Partial<NewJob> = {}): NewJob {
  const id = jobId();
  return {
    ...{ id, requestKey: `message:${id}`, task: editTask(root.image.ref), author: ann, place, group: 'd:1', cost: 1.5 },
    ...{ lineage: root.lineage, parent: root.id, op: 'edit', maskAuthor: null, branch: 'main', expected: root.id },
    ...{
      replyTo: '99999999999999999999',
      language: 'en',
      notes: [],
      spoiler: false,
      acceptedAt: new Date('2026-11-22T10:00:00.123Z'),
    },
    ...change,
  };
}

/** What a worker made of the job. */
export const pictureOf = (job: NewJob, pick = 0, change: Partial<NewNode> = {}): NewNode => ({
  ...{ id: nodeId(), parent: job.parent, op: job.op, task: job.task, image: someImage(), seed: 4_294_967_295 - pick },
  ...{ infotext: 'a red hat\nSteps: 20', pick, author: job.author, maskAuthor: job.maskAuthor, job: job.id },
  spoiler: job.spoiler,
  ...change,
});

export const messageAbout = (job: NewJob, node: NodeId | null, key = `result:${job.id}`): NewOutboxRow => ({
  ...{ id: newId(randomBytes), key, place: job.place, card: { title: 'done', images: node ? [node] : [] } },
  ...{ job: job.id, node, replyTo: job.replyTo },
});

export const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** As many callers at once, by turns in either process. */
export const atOnce = <T>({ storage, other }: Stand, count: number, act: (storage: Storage, i: number) => Promise<T>) =>
  Promise.all(times(count, (i) => act(i % 2 ? other : storage, i)));

/** A job on a picture of its own. */
export async function acceptedJob(storage: Storage, place = somePlace(), change: Partial<NewJob> = {}) {
  const root = await plantTree(storage.lineage, { place });
  const job = jobOn(root, place, change);
  await storage.jobs.accept(job);
  return { root, job, place };
}

/** A job on a picture of its own that made one. */
export async function completedJob(storage: Storage) {
  const { root, job, place } = await acceptedJob(storage);
  const picture = pictureOf(job);
  await storage.jobs.complete(job.id, [picture], messageAbout(job, picture.id));
  return { root, job, place, picture };
}

export async function outboxRow(storage: Storage, key: string): Promise<OutboxRow | undefined> {
  const rows = await storage.outbox.due(new Date('2030-01-01'), new Date('2030-01-01'), 10_000);
  return rows.find((row) => row.key === key);
}
