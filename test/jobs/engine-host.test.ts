import { performance } from 'node:perf_hooks';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BlobRef } from '../../src/edit/blob.ts';
import type { Progress } from '../../src/edit/request.ts';
import type { EngineOptions } from '../../src/engine/index.ts';
import { type EngineHost, type HostOptions, openEngineHost } from '../../src/jobs/engine-host.ts';
import { silentLog } from '../../src/log.ts';
import { fakeCatalog, fakeEngineHost, fakeSteps } from '../support/fake-engine.ts';
import { editTask, solidPng } from '../support/jobs.ts';

const options: EngineOptions = {
  modelsDir: '/nowhere',
  builtinModel: '/nowhere/model.safetensors',
  cacheDir: '/nowhere',
  version: 'test',
  device: 'cpu',
  memoryBudgetMb: 100,
  previews: 'off',
  threads: 1,
};
const thread = new URL('../support/fake-engine-thread.ts', import.meta.url);
const told: unknown[] = [];
const log = { ...silentLog, info: (...line: unknown[]) => void told.push(line) };
const openHost = (more: HostOptions = {}) => openEngineHost(options, log, { thread, ...more });

let host: EngineHost;
beforeAll(async () => {
  host = await openHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const source = await solidPng(64, 64);
const ref = (digit: string) => `sha256-${digit.repeat(64)}` as BlobRef;

function runOn(host: EngineHost, prompt: string, signal: AbortSignal = new AbortController().signal) {
  const reports: Progress[] = [];
  const io = { fetch: async () => source, progress: (progress: Progress) => reports.push(progress), signal };
  return { reports, ended: host.run(editTask({ prompt }), io) };
}

describe('the engine in its thread', () => {
  test('answers as the engine itself would, pictures, progress and catalogue', async () => {
    const { reports, ended } = runOn(host, 'a red hat');
    const outcome = await ended;
    expect(outcome).toEqual(await runOn(fakeEngineHost(), 'a red hat').ended);
    expect(reports.map(({ step }) => step)).toEqual(Array.from({ length: fakeSteps }, (_, i) => i + 1));
    expect(await sharp(outcome.images[0]!.image).metadata()).toMatchObject({ width: 64, height: 64 });
    expect(await host.catalog()).toEqual(fakeCatalog);
    expect(told).toContainEqual([{ model: 'fake' }, 'a model was opened']);
  });

  test('gets the mask with the picture, and repaints under it only', async () => {
    const task = editTask({ denoisingStrength: 1 }, ref('a'));
    const half = await sharp(await solidPng(64, 64, '#000000'))
      .composite([{ input: await solidPng(32, 64, '#ffffff'), left: 0, top: 0 }])
      .png()
      .toBuffer();
    const pictures = new Map([
      [ref('a'), source],
      [ref('b'), half],
    ]);
    const mask = { kind: 'image', blob: ref('b'), read: 'white' } as const;
    const io = {
      fetch: async (name: BlobRef) => pictures.get(name)!,
      progress() {},
      signal: new AbortController().signal,
    };
    const { images } = await host.run({ kind: 'edit', request: { ...task.request, mask } }, io);
    const pixels = await sharp(images[0]!.image).raw().toBuffer();
    const at = (x: number) => [...pixels.subarray(x * 3, x * 3 + 3)];
    expect(at(40)).toEqual([0x33, 0x66, 0x99]);
    expect(at(20)).not.toEqual(at(40));
  });

  test('leaves the bytes it is given as they are', async () => {
    const before = Uint8Array.from(source);
    await runOn(host, 'a red hat').ended;
    expect(Uint8Array.from(source)).toEqual(before);
  });

  test('refuses with the same code and details, and goes on', async () => {
    await expect(runOn(host, '!oom').ended).rejects.toMatchObject({
      code: 'out-of-memory',
      details: { setting: 'size' },
    });
    await expect(runOn(host, '!bug').ended).rejects.toThrow('a bug in the fake engine');
    await expect(runOn(host, 'a red hat').ended).resolves.toMatchObject({ stepsRun: fakeSteps });
  });

  test('is opened again after it has ended under a run', async () => {
    await expect(runOn(host, '!exit').ended).rejects.toMatchObject({ code: 'worker-lost' });
    await expect(runOn(host, 'a red hat').ended).resolves.toMatchObject({ stepsRun: fakeSteps });
  });

  test('fails to open with the error that opening the engine met', async () => {
    const broken = new URL('../support/broken-engine-thread.ts', import.meta.url);
    await expect(openHost({ thread: broken })).rejects.toMatchObject({ code: 'no-checkpoint' });
  });
});

describe('cancelling', () => {
  test('reaches an engine that looks between two steps', async () => {
    const { ended } = runOn(host, '!hang', AbortSignal.timeout(100));
    await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
    await expect(runOn(host, 'a red hat').ended).resolves.toMatchObject({ stepsRun: fakeSteps });
  });

  test('before the pictures are there keeps the engine out of it', async () => {
    await expect(runOn(host, '!bug', AbortSignal.abort()).ended).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('ends the thread of an engine that does not listen, and opens another', async () => {
    await using host = await openHost({ graceMs: 50 });
    const { ended } = runOn(host, '!deaf', AbortSignal.timeout(100));
    await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
    await expect(runOn(host, 'a red hat').ended).resolves.toMatchObject({ stepsRun: fakeSteps });
  });
});

test('while the engine computes, the thread that talks to chat is idle', async () => {
  const before = performance.eventLoopUtilization();
  let ticks = 0;
  const ticking = setInterval(() => {
    ticks += 1;
  }, 10);
  await runOn(host, '!spin').ended; // 500 ms without a break
  clearInterval(ticking);
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  expect(ticks).toBeGreaterThan(20);
});
