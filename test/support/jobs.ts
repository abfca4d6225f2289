import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import type { BlobRef } from '../../src/edit/blob.ts';
import { defaultParams, type Params } from '../../src/edit/fields.ts';
import { newId } from '../../src/edit/lineage.ts';
import type { Task } from '../../src/edit/request.ts';
import type { Job } from '../../src/jobs/queue.ts';

/** Where no picture is looked at. */
export const anyBlob = `sha256-${'0'.repeat(64)}` as BlobRef;

/** An edit of 64×64 pixels. */
export function editTask(params: Partial<Params> = {}, init: BlobRef = anyBlob): Task {
  const all = { ...defaultParams, prompt: 'a red hat', checkpoint: 'fake', seed: 1, subseed: 1, ...params };
  return { kind: 'edit', request: { version: 1, init, mask: null, width: 64, height: 64, params: all } };
}

/** A job with an id of its own. */
export function testJob(job: Partial<Job> = {}): Job {
  return {
    id: newId(randomBytes),
    task: editTask(),
    author: 'web:ann',
    group: 'w',
    cost: 1,
    acceptedAt: Date.now(),
    ...job,
  };
}

/** A PNG of one colour. */
export function solidPng(width: number, height: number, background = '#336699'): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}
