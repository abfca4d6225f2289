import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { type BotsOptions, type Clock, openBots } from '../../src/bots/core/index.ts';
import type { DiscordOptions } from '../../src/bots/discord/discord.ts';
import type { Catalog } from '../../src/edit/catalog.ts';
import type { LineageNode, NodeId } from '../../src/edit/lineage.ts';
import { defaultCaps } from '../../src/edit/resolve.ts';
import { openEmbeddedQueue } from '../../src/jobs/embedded.ts';
import type { EngineHost } from '../../src/jobs/engine-host.ts';
import type { JobQueue } from '../../src/jobs/queue.ts';
import { workHandler } from '../../src/jobs/worker.ts';
import { silentLog } from '../../src/log.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { fakeCatalog, fakeEngineHost, type Latch } from './fake-engine.ts';
import { testProbe } from './test-probe.ts';

type Platform = BotsOptions['platforms'][number];

export interface RunningBotOptions {
  /** How much faster than the world's the bot's time runs, so that seconds between edits are not waited for. */
  readonly speed?: number;
  readonly limits?: BotsOptions['limits'];
  readonly links?: BotsOptions['links'];
  readonly worker?: boolean;
  /** What paints; the fake engine in this thread, when not said. */
  readonly engine?: EngineHost;
  /** What the workers can do; one checkpoint, when not said. */
  readonly catalog?: Catalog;
  readonly blobs?: ((storage: Storage) => Pick<Storage['blobs'], 'get'>) | undefined;
}

/** What a platform's adapter is opened with. */
export interface AdapterParts {
  readonly storage: Storage;
  readonly queue: JobQueue;
  readonly blobs: Pick<Storage['blobs'], 'get'>;
  readonly clock: Clock;
}

/** The bot as it runs, between being opened and closed once. */
export interface RunningBot {
  readonly storage: Storage;
  /** The node whose button says `id`. */
  nodeOf(id: string | undefined): Promise<LineageNode>;
  close(): Promise<void>;
}

/** The base's time, some times faster. */
export function fastClock(speed: number, base: Pick<Clock, 'now'> = Date): Clock {
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

/** Chat core, storage, line and a worker with the fake engine, over the platform that `openPlatform` opens. */
export async function openRunningBot(
  dataDir: string,
  clock: Clock,
  latch: Latch,
  options: RunningBotOptions,
  openPlatform: (parts: AdapterParts) => (Platform & AsyncDisposable) | Promise<Platform & AsyncDisposable>,
): Promise<RunningBot> {
  const log = silentLog;
  const storage = await openStorage({ dataDir, log, clock: () => new Date(clock.now()) });
  const queue = openEmbeddedQueue({ log });
  const { catalog = fakeCatalog } = options;
  await queue.announce(catalog);
  const blobs = options.blobs?.(storage) ?? storage.blobs;
  const platform = await openPlatform({ storage, queue, blobs, clock });
  const bots = await openBots({
    ...{ storage, queue, platforms: [platform], probe: testProbe, log, clock, random: randomBytes },
    ...{ caps: defaultCaps, limits: options.limits, links: options.links },
  });
  const stop = new AbortController();
  const handler = workHandler(options.engine ?? fakeEngineHost(latch, catalog), storage.blobs, log);
  const working = options.worker === false ? undefined : queue.consume(handler, stop.signal);
  return {
    storage,
    nodeOf: async (id) => {
      const node = await storage.lineage.node(id as NodeId);
      if (!node) throw new Error(`no node: ${id}`);
      return node;
    },
    close: async () => {
      await bots[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
      stop.abort();
      await queue[Symbol.asyncDispose]();
      await working;
      await storage[Symbol.asyncDispose]();
    },
  };
}

/** For what takes as long as it takes on a busy machine. */
export const patience = { timeout: 10_000, interval: 20 } as const;

/** The left half white, the rest black. */
export function halfMask(width = 64, height = 64): Promise<Buffer> {
  const white = { create: { width: width / 2, height, channels: 3, background: '#ffffff' } } as const;
  return sharp({ create: { width, height, channels: 3, background: '#000000' } })
    .composite([{ input: white, left: 0, top: 0 }])
    .png()
    .toBuffer();
}
