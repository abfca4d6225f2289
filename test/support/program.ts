/** The program as people run it: compiled, in a process of its own that a test can kill. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const home = fileURLToPath(new URL('../..', import.meta.url));
const main = join(home, 'dist/main.js');
/** Says what was compiled, and by its age when. */
const stamp = join(home, 'dist/.tsbuildinfo');

const changed = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

/** When something that the program is compiled from was last changed, ms since 1970. */
async function lastChange(): Promise<number> {
  const files = await readdir(join(home, 'src'), { recursive: true });
  const paths = [...files.map((file) => join('src', file)), 'tsconfig.json', 'tsconfig.build.json'];
  return Math.max(...(await Promise.all(paths.map((path) => changed(join(home, path))))));
}

/** Compiles the program if its sources are younger than what was compiled. Whether types fit together is for `tsc` to say elsewhere. */
export async function compileProgram(): Promise<string> {
  const began = new Date();
  const isThere = (await changed(main)) > 0;
  if (isThere && (await lastChange()) <= (await changed(stamp))) return main;
  const tsc = join(home, 'node_modules/typescript/bin/tsc');
  for (const project of ['tsconfig.build.json', 'src/bots/web/client/tsconfig.json'])
    await promisify(execFile)(process.execPath, [tsc, '--noCheck', '-p', project], { cwd: home });
  await utimes(stamp, began, began);
  return main;
}

/** One line of the program's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** The program, running. Disposing kills it. */
export interface Program extends AsyncDisposable {
  /** Address of the web chat with its token; null for a worker. */
  readonly url: string | null;
  readonly log: readonly LogLine[];
  /** As a power cut would end it. */
  kill(): Promise<void>;
  /** As an operator ends it. @returns its exit code */
  stop(): Promise<number | null>;
}

export interface ProgramOptions {
  readonly role: 'all' | 'bots' | 'worker';
  /** Variables of `config.ts`; nothing else of this process's environment is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  /** Limits as of `ulimit`, each `-f 2048`. */
  readonly ulimit?: string;
}

/** Runs the program until its standard input is closed, which happens even when whoever started it is killed. Says its process id. */
const warden = `
  exec 3<&0
  "$@" </dev/null 3<&- & pid=$!
  echo "pid $pid"
  ( cat <&3; kill -KILL $pid ) >/dev/null 2>&1 &
  wait $pid`;

/** Starts the program at `path`, and waits until it is at work. @throws Error with what it said when it ends before */
export async function startProgram(path: string, { role, environment, ulimit }: ProgramOptions): Promise<Program> {
  const env = { PATH: process.env.PATH, LOG_LEVEL: 'info', WEB_PORT: '0', ...environment };
  const args = ['-c', `${ulimit ? `ulimit ${ulimit}; ` : ''}${warden}`, 'sh', process.execPath, path, role];
  const child = spawn('sh', args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'exit').finally(() => child.stdin.end());
  const log: LogLine[] = [];
  const { pid, url } = await untilAtWork(child, role, log);
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.exitCode === null) process.kill(pid, signal);
    await ended;
  };
  return {
    url,
    log,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      return child.exitCode;
    },
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}

/** The web chat's address says that bots are up; a worker is, as soon as it lives. */
async function untilAtWork(child: ChildProcess, role: string, log: LogLine[]) {
  const said: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => said.push(line));
  const started = new Promise<{ pid: number; url: string | null }>((resolve, reject) => {
    let pid = 0;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      pid ||= Number(/^pid (\d+)$/.exec(line)?.[1] ?? 0);
      const url = /^Palimpsest is at (\S+)$/.exec(line)?.[1] ?? null;
      if (url !== null || role === 'worker') resolve({ pid, url });
      if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine);
    });
    child.once('exit', () => reject(new Error(`palimpsest ${role} ended:\n${said.join('\n')}`)));
  });
  return await started;
}
