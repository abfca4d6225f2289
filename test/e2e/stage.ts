import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { silentLog } from '../../src/log.ts';
import type { JobRow } from '../../src/storage/index.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { type DiscordStandIn, openDiscordStandIn } from '../support/discord-stand-in/stand-in.ts';
import { type Program, type ProgramOptions, startProgram } from '../support/program.ts';
import { discordRoom } from '../support/room/on-discord.ts';
import { telegramRoom } from '../support/room/on-telegram.ts';
import type { Room, RoomMessage } from '../support/room/room.ts';
import { program } from '../support/services.ts';
import {
  type Conversation,
  openTelegramStandIn,
  type Seen,
  type TelegramStandIn,
} from '../support/telegram-stand-in/index.ts';

type PlatformName = 'telegram' | 'discord';

/** How a program is started. */
interface Starting extends Pick<ProgramOptions, 'ulimit'> {
  /** Those it serves; all there are, when not said. */
  readonly platforms?: readonly PlatformName[];
}

/** The program in processes of its own, and the people who use it through platforms that outlive them. */
export interface Stage extends AsyncDisposable {
  readonly tg: TelegramStandIn;
  /** A room of a platform with three people in it. */
  room(platform: PlatformName): Room;
  /** What the program remembers, seen from outside. */
  readonly storage: Storage;
  readonly dataDir: string;
  readonly modelsDir: string;
  start(role: ProgramOptions['role'], how?: Starting): Promise<Program>;
  /** What went wrong in the programs that were started, as they logged it. */
  trouble(): string;
  /** Somebody new, alone with the bot. */
  somebody(name: string): Conversation;
  /** The job a message, or a press on one, became; the newest, once there is one in such a state. */
  job(asked: Seen, states: readonly JobRow['state'][]): Promise<JobRow>;
  /** Likewise, the job with these words. */
  jobWith(prompt: string, states: readonly JobRow['state'][]): Promise<JobRow>;
  /** Messages whose posting was interrupted were interrupted a minute ago. */
  aMinutePasses(): Promise<void>;
}

export interface StageOptions {
  readonly redis?: string;
  readonly database?: string;
  /** There is a Discord as well. */
  readonly withDiscord?: boolean;
  /** Telegram brings updates to the program, under a name of its own as a proxy passes them on, instead of being asked for them. */
  readonly webhook?: boolean;
}

/** Silence after which a worker counts as lost, s. */
const SILENCE_S = 3;

function openRoom(tg: TelegramStandIn, dc: DiscordStandIn | undefined, platform: PlatformName): Room {
  const names = ['Ann', 'Bo', 'Cy'] as const;
  if (platform === 'telegram') {
    const [one, two, three] = names;
    const users = [tg.user(one), tg.user(two), tg.user(three)] as const;
    return telegramRoom(tg, tg.group('Studio', users), users);
  }
  const [one, two, three] = names.map((name) => dc!.user(name));
  return discordRoom(dc!, dc!.channel, [one!, two!, three!]);
}

/** Opens the platforms and an empty data folder; no program runs yet. */
export async function openStage({
  redis = '',
  database = '',
  withDiscord,
  webhook,
}: StageOptions = {}): Promise<Stage> {
  const path = await program();
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-e2e-'));
  const modelsDir = join(dataDir, 'models');
  await mkdir(join(modelsDir, 'Stable-diffusion'), { recursive: true });
  const tg = await openTelegramStandIn({ limits: null });
  const dc = withDiscord ? await openDiscordStandIn({ messageBucket: { limit: 500, windowMs: 1000 } }) : undefined;
  const storage = await openStorage({ dataDir, databaseUrl: database || undefined, log: silentLog });
  const environment = {
    ...{ PALIMPSEST_DATA: dataDir, PALIMPSEST_MODELS: modelsDir, REDIS_URL: redis, DATABASE_URL: database },
    ...{ DEVICE: 'cpu', ENGINE_THREADS: '1', WORKER_LOST_AFTER_S: `${SILENCE_S}` },
  };
  const hook = webhook && { TELEGRAM_WEBHOOK: 'https://bot.example/telegram' };
  const addresses = {
    telegram: { TELEGRAM_TOKEN: tg.token, TELEGRAM_API_ROOT: tg.apiRoot, ...hook },
    discord: dc && { DISCORD_TOKEN: dc.token, DISCORD_API_ROOT: dc.api },
  };
  const started: Program[] = [];
  return {
    ...{ tg, storage, dataDir, modelsDir },
    room: (platform) => openRoom(tg, dc, platform),
    async start(role, { platforms = ['telegram', 'discord'], ...more }: Starting = {}) {
      const tokens = Object.assign({}, ...platforms.map((platform) => addresses[platform])) as Record<string, string>;
      const running = await startProgram(path, { role, environment: { ...environment, ...tokens }, ...more });
      started.push(running);
      if (dc && role !== 'worker' && platforms.includes('discord')) await until('commands', () => dc.commands()[0]);
      if (webhook) await bringTo(tg, running);
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
    jobWith: (prompt, states) =>
      until(`a job "${prompt}" that is ${states}`, async () => {
        const rows = await storage.jobs.unfinished();
        return rows.find(({ task, state }) => task.request.params.prompt === prompt && states.includes(state));
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
      await dc?.[Symbol.asyncDispose]();
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

/** Likewise in a room: the messages by which the edit with these words ended. */
export async function endingIn(stage: Stage, room: Room, prompt: string): Promise<RoomMessage> {
  const isEnding = ({ byBot, text }: RoomMessage) =>
    byBot && /^(#\d+ · |⚠ )/.test(text) && text.includes(`"${prompt}"`);
  const found = () => room.messages().filter(isEnding);
  const [first] = await until(`an end of "${prompt}"`, () => (found().length > 0 ? found() : null)).catch(
    (cause: unknown) => {
      const said = room.messages().map(({ text }) => text);
      throw new Error(`${said.join('\n---\n')}\n\n${stage.trouble()}`, { cause });
    },
  );
  await until(`everything of "${prompt}" but its end to go`, () => {
    const about = room.messages().filter(({ byBot, text }) => byBot && text.includes(`"${prompt}"`));
    return about.length === 1;
  });
  return first!;
}

/** Updates go to a program's web port from now on, the body and the secret alone as they were. */
async function bringTo(tg: TelegramStandIn, { url }: Program): Promise<void> {
  await until('a webhook', () => tg.calls('setWebhook').length > 0);
  tg.bring(async (request) => {
    const { pathname } = new URL(request.url);
    const { method, headers } = request;
    return fetch(new URL(pathname, url!), { method, headers, body: await request.text() });
  });
}
