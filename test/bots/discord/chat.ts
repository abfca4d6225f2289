import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { type BotsOptions, type Clock, openBots, openSuggestions } from '../../../src/bots/core/index.ts';
import { type DiscordOptions, openDiscord } from '../../../src/bots/discord/discord.ts';
import type { LineageNode, NodeId } from '../../../src/edit/lineage.ts';
import { defaultCaps } from '../../../src/edit/resolve.ts';
import { openEmbeddedQueue } from '../../../src/jobs/embedded.ts';
import { workHandler } from '../../../src/jobs/worker.ts';
import { silentLog } from '../../../src/log.ts';
import { openStorage, type Storage } from '../../../src/storage/index.ts';
import type { StandInClock } from '../../support/discord-stand-in/clock.ts';
import {
  type DiscordStandIn,
  openDiscordStandIn,
  type StandInOptions,
} from '../../support/discord-stand-in/stand-in.ts';
import type { Seen } from '../../support/discord-stand-in/view.ts';
import { fakeCatalog, fakeEngineHost, Latch } from '../../support/fake-engine.ts';
import { testProbe } from '../../support/test-probe.ts';

/** The bot as it runs, over the real client library: chat core, storage, line, a worker with the fake engine. */
export interface Chat extends AsyncDisposable {
  readonly dc: DiscordStandIn;
  readonly latch: Latch;
  readonly storage: Storage;
  /** Stops everything but Discord, does something meanwhile, and starts over the same files. */
  restart(meanwhile?: () => Promise<void> | void): Promise<void>;
  /** The node whose buttons a message has. */
  nodeOf(seen: Seen): Promise<LineageNode>;
}

export interface ChatOptions {
  readonly standIn?: StandInOptions;
  /** How much faster than the world's the bot's time runs, so that seconds between edits are not waited for. */
  readonly speed?: number;
  readonly limits?: BotsOptions['limits'];
  readonly worker?: boolean;
  readonly blobs?: (storage: Storage) => DiscordOptions['blobs'];
}

/** The stand-in's time, some times faster. */
export function fastClock(speed: number, base: StandInClock): Clock {
  const start = Date.now();
  return {
    now: () => base.now() + (Date.now() - start) * (speed - 1),
    setTimeout: (wake, ms) => {
      const timer = setTimeout(wake, ms / speed);
      return { [Symbol.dispose]: () => clearTimeout(timer) };
    },
  };
}

/** The last step of the upload ladder: a JPEG that fits. */
export const fit: DiscordOptions['fit'] = async (bytes, limit) => {
  for (let quality = 92; ; quality = Math.floor(quality / 2)) {
    const jpeg = await sharp(bytes).jpeg({ quality }).toBuffer();
    if (jpeg.length <= limit || quality < 10) return { bytes: jpeg, ending: 'jpg' };
  }
};

async function openBot(dataDir: string, dc: DiscordStandIn, latch: Latch, options: ChatOptions) {
  const clock = fastClock(options.speed ?? 20, dc.clock);
  const log = silentLog;
  const storage = await openStorage({ dataDir, log, clock: () => new Date(clock.now()) });
  const queue = openEmbeddedQueue({ log });
  await queue.announce(fakeCatalog);
  const blobs = options.blobs?.(storage) ?? storage.blobs;
  const suggestions = openSuggestions({ catalog: () => queue.catalog(), storage, clock });
  const discord = openDiscord({ token: dc.token, apiRoot: dc.api, dataDir, blobs, fit, log, clock, suggestions });
  const bots = await openBots({
    ...{ storage, queue, platforms: [discord], probe: testProbe, log, clock, random: randomBytes },
    ...{ caps: defaultCaps, limits: options.limits },
  });
  const stop = new AbortController();
  const working =
    options.worker === false
      ? undefined
      : queue.consume(workHandler(fakeEngineHost(latch), storage.blobs, log), stop.signal);
  await expectCommands(dc);
  const close = async () => {
    await bots[Symbol.asyncDispose]();
    await discord[Symbol.asyncDispose]();
    stop.abort();
    await queue[Symbol.asyncDispose]();
    await working;
    await storage[Symbol.asyncDispose]();
  };
  return { storage, close };
}

async function expectCommands(dc: DiscordStandIn): Promise<void> {
  for (const end = Date.now() + 5000; dc.commands().length === 0; await new Promise((done) => setTimeout(done, 10)))
    if (Date.now() > end) throw new Error('no commands were registered');
}

export async function openChat(options: ChatOptions = {}): Promise<Chat> {
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-discord-'));
  const dc = await openDiscordStandIn({ messageBucket: { limit: 500, windowMs: 1000 }, ...options.standIn });
  const latch = new Latch();
  let bot = await openBot(dataDir, dc, latch, options);
  return {
    dc,
    latch,
    get storage() {
      return bot.storage;
    },
    restart: async (meanwhile) => {
      await bot.close();
      await meanwhile?.();
      bot = await openBot(dataDir, dc, latch, { ...options, worker: true });
    },
    nodeOf: async (seen) => {
      const [, , id] = seen.buttons[0]?.customId?.split('|') ?? [];
      const node = await bot.storage.lineage.node(id as NodeId);
      if (!node) throw new Error(`no node behind: ${seen.text}`);
      return node;
    },
    [Symbol.asyncDispose]: async () => {
      await bot.close();
      await dc[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** For what takes as long as it takes on a busy machine. */
export const patience = { timeout: 10_000, interval: 20 } as const;

/** A result, of that number in its tree when one is given. */
export const isResult = (number?: number) => (seen: Seen) =>
  seen.pictures.length > 0 && new RegExp(`^\\*\\*#${number ?? '\\d+'} · `).test(seen.text) && seen.buttons.length > 1;
