import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openWeb, type WebPlatform } from '../../../src/bots/web/web.ts';
import { silentLog } from '../../../src/log.ts';
import type { Storage } from '../../../src/storage/index.ts';
import { Latch } from '../../support/fake-engine.ts';
import { fastClock, openRunningBot, type RunningBotOptions } from '../../support/running-bot.ts';

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
  /** Stops everything, does something meanwhile, and opens it again over the same files, at the same address. */
  restart(meanwhile?: () => Promise<void> | void): Promise<void>;
}

async function openAll(dataDir: string, latch: Latch, port: number, options: RunningBotOptions) {
  const metrics = async () => ({ contentType: 'text/plain; version=0.0.4', text: 'palimpsest_waiting_jobs 0\n' });
  let opened: WebPlatform | undefined;
  const bot = await openRunningBot(
    ...([dataDir, fastClock(options.speed ?? 1), latch, options] as const),
    async ({ storage, clock }) => {
      opened = await openWeb({
        host: '127.0.0.1',
        port,
        dataDir,
        blobs: storage.blobs,
        log: silentLog,
        clock,
        metrics,
      });
      return opened;
    },
  );
  return { ...bot, web: opened! };
}

export async function openWebChat(port: number, options: RunningBotOptions = {}): Promise<WebChat> {
  await compileClient();
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-web-'));
  const latch = new Latch();
  let opened = await openAll(dataDir, latch, port, options);
  return {
    latch,
    dataDir,
    get web() {
      return opened.web;
    },
    get storage() {
      return opened.storage;
    },
    async restart(meanwhile) {
      await opened.close();
      await meanwhile?.();
      opened = await openAll(dataDir, latch, port, { ...options, worker: true });
    },
    async [Symbol.asyncDispose]() {
      await opened.close();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
