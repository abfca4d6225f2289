import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { openBots, openSuggestions, systemClock } from '../src/bots/core/index.ts';
import { openDiscord } from '../src/bots/discord/discord.ts';
import { openTelegram } from '../src/bots/telegram/telegram.ts';
import type { JobId, JobState, NodeId } from '../src/edit/lineage.ts';
import { defaultCaps } from '../src/edit/resolve.ts';
import { openEmbeddedQueue } from '../src/jobs/embedded.ts';
import type { EngineHost } from '../src/jobs/engine-host.ts';
import { openPictureHost } from '../src/jobs/picture-host.ts';
import type { JobQueue } from '../src/jobs/queue.ts';
import { workHandler } from '../src/jobs/worker.ts';
import { silentLog as log } from '../src/log.ts';
import { openStorage } from '../src/storage/index.ts';
import { fakeCatalog } from '../test/support/fake-engine.ts';
import type { LineEvent } from './fair-order.ts';

// The bots of the benchmark in a process of their own, so that its memory is theirs alone. Talks to the parent over its channel.

/** How a request ended. */
export interface JobEnd {
  /** The platform's name for what was pressed or said, with our prefix. */
  readonly key: string;
  readonly state: JobState;
  readonly nodes: readonly NodeId[];
}
/** What is told in the end. */
export interface Told {
  /** As they happened. */
  readonly events: readonly LineEvent[];
  readonly jobs: readonly JobEnd[];
}

/** What the parent says at the start. */
interface Addresses {
  readonly discord: { readonly token: string; readonly apiRoot: string };
  readonly telegram: { readonly token: string; readonly apiRoot: string };
}
const { discord, telegram } = JSON.parse(process.argv[2]!) as Addresses;
/** Time the engine takes for a picture, ms: a little more than there is at this load, so that a line forms and its order matters. */
const PAINTING_MS = 90;

const tell = (message: object) => process.send?.(message);
const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-bench-chat-'));
const storage = await openStorage({ dataDir, log });
const queue = openEmbeddedQueue({ log });
await queue.announce(fakeCatalog);

const events: LineEvent[] = [];
const seen = new Map<string, LineEvent>();
const recorded: JobQueue = {
  isLasting: queue.isLasting,
  add: (job) => {
    const { id, group, author, cost, acceptedAt } = job;
    if (!seen.has(id)) {
      const event: LineEvent = { what: 'added', id, group, author, cost, acceptedAt };
      seen.set(id, event);
      events.push(event);
    }
    return queue.add(job);
  },
  cancel: (id) => queue.cancel(id),
  pause: (group, isPaused) => queue.pause(group, isPaused),
  line: () => queue.line(),
  outcome: (id) => queue.outcome(id),
  forget: (id) => queue.forget(id),
  listen: (listener) => queue.listen(listener),
  catalog: () => queue.catalog(),
  [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
};
queue.listen((event) => {
  if (event.kind === 'started') events.push({ ...seen.get(event.id)!, what: 'started' });
});

const image = new Uint8Array(
  await sharp({ create: { width: 64, height: 64, channels: 3, background: '#48a' } })
    .png()
    .toBuffer(),
);
const engine: EngineHost = {
  catalog: async () => fakeCatalog,
  async run({ request }) {
    await delay(PAINTING_MS);
    const made = { image, width: 64, height: 64, seed: request.params.seed, infotext: request.params.prompt };
    return { images: [made], seconds: { load: 0, encode: 0, sample: 0, decode: 0 }, stepsRun: 20 };
  },
  async [Symbol.asyncDispose]() {},
};

const pictures = openPictureHost();
const shared = { blobs: storage.blobs, fit: pictures.upload, log };
const suggestions = openSuggestions({ catalog: () => queue.catalog(), storage, clock: systemClock });
const platforms = [
  openDiscord({ ...shared, ...discord, dataDir, suggestions }),
  openTelegram({ ...shared, ...telegram, posted: storage.postedFiles, messages: storage.messages }),
];
const unlimited = {
  runningPerPerson: 1,
  queuedPerPerson: 1e6,
  queuedPerGroup: 1e6,
  queuedInAll: 1e6,
  creditsPerHour: 1e9,
};
const bots = await openBots({
  ...{ storage, queue: recorded, platforms, probe: pictures, log, clock: systemClock, random: randomBytes },
  ...{ caps: defaultCaps, limits: unlimited },
});
const stop = new AbortController();
const working = queue.consume(workHandler(engine, storage.blobs, log), stop.signal);

/** What became of every request that was let in. */
async function ends(): Promise<readonly JobEnd[]> {
  const rows = await Promise.all([...seen.keys()].map((id) => storage.jobs.find(id as JobId)));
  const known = rows.filter((row) => row !== undefined);
  const trees = [...new Set(known.map(({ lineage }) => lineage))];
  const nodes = (await Promise.all(trees.map((tree) => storage.lineage.nodes(tree, 0, 100_000)))).flat();
  const madeBy = (id: JobId) => nodes.filter(({ job }) => job === id).map((node) => node.id);
  return known.map(({ id, requestKey: key, state }) => ({ key, state, nodes: madeBy(id) }));
}

async function close(): Promise<void> {
  await bots[Symbol.asyncDispose]();
  for (const platform of platforms) await platform[Symbol.asyncDispose]();
  stop.abort();
  await queue[Symbol.asyncDispose]();
  await working;
  await pictures[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
}

process.on('message', async (asked: 'memory' | 'state' | 'stop') => {
  if (asked === 'memory') {
    for (let times = 0; times < 3; times++) {
      globalThis.gc?.();
      await delay(50); // what finalizers give back is collected by the next one
    }
    const { heapUsed, external } = process.memoryUsage();
    tell({ memory: heapUsed + external });
  } else if (asked === 'state') {
    tell({ unfinished: (await storage.jobs.unfinished()).length });
  } else {
    const told: Told = { events, jobs: await ends() };
    await close();
    process.send?.(told, () => process.disconnect());
  }
});
tell({ ready: true });
