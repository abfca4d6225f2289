import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A port of this machine nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

/** A folder that goes, with all that is in it, when this process ends, however it does. */
export async function openVanishingFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'palimpsest-run-'));
  await chmod(path, 0o755); // PostgreSQL, who is somebody else, has a folder in it
  const warden = 'cat >/dev/null; until rm -rf "$1"; do sleep 1; done'; // again, while somebody still writes in it
  const child = spawn('sh', ['-c', warden, 'sh', path], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(child, 'exit');
  child.unref();
  return {
    path,
    async [Symbol.asyncDispose]() {
      child.ref();
      child.stdin!.end();
      await ended;
    },
  };
}

/**
 * Runs a server until its standard input is closed, which happens even when whoever started it is killed; then ends the server and
 * deletes its folder. A server that ends in another way leaves it. The first line it prints is the server's process id.
 */
const warden = `
  folder=$1; signal=$2; shift 2
  exec 3<&0
  "$@" </dev/null 3<&- & pid=$!
  echo $pid
  ( cat <&3; kill -$signal $pid ) >/dev/null 2>&1 &
  wait $pid && rm -rf "$folder"`;

export interface Server {
  readonly command: readonly string[];
  /** Its data; deleted when it ends. */
  readonly folder: string;
  /** What asks it to end quickly. */
  readonly signal: 'INT' | 'TERM';
  /** What it prints once it answers. */
  readonly ready: RegExp;
  /** Whose process it is; its starter's, unless given. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A server as a process. */
export interface Running extends AsyncDisposable {
  /** Ends it as a power cut would, its data left as they are. */
  kill(): Promise<void>;
  /** It stands still, connections and all, until it is told to go on. */
  pause(isPaused: boolean): void;
}

async function untilReady(child: ChildProcess, { command, ready }: Server): Promise<number> {
  const said: string[] = [];
  let pid = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    pid ||= Number(line);
    said.push(line);
    if (ready.test(line)) {
      child.stdout!.resume(); // or a full pipe would stop it
      return pid;
    }
  }
  throw new Error(`${command.join(' ')} did not start:\n${said.slice(1).join('\n')}`);
}

/** Starts a server and waits until it answers. It does not outlive this process, however that ends. */
export async function startServer(server: Server): Promise<Running> {
  const args = ['-c', `exec 2>&1; ${warden}`, 'sh', server.folder, server.signal, ...server.command];
  const child = spawn('sh', args, { detached: true, stdio: ['pipe', 'pipe', 'ignore'], ...server.user });
  const ended = once(child, 'exit');
  const pid = await untilReady(child, server);
  child.unref();
  return {
    async kill() {
      child.ref();
      process.kill(pid, 'SIGKILL');
      await ended;
    },
    pause: (isPaused) => void process.kill(pid, isPaused ? 'SIGSTOP' : 'SIGCONT'),
    async [Symbol.asyncDispose]() {
      child.ref();
      child.stdin!.end();
      if (child.exitCode === null) await ended;
    },
  };
}
