import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { defaultLimits, openBots, type Platform, systemClock } from '../../src/bots/core/index.ts';
import { defaultCaps } from '../../src/edit/index.ts';
import { openEmbeddedQueue } from '../../src/jobs/embedded.ts';
import { openEngineHost } from '../../src/jobs/engine-host.ts';
import { openPictureHost } from '../../src/jobs/picture-host.ts';
import type { JobQueue } from '../../src/jobs/queue.ts';
import { workHandler } from '../../src/jobs/worker.ts';
import { openLog } from '../../src/log.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';

/** px; the built-in model paints no larger picture well. */
const SIZE = 256;

/** What goes wrong is told beside the story. */
const log = openLog('error', process.stderr);

/** What an adapter is opened over. */
export interface Ground {
  readonly storage: Storage;
  readonly queue: JobQueue;
  readonly pictures: ReturnType<typeof openPictureHost>;
  readonly dataDir: string;
}

/** Runs the whole bot in this process, over a real platform adapter and the built-in model, for as long as `play` takes. */
export async function inStudio(
  openPlatform: (ground: Ground) => Platform | Promise<Platform>,
  play: () => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-transcript-'));
  {
    await using storage = await openStorage({ dataDir, log });
    await using pictures = openPictureHost();
    await using engine = await openEngineHost(
      {
        ...{ modelsDir: dataDir, cacheDir: dataDir, builtinModel: resolve('models/palimpsest-tiny.safetensors') },
        ...{ version: 'transcript', device: 'cpu', memoryBudgetMb: 6000, previews: 'auto', threads: null },
      },
      log,
    );
    await using queue = openEmbeddedQueue({ log });
    await queue.announce(await engine.catalog());
    const stop = new AbortController();
    const working = queue.consume(workHandler(engine, storage.blobs, log), stop.signal);
    await using platform = await openPlatform({ storage, queue, pictures, dataDir });
    const common = { storage, queue, platforms: [platform], probe: pictures, log, caps: defaultCaps };
    const limits = { ...defaultLimits, queuedPerPerson: 1 }; // so that somebody meets one
    await using _bots = await openBots({ ...common, limits, clock: systemClock, random: randomBytes });
    await play();
    stop.abort();
    await working;
  }
  await rm(dataDir, { recursive: true, force: true });
}

/** A meadow as a child would paint it. */
export function meadow(): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${SIZE}">
    <rect width="100%" height="100%" fill="#8ec8f0"/><rect y="168" width="100%" height="88" fill="#6cb54a"/>
    <circle cx="44" cy="44" r="22" fill="#ffd84a"/></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** A ring as somebody draws it with a red pen, over a picture of that size. */
export function ring(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${SIZE}">
    <ellipse cx="176" cy="160" rx="52" ry="64" fill="none" stroke="#ff3b30" stroke-width="9"/></svg>`;
}
