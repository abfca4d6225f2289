import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { JobId, LineageId } from '../../src/edit/lineage.ts';
import { silentLog } from '../../src/log.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { databaseUrl } from '../support/services.ts';
import { temporaryFolder } from './stand.ts';

const child = fileURLToPath(new URL('kill-child.ts', import.meta.url));

/** Lets a process complete jobs and kills it some moment after the given number of them. */
async function completeUntilKilled(dataDir: string, url: string, from: number, jobs: number) {
  const process_ = spawn(process.execPath, ['--import', 'tsx', child, dataDir, url, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: process_.stdout })) {
    lines.push(line);
    if (lines.length > jobs) break;
  }
  await setTimeout(Math.random() * 30);
  process_.kill('SIGKILL');
  await once(process_, 'exit');
  const [lineage, ...done] = lines;
  return { lineage: lineage as LineageId, lastDone: Number(done.at(-1)) };
}

/** Every job of a tree is wholly completed or not at all. */
async function expectWhole(storage: Storage, lineage: LineageId, from: number, lastDone: number) {
  const nodes = await storage.lineage.nodes(lineage, 0, 10_000);
  expect(nodes.map(({ number }) => number)).toEqual(nodes.map((_, i) => i));
  const waiting = await storage.outbox.due(new Date(), new Date(), 10_000);
  let head = nodes[0]!.id;
  for (let number = from; ; number++) {
    const job = await storage.jobs.find(String(number).padStart(10, '0') as JobId);
    if (number <= lastDone) expect(job?.state).toBe('delivering');
    if (!job) break;
    const pictures = nodes.filter((node) => node.job === job.id);
    const messages = waiting.filter((row) => row.job === job.id);
    const isComplete = job.state === 'delivering';
    expect([pictures.length, messages.length]).toEqual(isComplete ? [3, 1] : [0, 0]);
    if (!isComplete) expect(job.state).toBe('queued');
    head = pictures[0]?.id ?? head;
  }
  expect((await storage.lineage.lineage(lineage))?.heads).toEqual({ main: head });
}

describe.concurrent.each(['SQLite', 'PostgreSQL'] as const)(
  'a process killed while it completes jobs on %s',
  (database) => {
    test('leaves every job wholly completed or not at all', async () => {
      await using folder = await temporaryFolder();
      const url = database === 'SQLite' ? '' : await databaseUrl();
      for (const [round, jobs] of [2, 7, 20].entries()) {
        const from = round * 1000;
        const { lineage, lastDone } = await completeUntilKilled(folder.path, url, from, jobs);
        await using storage = await openStorage({
          dataDir: folder.path,
          databaseUrl: url || undefined,
          log: silentLog,
        });
        await expectWhole(storage, lineage, from, lastDone);
      }
    }, 60_000);
  },
);
