import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { silentLog } from '../../src/log.ts';
import type { JobRow } from '../../src/storage/index.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { type Program, type ProgramOptions, startProgram } from '../support/program.ts';
import { program } from '../support/services.ts';
import {
  type Conversation,
  openTelegramStandIn,
  type Seen,
  type TelegramStandIn,
} from '../support/telegram-stand-in/index.ts';

/** The program in processes of its own, and the people who use it through a Telegram that outlives them. */
export interface Stage extends AsyncDisposable {
  readonly tg: TelegramStandIn;
  /** What the program remembers, seen from outside. */
  readonly storage: Storage;
  readonly dataDir: string;
  readonly modelsDir: string;
  start(role: ProgramOptions['role'], more?: Pick<ProgramOptions, 'ulimit'>): Promise<Program>;
  /** What went wrong in the programs that were started, as they logged it. */
  trouble(): string;
  /** Somebody new, alone with the bot. */
  somebody(name: string): Conversation;
  /** The job a message, or a press on one, became; the newest, once there is one in such a state. */
  job(asked: Seen, states: readonly JobRow['state'][]): Promise<JobRow>;
  /** Messages whose posting was interrupted were interrupted a minute ago. */
  aMinutePasses(): Promise<void>;
}

export interface StageOptions {
  readonly redis?: string;
  readonly database?: string;
}

/** Opens a Telegram and an empty data folder; no program runs yet. */
export async function openStage({ redis = '', database = '' }: StageOptions = {}): Promise<Stage> {
  const path = await program();
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-e2e-'));
  const modelsDir = join(dataDir, 'models');
  await mkdir(join(modelsDir, 'Stable-diffusion'), { recursive: true });
  const tg = await openTelegramStandIn({ limits: null });
  const storage = await openStorage({ dataDir, databaseUrl: database || undefined, log: silentLog });
  const environment = {
    ...{ PALIMPSEST_DATA: dataDir, PALIMPSEST_MODELS: modelsDir, REDIS_URL: redis, DATABASE_URL: database },
    ...{ TELEGRAM_TOKEN: tg.token, TELEGRAM_API_ROOT: tg.apiRoot, DEVICE: 'cpu', ENGINE_THREADS: '1' },
  };
  const started: Program[] = [];
  return {
    ...{ tg, storage, dataDir, modelsDir },
    async start(role, more = {}) {
      const running = await startProgram(path, { role, environment, ...more });
      started.push(running);
      return running;
    },
    trouble: () =>
      started
        .flatMap(({ log }, at) =>
          log.filter(({ level }) => Number(level) >= 40).map((line) => `${at}: ${JSON.stringify(line)}`),
        )
        .join('\n'),
    somebody: (name) => tg.private(tg.user(name)),
    job: (asked, states) =>
      until(`a job that is ${states}`, async () => {
        const rows = await storage.jobs.unfinished();
        return rows.findLast(({ replyTo, state }) => replyTo === String(asked.id) && states.includes(state));
      }),
    async aMinutePasses() {
      const [never, soon] = [new Date(0), new Date(Date.now() + 1000)];
      for (const row of await storage.outbox.due(never, soon, 200))
        await storage.outbox.claim(row, new Date(Date.now() - 61_000));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((running) => running[Symbol.asyncDispose]()));
      await storage[Symbol.asyncDispose]();
      await tg[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Waits until something is there; asks every 20 ms, 50 s at most. */
export async function until<T>(what: string, look: () => T | Promise<T>, ms = 50_000): Promise<NonNullable<T>> {
  for (const end = Date.now() + ms; ; await delay(20)) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}

/** How an edit that was asked for by a message, or by a press on one, ended as people see it: results and errors, no progress. */
export function endings({ tg }: Stage, asked: Seen): readonly Seen[] {
  const isEnding = ({ byBot, replyTo, text }: Seen) => byBot && replyTo === asked.id && /^(#\d+ · |⚠ )/.test(text);
  return tg.messages(asked.chat).filter(isEnding);
}

/** The result or error that ends an edit, as soon as it is posted. */
export async function ending(stage: Stage, asked: Seen): Promise<Seen> {
  return await until(`an end of ${asked.text}`, () => endings(stage, asked)[0]).catch((cause: unknown) => {
    throw new Error(`${stage.tg.view(asked.chat)}\n\n${stage.trouble()}`, { cause });
  });
}

/** Every edit has ended, in exactly one message; a second one must say that it is a repetition, and is counted. */
export async function expectOneEndingEach(stage: Stage, asked: readonly Seen[]): Promise<number> {
  await until('nothing to be unfinished', async () => (await stage.storage.jobs.unfinished()).length === 0);
  let repetitions = 0;
  for (const one of asked) {
    const [first, ...others] = endings(stage, one);
    expect(first, stage.tg.view(one.chat)).toBeDefined();
    for (const other of others) expect(other.text).toContain('(repeated)');
    repetitions += others.length;
  }
  return repetitions;
}
