import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startServer } from '../support/process.ts';

export interface MortalRedis extends AsyncDisposable {
  readonly url: string;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** It stands still, connections and all, until it is told to go on. */
  pause(isPaused: boolean): void;
  /** Starts it at the same address, with its data if it is `persistent`. */
  restart(): Promise<void>;
}

/** A Redis that is there to be killed: its data lie apart from the folder that goes with the process. */
export async function startMortalRedis({ persistent }: { readonly persistent: boolean }): Promise<MortalRedis> {
  const newFolder = () => mkdtemp(join(tmpdir(), 'palimpsest-test-'));
  const [data, port] = [await newFolder(), await freePort()];
  const disk = persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
  const where = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', data, '--save', ''];
  const start = async () => {
    const folder = await newFolder();
    const command = ['redis-server', ...where, ...disk];
    return await startServer({ command, folder, signal: 'TERM', ready: /Ready to accept connections/ });
  };
  let server = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => server.kill(),
    pause: (isPaused) => server.pause(isPaused),
    async restart() {
      server = await start();
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
