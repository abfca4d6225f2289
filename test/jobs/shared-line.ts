import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openRedisQueue } from '../../src/jobs/bullmq.ts';
import { openRedisWorkSource } from '../../src/jobs/bullmq-source.ts';
import type { Handler } from '../../src/jobs/queue.ts';
import { silentLog } from '../../src/log.ts';
import { until } from './handlers.ts';

/** Short enough for a test, long enough for a busy machine. */
const heartbeatMs = 2000;

/** A process with one side of the line in it. */
interface Side extends AsyncDisposable {
  /** Waits until it says this. */
  says(line: string): Promise<void>;
  kill(): Promise<void>;
}

async function startSide(side: 'worker' | 'queue', url: string, name: string): Promise<Side> {
  const script = new URL('../support/jobs-process.ts', import.meta.url).pathname;
  const args = [
    '--import',
    'tsx',
    script,
    '--side',
    side,
    '--url',
    url,
    '--name',
    name,
    '--heartbeat',
    `${heartbeatMs}`,
  ];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const said: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => said.push(line));
  const kill = async () => {
    child.kill('SIGKILL');
    await exit;
  };
  const says = (line: string) => until(() => said.includes(line), 20_000);
  await says('open');
  return { says, kill, [Symbol.asyncDispose]: kill };
}

/** A line of its own in the Redis at `url`; whatever it opens is closed with it, the latest first. */
export function openSharedLine(url: string) {
  const opened: AsyncDisposable[] = [];
  const keep = <T extends AsyncDisposable>(thing: T): T => {
    opened.push(thing);
    return thing;
  };
  const options = { url, name: `test-${randomUUID()}`, log: silentLog, heartbeatMs };
  return {
    options,
    openQueue: async () => keep(await openRedisQueue(options)),
    async openWorker(handler: Handler) {
      const source = keep(await openRedisWorkSource(options));
      const stop = new AbortController();
      return { source, stop, working: source.consume(handler, stop.signal) };
    },
    start: async (side: 'worker' | 'queue') => keep(await startSide(side, url, options.name)),
    async [Symbol.asyncDispose]() {
      for (const thing of opened.reverse()) await thing[Symbol.asyncDispose]();
    },
  };
}
