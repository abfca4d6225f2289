import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { type BotsOptions, type Clock, openBots } from '../../../src/bots/core/index.ts';
import { openTelegram, type TelegramOptions } from '../../../src/bots/telegram/telegram.ts';
import type { LineageNode, NodeId } from '../../../src/edit/lineage.ts';
import { defaultCaps } from '../../../src/edit/resolve.ts';
import { openEmbeddedQueue } from '../../../src/jobs/embedded.ts';
import { workHandler } from '../../../src/jobs/worker.ts';
import { silentLog } from '../../../src/log.ts';
import { openStorage, type Storage } from '../../../src/storage/index.ts';
import { fakeCatalog, fakeEngineHost, Latch } from '../../support/fake-engine.ts';
import {
  openTelegramStandIn,
  type Seen,
  type TelegramStandIn,
  type TelegramStandInOptions,
} from '../../support/telegram-stand-in/index.ts';
import { testProbe } from '../../support/test-probe.ts';

/** The bot as it runs, over the real client library: chat core, storage, line, a worker with the fake engine. */
export interface Chat extends AsyncDisposable {
  readonly tg: TelegramStandIn;
  readonly latch: Latch;
  readonly storage: Storage;
  /** Stops everything but Telegram, does something meanwhile, and starts over the same files. */
  restart(meanwhile?: () => Promise<void> | void): Promise<void>;
  /** The node whose buttons a message has. */
  nodeOf(seen: Seen): Promise<LineageNode>;
}

export interface ChatOptions {
  readonly standIn?: TelegramStandInOptions;
  /** How much faster than the world's the bot's time runs, so that seconds between edits are not waited for. */
  readonly speed?: number;
  readonly limits?: BotsOptions['limits'];
  readonly worker?: boolean;
  readonly blobs?: (storage: Storage) => TelegramOptions['blobs'];
}

function fastClock(speed: number): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * speed,
    setTimeout: (wake, ms) => {
      const timer = setTimeout(wake, ms / speed);
      return { [Symbol.dispose]: () => clearTimeout(timer) };
    },
  };
}

/** The last step of the upload ladder: a JPEG that fits. */
const fit: TelegramOptions['fit'] = async (bytes, limit) => {
  for (let quality = 92; ; quality = Math.floor(quality / 2)) {
    const jpeg = await sharp(bytes).jpeg({ quality }).toBuffer();
    if (jpeg.length <= limit || quality < 10) return { bytes: jpeg, ending: 'jpg' };
  }
};

async function openBot(dataDir: string, tg: TelegramStandIn, latch: Latch, options: ChatOptions) {
  const clock = fastClock(options.speed ?? 20);
  const log = silentLog;
  const storage = await openStorage({ dataDir, log, clock: () => new Date(clock.now()) });
  const queue = openEmbeddedQueue({ log });
  await queue.announce(fakeCatalog);
  const { apiRoot, token } = tg;
  const blobs = options.blobs?.(storage) ?? storage.blobs;
  const telegram = openTelegram({ token, apiRoot, blobs, fit, log, clock });
  const bots = await openBots({
    ...{ storage, queue, platforms: [telegram], probe: testProbe, log, clock, random: randomBytes },
    ...{ caps: defaultCaps, limits: options.limits },
  });
  const stop = new AbortController();
  const working =
    options.worker === false
      ? undefined
      : queue.consume(workHandler(fakeEngineHost(latch), storage.blobs, log), stop.signal);
  const close = async () => {
    await bots[Symbol.asyncDispose]();
    await telegram[Symbol.asyncDispose]();
    stop.abort();
    await queue[Symbol.asyncDispose]();
    await working;
    await storage[Symbol.asyncDispose]();
  };
  return { storage, close };
}

export async function openChat(options: ChatOptions = {}): Promise<Chat> {
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-telegram-'));
  const tg = await openTelegramStandIn({ limits: null, ...options.standIn });
  const latch = new Latch();
  let bot = await openBot(dataDir, tg, latch, options);
  return {
    tg,
    latch,
    get storage() {
      return bot.storage;
    },
    restart: async (meanwhile) => {
      await bot.close();
      await meanwhile?.();
      bot = await openBot(dataDir, tg, latch, { ...options, worker: true });
    },
    nodeOf: async (seen) => {
      const [, , id] = seen.buttons.flat()[0]?.data?.split(':') ?? [];
      const node = await bot.storage.lineage.node(id as NodeId);
      if (!node) throw new Error(`no node behind: ${seen.text}`);
      return node;
    },
    [Symbol.asyncDispose]: async () => {
      await bot.close();
      await tg[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A result of that number in its tree, when it is not given any. */
export const isResult = (number?: number) => (seen: Seen) =>
  seen.picture !== null && new RegExp(`^#${number ?? '\\d+'} · `).test(seen.text) && seen.buttons.length > 1;
