#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Platform } from './bots/core/index.ts';
import { type Config, readConfig } from './config.ts';
import { defaultCaps, type Remark, type Warning } from './edit/index.ts';
import type { PictureProbe } from './edit/probe.ts';
import type { UserId } from './edit/request.ts';
import type { EngineOptions } from './engine/index.ts';
import { Refusal, refusalData } from './errors.ts';
import type { JobQueue, WorkSource } from './jobs/queue.ts';
import { type Log, openLog } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Storage } from './storage/index.ts';

/** Where the program itself lies: one level above `src` or `dist`. */
const home = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };

const usage = `palimpsest ${version}

  palimpsest all               chat, queue and engine in one process
  palimpsest bots              chat only; needs REDIS_URL
  palimpsest worker            engine only; needs REDIS_URL
  palimpsest edit PICTURE …    one edit from the shell
  palimpsest models …          list, info FILE, verify, pull NAME: model files
  palimpsest golden DIR        compare the engine with reference data`;

/**
 * Loaded when a command needs them: starting must not wait for what is not used. They stand here because TypeScript 6.0 leaves the
 * ending `.ts` in a dynamic import inside a function with `using`.
 */
const parts = {
  embedded: () => import('./jobs/embedded.ts'),
  bullmq: () => import('./jobs/bullmq.ts'),
  bullmqSource: () => import('./jobs/bullmq-source.ts'),
  engineHost: () => import('./jobs/engine-host.ts'),
  worker: () => import('./jobs/worker.ts'),
  blobs: () => import('./storage/blobs.ts'),
  web: () => import('./bots/web/web.ts'),
  discord: () => import('./bots/discord/discord.ts'),
  telegram: () => import('./bots/telegram/telegram.ts'),
  storage: () => import('./storage/index.ts'),
  pictureHost: () => import('./jobs/picture-host.ts'),
  metrics: () => import('./metrics.ts'),
  core: () => import('./bots/core/index.ts'),
  engine: () => import('./engine/index.ts'),
  watchModels: () => import('./engine/library/watch-models.ts'),
  shellArguments: () => import('./shell/arguments.ts'),
  shellEdit: () => import('./shell/edit.ts'),
  shellModels: () => import('./shell/models/command.ts'),
  golden: () => import('./golden/index.ts'),
  shellGolden: () => import('./shell/golden.ts'),
};

/** How either side reaches a line that processes share. */
const sharedLine = ({ REDIS_URL, WORKER_LOST_AFTER_S }: Config, log: Log) => ({
  url: REDIS_URL!,
  log,
  heartbeatMs: WORKER_LOST_AFTER_S * 1000,
});

const say = (text: string) => void process.stdout.write(`${text}\n`);
const uniform = () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;

function engineOptions(config: Config): EngineOptions {
  return {
    modelsDir: resolve(config.PALIMPSEST_MODELS),
    builtinModel: join(home, 'models', 'palimpsest-tiny.safetensors'),
    cacheDir: resolve(config.PALIMPSEST_DATA),
    version,
    device: config.DEVICE,
    precision: config.PRECISION,
    memoryBudgetMb: config.MEMORY_BUDGET_MB,
    previews: config.PREVIEWS,
    threads: config.ENGINE_THREADS || null,
  };
}

/** Fires when the process is asked to end; asked a second time, it ends at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

function until(signal: AbortSignal): Promise<void> {
  return new Promise((done) =>
    signal.aborted ? done() : signal.addEventListener('abort', () => done(), { once: true }),
  );
}

/** The line of this configuration, in this process or shared through Redis, and how a worker gets at it. */
async function openLine(config: Config, log: Log): Promise<{ queue: JobQueue; openSource: () => Promise<WorkSource> }> {
  const { defaultLimits } = await parts.core();
  const turns = { weights: config.QUEUE_SHARES, runningPerPerson: defaultLimits.runningPerPerson };
  if (!config.REDIS_URL) {
    const { openEmbeddedQueue } = await parts.embedded();
    const queue = openEmbeddedQueue({ log, ...turns });
    return { queue, openSource: async () => queue };
  }
  const options = sharedLine(config, log);
  const [bots, workers] = await Promise.all([parts.bullmq(), parts.bullmqSource()]);
  const queue = await bots.openRedisQueue({ ...options, ...turns });
  return { queue, openSource: () => workers.openRedisWorkSource(options) };
}

/** New model files are noticed at once where folders can be watched, else this often. */
const ANNOUNCE_EVERY_MS = 60_000;

interface Working {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly openSource: () => Promise<WorkSource>;
  readonly stop: AbortSignal;
}

/** One engine and its place in the line, until `stop`; a running edit is given back then. */
async function work({ config, log, metrics, openSource, stop }: Working): Promise<void> {
  const [{ openEngineHost }, { workHandler }, { openBlobDirectory }, { watchModels }] = await Promise.all([
    parts.engineHost(),
    parts.worker(),
    parts.blobs(),
    parts.watchModels(),
  ]);
  await using engine = await openEngineHost(engineOptions(config), log);
  await using source = await openSource();
  const catalog = await engine.catalog();
  for (const { name, why } of catalog.unusable ?? []) log.warn({ model: name, why }, 'a model file cannot be used');
  await source.announce(catalog);
  const again = () => {
    const announced = engine.catalog().then((now) => source.announce(now));
    announced.catch((err: Error) => log.warn({ err }, 'models were not announced'));
  };
  const announcing = setInterval(again, ANNOUNCE_EVERY_MS);
  using _watching = watchModels(resolve(config.PALIMPSEST_MODELS), again);
  const blobs = openBlobDirectory(join(resolve(config.PALIMPSEST_DATA), 'blobs'));
  try {
    await source.consume(workHandler(engine, blobs, log, metrics), stop);
  } finally {
    clearInterval(announcing);
  }
}

interface Serving {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly queue: JobQueue;
}

interface Chatting extends Serving {
  readonly storage: Storage;
  readonly pictures: PictureProbe;
}

interface Platforms extends AsyncDisposable {
  readonly all: readonly Platform[];
}

/** The platforms that have a token, and the web chat, which needs none. */
async function openPlatforms({ config, log, metrics, queue, storage, pictures }: Chatting): Promise<Platforms> {
  const shared = { blobs: storage.blobs, fit: pictures.upload, log };
  const { TELEGRAM_TOKEN: token, TELEGRAM_API_ROOT: apiRoot, TELEGRAM_WEBHOOK: webhook } = config;
  const to = { ...shared, posted: storage.postedFiles, messages: storage.messages };
  const at = { ...(apiRoot && { apiRoot }), ...(webhook && { webhook }) };
  const telegram = token ? (await parts.telegram()).openTelegram({ ...to, ...at, token }) : null;
  const { openWeb } = await parts.web();
  const web = await openWeb({
    ...shared,
    hooks: telegram?.webhook ? { '/telegram': telegram.webhook } : {},
    host: config.WEB_HOST,
    port: config.WEB_PORT,
    dataDir: resolve(config.PALIMPSEST_DATA),
    async metrics() {
      metrics.waitingJobs.set((await queue.line()).waiting.length);
      return { contentType: metrics.contentType, text: await metrics.render() };
    },
  });
  say(`Palimpsest is at ${web.url}`);
  const platforms: Platform[] = [web];
  if (config.DISCORD_TOKEN) {
    const [{ openDiscord }, { openSuggestions, systemClock: clock }] = await Promise.all([
      parts.discord(),
      parts.core(),
    ]);
    const suggestions = openSuggestions({ catalog: () => queue.catalog(), storage, clock });
    platforms.push(
      openDiscord({
        ...shared,
        token: config.DISCORD_TOKEN,
        guildId: config.DISCORD_GUILD,
        apiRoot: config.DISCORD_API_ROOT,
        readsAll: config.DISCORD_MESSAGE_CONTENT,
        dataDir: resolve(config.PALIMPSEST_DATA),
        suggestions,
        limited: () => metrics.chatFailures.inc({ platform: 'discord', status: '429' }),
      }),
    );
  }
  if (telegram) platforms.push(telegram);
  const close = async () => {
    for (const platform of platforms.toReversed()) await platform[Symbol.asyncDispose]();
  };
  return { all: platforms, [Symbol.asyncDispose]: close };
}

/** Files that no version needs any more go after a day: by then every upload has its row. */
const SWEEP_EVERY_MS = 3_600_000;
const SWEEP_AFTER_MS = 86_400_000;

function sweepRegularly(storage: Storage, log: Log): Disposable {
  const sweep = async () => {
    const retired = await storage.retire();
    if (retired.pictures > 0) log.info({ ...retired }, 'pictures that were kept long enough removed');
    const swept = await storage.sweep(new Date(Date.now() - SWEEP_AFTER_MS));
    if (swept > 0) log.info({ swept }, 'unreferenced files removed');
  };
  const timer = setInterval(() => {
    sweep().catch((err: Error) => log.warn({ err }, 'files were not swept'));
  }, SWEEP_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Storage, platforms and the core between them, until `stop`; opened in order, closed in reverse. */
async function chat({ config, log, metrics, queue }: Serving, stop: AbortSignal): Promise<void> {
  const [{ openStorage }, { openPictureHost }, { openBots, systemClock }] = await Promise.all([
    parts.storage(),
    parts.pictureHost(),
    parts.core(),
  ]);
  const dataDir = resolve(config.PALIMPSEST_DATA);
  await using storage = await openStorage({ dataDir, databaseUrl: config.DATABASE_URL, log });
  using _sweeping = sweepRegularly(storage, log);
  await using pictures = openPictureHost();
  await using platforms = await openPlatforms({ config, log, metrics, queue, storage, pictures });
  await using _bots = await openBots({
    ...{ storage, queue, platforms: platforms.all, probe: pictures, log, metrics },
    operators: config.OPERATORS as UserId[],
    links: { hosts: config.LINK_HOSTS },
    ...{ caps: defaultCaps, clock: systemClock, random: (count: number) => randomBytes(count) },
  });
  await until(stop);
}

/** The chat, and with `withWorker` the engine beside it. The worker goes after the chat; one that fails takes the chat with it. */
async function serve(config: Config, { withWorker }: { readonly withWorker: boolean }): Promise<void> {
  const [stop, workerFailed, chatEnded] = [stopSignal(), new AbortController(), new AbortController()];
  const log = openLog(config.LOG_LEVEL);
  const { openMetrics } = await parts.metrics();
  const metrics = openMetrics();
  const line = await openLine(config, log);
  await using queue = line.queue;
  const chatting = async () => {
    try {
      await chat({ config, log, metrics, queue }, AbortSignal.any([stop, workerFailed.signal]));
    } finally {
      chatEnded.abort();
    }
  };
  const working = async () => {
    try {
      await work({ config, log, metrics, openSource: line.openSource, stop: chatEnded.signal });
    } finally {
      workerFailed.abort();
    }
  };
  const ends = await Promise.allSettled([chatting(), ...(withWorker ? [working()] : [])]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function serveWorker(config: Config): Promise<void> {
  if (!config.REDIS_URL) throw new Error('palimpsest worker needs REDIS_URL: the line it takes its work from');
  const log = openLog(config.LOG_LEVEL);
  const [{ openMetrics }, { openRedisWorkSource }] = await Promise.all([parts.metrics(), parts.bullmqSource()]);
  const openSource = () => openRedisWorkSource(sharedLine(config, log));
  await work({ config, log, metrics: openMetrics(), openSource, stop: stopSignal() });
}

async function serveBots(config: Config): Promise<void> {
  if (!config.REDIS_URL) throw new Error('palimpsest bots needs REDIS_URL: the line its workers take their work from');
  await serve(config, { withWorker: false });
}

async function editFromShell(config: Config, words: readonly string[]): Promise<void> {
  const [{ openEngine, pictures }, { parseArguments }, { runEdit }] = await Promise.all([
    parts.engine(),
    parts.shellArguments(),
    parts.shellEdit(),
  ]);
  const log = { info() {}, warn: (_: object, message: string) => void process.stderr.write(`${message}\n`) };
  await using engine = await openEngine(engineOptions(config), log);
  const wordsOf = async (of: Warning | Remark) => {
    const { warnings, remark } = (await parts.core()).messagesIn('en').picture;
    return typeof of === 'string' ? warnings[of] : remark(of);
  };
  const tools = { engine, pictures, screen: process.stderr, wordsOf, random: uniform };
  const written = await runEdit(parseArguments(words), tools);
  for (const { path, infotext } of written) say(`${infotext}\n→ ${relative(process.cwd(), path) || path}`);
}

async function models(config: Config, words: readonly string[]): Promise<void> {
  const { modelsCommand } = await parts.shellModels();
  if (!(await modelsCommand(words, { ...engineOptions(config), say, screen: process.stderr }))) process.exitCode = 1;
}

async function golden(dir: string | undefined): Promise<void> {
  if (!dir) throw new Error('usage: palimpsest golden DIR');
  const [{ goldenCases }, { runGolden }] = await Promise.all([parts.golden(), parts.shellGolden()]);
  if (!(await runGolden(dir, goldenCases, say))) process.exitCode = 1;
}

/** Refusals and wrong arguments are sentences for the person at the shell; everything else is a bug and keeps its stack. */
async function wordsFor(error: unknown): Promise<string> {
  if (error instanceof Refusal) {
    const { messagesIn, troubleOf } = await parts.core();
    const { what, why, next } = troubleOf(messagesIn('en'), refusalData(error));
    return [what, why, next].filter(Boolean).join(' · ');
  }
  return error instanceof Error
    ? error.constructor === Error
      ? error.message
      : (error.stack ?? error.message)
    : String(error);
}

async function main([command = 'all', ...words]: readonly string[]): Promise<void> {
  const config = readConfig(process.env);
  switch (command) {
    case 'all':
      return await serve(config, { withWorker: true });
    case 'bots':
      return await serveBots(config);
    case 'worker':
      return await serveWorker(config);
    case 'edit':
      return await editFromShell(config, words);
    case 'models':
      return await models(config, words);
    case 'golden':
      return await golden(words[0]);
    case 'help':
    case '--help':
      return say(usage);
    default:
      throw new Error(`there is no command ${command}\n\n${usage}`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${await wordsFor(error)}\n`);
  process.exitCode = 1;
}
