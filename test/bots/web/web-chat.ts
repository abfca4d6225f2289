import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openBots, systemClock } from '../../../src/bots/core/index.ts';
import { openWeb, type WebPlatform } from '../../../src/bots/web/web.ts';
import { defaultCaps } from '../../../src/edit/resolve.ts';
import { openEmbeddedQueue } from '../../../src/jobs/embedded.ts';
import { workHandler } from '../../../src/jobs/worker.ts';
import { silentLog } from '../../../src/log.ts';
import { openStorage, type Storage } from '../../../src/storage/index.ts';
import { fakeCatalog, fakeEngineHost, Latch } from '../../support/fake-engine.ts';
import { testProbe } from '../../support/test-probe.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const source = join(root, 'src/bots/web/client');
const compiled = join(root, 'dist/bots/web/client');

async function newest(folder: string, kind: RegExp): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(names.filter((name) => kind.test(name)).map((name) => stat(join(folder, name))));
  return Math.max(0, ...files.map((file) => file.mtimeMs));
}

/** Compiles the page's code, unless that was done since it was last changed. */
export async function compileClient(): Promise<void> {
  if ((await newest(compiled, /\.js$/)) > (await newest(source, /\.(?:ts|json)$/))) return;
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', source]);
}

/** The web chat with the real core behind it, and a fake engine behind that. */
export interface WebChat extends AsyncDisposable {
  readonly web: WebPlatform;
  readonly latch: Latch;
  readonly storage: Storage;
  readonly dataDir: string;
  /** Stops everything and opens it again over the same files, at the same address. */
  restart(): Promise<void>;
}

async function openAll(dataDir: string, latch: Latch, port: number) {
  const log = silentLog;
  const storage = await openStorage({ dataDir, log });
  const queue = openEmbeddedQueue({ log });
  await queue.announce(fakeCatalog);
  const metrics = async () => ({ contentType: 'text/plain; version=0.0.4', text: 'palimpsest_waiting_jobs 0\n' });
  const web = await openWeb({ host: '127.0.0.1', port, dataDir, blobs: storage.blobs, log, metrics });
  const common = { storage, queue, platforms: [web], probe: testProbe, log, caps: defaultCaps, clock: systemClock };
  const bots = await openBots({ ...common, random: randomBytes });
  const stop = new AbortController();
  const working = queue.consume(workHandler(fakeEngineHost(latch), storage.blobs, log), stop.signal);
  const close = async () => {
    await bots[Symbol.asyncDispose]();
    await web[Symbol.asyncDispose]();
    stop.abort();
    await queue[Symbol.asyncDispose]();
    await working;
    await storage[Symbol.asyncDispose]();
  };
  return { web, storage, close };
}

export async function openWebChat(port: number): Promise<WebChat> {
  await compileClient();
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-web-'));
  const latch = new Latch();
  let opened = await openAll(dataDir, latch, port);
  return {
    latch,
    dataDir,
    get web() {
      return opened.web;
    },
    get storage() {
      return opened.storage;
    },
    async restart() {
      await opened.close();
      opened = await openAll(dataDir, latch, port);
    },
    async [Symbol.asyncDispose]() {
      await opened.close();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
