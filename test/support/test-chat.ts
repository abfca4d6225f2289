import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { type BotsOptions, type Card, openBots, systemClock } from '../../src/bots/core/index.ts';
import type { LineageNode, NodeId, PlaceId } from '../../src/edit/lineage.ts';
import { type Caps, defaultCaps } from '../../src/edit/resolve.ts';
import { openEmbeddedQueue } from '../../src/jobs/embedded.ts';
import type { JobQueue, WorkSource } from '../../src/jobs/queue.ts';
import { workHandler } from '../../src/jobs/worker.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { fakeCatalog, fakeEngineHost, Latch } from './fake-engine.ts';
import { ann, buttonsOf, type Posted, TestPlatform, type TestUser, wordsOf } from './test-platform.ts';
import { testProbe } from './test-probe.ts';

const isMaskCard = (card: Card) => buttonsOf(card).some(({ action }) => action === 'mu');

/** How long a test waits for something at most, ms. */
const WAIT_MS = 15_000;

/** A running chat with a fake engine behind it. */
export interface TestChat extends AsyncDisposable {
  readonly platform: TestPlatform;
  readonly latch: Latch;
  readonly storage: Storage;
  readonly queue: JobQueue & WorkSource;
  readonly dataDir: string;
  /** Closes the bots alone; line, worker and storage go on. */
  stopBots(): Promise<void>;
  /** Opens bots over the line and storage that are there; with `queue`, over another line. */
  startBots(queue?: JobQueue): Promise<void>;
  /** Closes bots, line and storage as a stop does, and opens them again over the same files and the same platform. */
  restart(options?: TestChatOptions): Promise<void>;
  /** The `n`th result in a place, from 0, once it is posted and its progress card gone. */
  result(place: PlaceId, n?: number): Promise<Posted>;
  /** Agrees to the mask that is asked about in a place. @returns its card as it was */
  useMask(place: PlaceId, user?: TestUser): Promise<Card>;
  /** The node whose buttons a card has. */
  nodeOf(posted: Pick<Posted, 'card'>): Promise<LineageNode>;
  /** What was last told to one person alone. */
  lastTold(): string;
  /** Waits until something holds; asks every 10 ms, fifteen seconds at most. */
  until<T>(what: () => T | Promise<T>): Promise<NonNullable<T>>;
}

export interface TestChatOptions {
  readonly platform?: TestPlatform;
  readonly caps?: Partial<Caps>;
  readonly limits?: BotsOptions['limits'];
  readonly operators?: BotsOptions['operators'];
  readonly clock?: BotsOptions['clock'];
  readonly log?: Log;
  /** Without one nothing is ever taken out of the line. */
  readonly worker?: boolean;
}

interface Opened {
  readonly storage: Storage;
  readonly queue: JobQueue & WorkSource;
  stopBots(): Promise<void>;
  startBots(queue?: JobQueue): Promise<void>;
  close(): Promise<void>;
}

async function openAll(
  dataDir: string,
  latch: Latch,
  platform: TestPlatform,
  options: TestChatOptions,
): Promise<Opened> {
  const { log = silentLog, clock = systemClock, caps = {}, limits, operators, worker = true } = options;
  const storage = await openStorage({ dataDir, log, clock: () => new Date(clock.now()) });
  const queue = openEmbeddedQueue({ log });
  await queue.announce(fakeCatalog);
  const common = {
    storage,
    platforms: [platform],
    probe: testProbe,
    log,
    limits,
    operators,
    clock,
    random: randomBytes,
  };
  const open = (line: JobQueue) => openBots({ ...common, queue: line, caps: { ...defaultCaps, ...caps } });
  let bots: AsyncDisposable | undefined = await open(queue);
  const stop = new AbortController();
  const working = worker
    ? queue.consume(workHandler(fakeEngineHost(latch), storage.blobs, log), stop.signal)
    : undefined;
  const stopBots = async () => {
    await bots?.[Symbol.asyncDispose]();
    bots = undefined;
  };
  const startBots = async (line: JobQueue = queue) => {
    bots = await open(line);
  };
  const close = async () => {
    await stopBots();
    stop.abort();
    await queue[Symbol.asyncDispose]();
    await working;
    await storage[Symbol.asyncDispose]();
  };
  return { storage, queue, stopBots, startBots, close };
}

async function until<T>(what: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (const end = Date.now() + WAIT_MS; ; await delay(10)) {
    const found = await what();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}

/** Opens storage in a folder of its own, the embedded line, a worker with the fake engine, and the bots. */
export async function openTestChat(options: TestChatOptions = {}): Promise<TestChat> {
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-chat-'));
  const platform = options.platform ?? new TestPlatform();
  const latch = new Latch();
  let opened = await openAll(dataDir, latch, platform, options);
  return {
    platform,
    latch,
    dataDir,
    until,
    get storage() {
      return opened.storage;
    },
    get queue() {
      return opened.queue;
    },
    stopBots: () => opened.stopBots(),
    startBots: (queue) => opened.startBots(queue),
    async restart(changed = {}) {
      await opened.close();
      opened = await openAll(dataDir, latch, platform, { ...options, ...changed });
    },
    async result(place, n = 0) {
      const result = await until(() => platform.results(place)[n]);
      await until(() => platform.standing(place).every((posted) => posted.card.tone !== 'busy'));
      return result;
    },
    async useMask(place, user = ann) {
      const asked = await until(() => platform.standing(place).find(({ card }) => isMaskCard(card)));
      const { card } = asked;
      await platform.press(user, asked, 'Use');
      return card;
    },
    async nodeOf({ card }) {
      const node = await opened.storage.lineage.node(buttonsOf(card)[0]?.target as NodeId);
      return node ?? expect.fail(`no node behind ${wordsOf(card)}`);
    },
    lastTold() {
      const told = platform.told.at(-1);
      return told ? wordsOf(told.card) : '';
    },
    async [Symbol.asyncDispose]() {
      await opened.close();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
