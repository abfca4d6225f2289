import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type BlobRef, type BlobStore, toBlobRef } from '../../src/edit/blob.ts';
import type { Progress } from '../../src/edit/request.ts';
import { Refusal } from '../../src/errors.ts';
import { workHandler } from '../../src/jobs/worker.ts';
import { silentLog } from '../../src/log.ts';
import { openMetrics } from '../../src/metrics.ts';
import { fakeEngineHost, fakeSteps } from '../support/fake-engine.ts';
import { anyBlob, editTask, solidPng, testJob } from '../support/jobs.ts';

/** Bytes by their hash, in memory. */
function openMemoryBlobs(): BlobStore {
  const blobs = new Map<BlobRef, Uint8Array>();
  return {
    async put(bytes) {
      const ref = toBlobRef(`sha256-${createHash('sha256').update(bytes).digest('hex')}`);
      blobs.set(ref, bytes);
      return ref;
    },
    async get(ref) {
      const bytes = blobs.get(ref);
      if (!bytes) throw new Refusal('gone', {});
      return bytes;
    },
    has: async (ref) => blobs.has(ref),
  };
}

const forever = new AbortController().signal;

test('a job’s picture is fetched, edited and stored; the same job gives the same blobs', async () => {
  const blobs = openMemoryBlobs();
  const init = await blobs.put(await solidPng(64, 64));
  const job = testJob({ task: editTask({ batchSize: 2 }, init) });
  const reports: Progress[] = [];
  const handler = workHandler(fakeEngineHost(), blobs, silentLog);
  const result = await handler(job, (progress) => reports.push(progress), forever);
  expect(result.images.map(({ seed }) => seed)).toEqual([1, 2]);
  for (const { image } of result.images) expect(await blobs.has(image)).toBe(true);
  const uploading = reports.filter(({ phase }) => phase === 'uploading');
  expect(uploading.map(({ step, steps }) => [step, steps])).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
  expect(reports).toHaveLength(fakeSteps + uploading.length);
  expect(await handler(job, () => {}, forever)).toEqual(result);
});

test('a picture that is gone is a refusal, and so is what the engine refuses', async () => {
  const blobs = openMemoryBlobs();
  const handler = workHandler(fakeEngineHost(), blobs, silentLog);
  const gone = testJob({ task: editTask({}, anyBlob) });
  await expect(handler(gone, () => {}, forever)).rejects.toMatchObject({ code: 'gone' });
  const tooBig = testJob({ task: editTask({ prompt: '!oom' }, await blobs.put(await solidPng(64, 64))) });
  await expect(handler(tooBig, () => {}, forever)).rejects.toMatchObject({ code: 'out-of-memory' });
});

test('metrics count edits by outcome and seconds by stage', async () => {
  const metrics = openMetrics();
  const blobs = openMemoryBlobs();
  const init = await blobs.put(await solidPng(64, 64));
  const handler = workHandler(fakeEngineHost(), blobs, silentLog, metrics);
  await handler(testJob({ task: editTask({}, init) }), () => {}, forever);
  for (const prompt of ['!oom', '!bug']) {
    await handler(testJob({ task: editTask({ prompt }, init) }), () => {}, forever).catch(() => {});
  }
  const cancelled = testJob({ task: editTask({ prompt: '!hang' }, init) });
  await handler(cancelled, () => {}, AbortSignal.timeout(20)).catch(() => {});
  const page = await metrics.render();
  for (const outcome of ['done', 'out-of-memory', 'internal', 'cancelled']) {
    expect(page).toContain(`palimpsest_edits_total{outcome="${outcome}"} 1`);
  }
  expect(page).toContain('palimpsest_stage_seconds_count{stage="sample"} 1');
});
