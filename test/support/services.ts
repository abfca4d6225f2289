/**
 * Redis, PostgreSQL and Chromium for tests and scripts: those named by REDIS_URL, DATABASE_URL and CHROMIUM, else this machine's
 * own, started on free ports with empty temporary folders. As vitest's global setup it starts each of them once per run, when the
 * first test asks for it, and compiles the program likewise. What is missing it installs, where it may. Whatever tests leave in the
 * system's temporary folder lies in one of the run's own, and goes with it.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { freePort, openVanishingFolder, startServer } from './process.ts';
import { compileProgram } from './program.ts';

const run = promisify(execFile);

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the run's services are asked for; see `redisUrl`, `databaseUrl`, `chromium`, `program`. */
    services: string;
  }
}

async function firstThatExists(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** A program on PATH or in one of the folders Debian hides it in. */
async function find(program: string, folders: readonly string[] = []): Promise<string | undefined> {
  const everywhere = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', ...folders];
  return firstThatExists(everywhere.map((folder) => join(folder, program)));
}

/** A program the tests need, and the variable that names one elsewhere. */
interface Needed {
  readonly debianPackage: string;
  readonly variable: string;
  readonly look: () => Promise<string | undefined>;
}

const orderFor = (packages: string) => `apt-get update && apt-get install -y --no-install-recommends ${packages}`;

/** How Debian's tools say that somebody else is installing something. */
const busy = /could not get lock|unable to (acquire|lock)|is another process using it/i;
/** How long somebody else may take to install what they want, ms. */
const PATIENCE_MS = 15 * 60_000;

/** Runs what installs something, again and again as long as somebody else does. @throws Error what it says else */
export async function inTurn(install: () => Promise<unknown>, pauseMs = 2000): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; ; await delay(pauseMs)) {
    try {
      await install();
      return;
    } catch (error) {
      const { stderr } = error as { readonly stderr?: string };
      if (!busy.test(stderr ?? '') || Date.now() > end) throw error;
    }
  }
}

/**
 * As root on Debian, fetches at one go what is missing; elsewhere `found` says what to do. Before the tests, for it may take longer
 * than any of them may.
 */
async function installMissing(): Promise<void> {
  if (process.getuid?.() !== 0 || !(await find('apt-get'))) return;
  const packages: string[] = [];
  for (const { debianPackage, variable, look } of Object.values(needed)) {
    if (!process.env[variable] && !(await look())) packages.push(debianPackage);
  }
  if (packages.length === 0) return;
  const command = orderFor(packages.join(' '));
  console.log(`installing what the tests need: ${command}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  await inTurn(() => run('sh', ['-c', command], { env, maxBuffer: 2 ** 26 }));
}

async function found({ debianPackage, variable, look }: Needed): Promise<string> {
  const program = await look();
  if (program) return program;
  const command = orderFor(debianPackage);
  throw new Error(`the tests need ${debianPackage}. Install it (\`sudo sh -c '${command}'\`) or set ${variable}`);
}

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'palimpsest-test-'));

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, at the same address, with what it had written if it was opened `persistent`. */
  restart(): Promise<void>;
}

/** A Redis of one's own. `persistent`: everything it acknowledges is on disk. */
export async function startRedis({ persistent = false } = {}): Promise<RedisServer> {
  const program = await found(needed.redis);
  const [folder, port] = [await temporaryFolder(), await freePort()];
  const disk = persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const where = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
  const command = [program, ...where, '--save', '', ...disk];
  const start = () => startServer({ command, folder, signal: 'TERM', ready: /Ready to accept connections/ });
  let server = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => server.kill(),
    async restart() {
      server = await start();
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) => {
    const { stdout } = await run('id', [flag, 'postgres']).catch(() => run('id', [flag, 'nobody']));
    return Number(stdout);
  };
  return { uid: await id('-u'), gid: await id('-g') };
}

async function findPostgres(): Promise<string | undefined> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  return find(
    'postgres',
    newestFirst.map((version) => `/usr/lib/postgresql/${version}/bin`),
  );
}

export interface PostgresServer extends AsyncDisposable {
  /** A database somebody may create others beside; see `freshDatabase`. */
  readonly url: string;
}

/** A PostgreSQL of one's own. It trusts everybody on this machine and the disk with nothing. */
export async function startPostgres(): Promise<PostgresServer> {
  const program = await found(needed.postgres);
  const [folder, port, user] = [await temporaryFolder(), await freePort(), await unprivileged()];
  if (user) await chown(folder, user.uid, user.gid);
  const initialise = [
    '-D',
    join(folder, 'data'),
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  await run(join(program, '../initdb'), initialise, { ...user, cwd: folder });
  const settings = [
    ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=300', 'shared_buffers=32MB'],
    ...['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'max_wal_size=128MB'],
  ].flatMap((setting) => ['-c', setting]);
  const command = [program, '-D', join(folder, 'data'), '-p', String(port), ...settings];
  const ready = /ready to accept connections/;
  const server = await startServer({ command, folder, signal: 'INT', ready, ...(user && { user }) });
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A new, empty database beside the one at `url`. */
export async function freshDatabase(url: string): Promise<string> {
  const name = `palimpsest_${randomBytes(6).toString('hex')}`;
  const db = await new PrismaPg({ connectionString: url, max: 1 }).connect();
  await db.executeRaw({ sql: `CREATE DATABASE ${name}`, args: [], argTypes: [] });
  await db.dispose();
  const fresh = new URL(url);
  fresh.pathname = `/${name}`;
  return fresh.href;
}

const needed = {
  redis: { debianPackage: 'redis-server', variable: 'REDIS_URL', look: () => find('redis-server') },
  postgres: { debianPackage: 'postgresql', variable: 'DATABASE_URL', look: findPostgres },
  chromium: {
    debianPackage: 'chromium',
    variable: 'CHROMIUM',
    look: async () => process.env.CHROMIUM ?? (await find('chromium')) ?? (await find('google-chrome')),
  },
} as const satisfies Record<string, Needed>;

/** Where Chromium is. */
export function findChromium(): Promise<string> {
  return found(needed.chromium);
}

/** Each service's answer, and the way to start it. */
function services(stack: AsyncDisposable[]): Readonly<Record<string, () => Promise<string>>> {
  const keep = <T extends AsyncDisposable>(server: T): T => {
    stack.push(server);
    return server;
  };
  return {
    redis: async () => process.env.REDIS_URL ?? keep(await startRedis()).url,
    postgres: async () => process.env.DATABASE_URL ?? keep(await startPostgres()).url,
    chromium: findChromium,
    program: compileProgram,
  };
}

/** Vitest's global setup: answers the run's tests, on a port of its own, where their services are. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await installMissing();
  const folder = await openVanishingFolder();
  process.env.TMPDIR = folder.path; // of this process and of those that run the tests
  const stack: AsyncDisposable[] = [];
  const start = services(stack);
  const started = new Map<string, Promise<string>>();
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    const answer = started.get(name) ?? start[name]?.() ?? Promise.reject(new RangeError(`no service ${name}`));
    started.set(name, answer);
    answer.then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  project.provide('services', `http://127.0.0.1:${address.port}/`);
  return async () => {
    server.close();
    await Promise.allSettled(started.values());
    await Promise.all(stack.map((service) => service[Symbol.asyncDispose]()));
    await folder[Symbol.asyncDispose]();
  };
}

async function ask(service: 'redis' | 'postgres' | 'chromium' | 'program'): Promise<string> {
  const response = await fetch(new URL(service, inject('services')));
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}

/** In a test: the run's Redis, shared by all tests. Use a key prefix of your own, or `startRedis`. */
export const redisUrl = (): Promise<string> => ask('redis');
/** In a test: an empty database of one's own in the run's PostgreSQL. */
export const databaseUrl = async (): Promise<string> => freshDatabase(await ask('postgres'));
/** In a test: the path of a Chromium. */
export const chromium = (): Promise<string> => ask('chromium');
/** In a test: the path of the program, compiled from what lies in `src`. */
export const program = (): Promise<string> => ask('program');
