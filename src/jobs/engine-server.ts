import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { EditedImage, EditOutcome } from '../edit/request.ts';
import type { CancelSignal, Engine, EngineOptions } from '../engine/index.ts';
import type { Log } from '../log.ts';
import { type Call, type Reply, toFailure } from './engine-protocol.ts';

type Run = Extract<Call, { kind: 'run' }>;

/** Opens an engine in this thread and answers the calls that `engine-host.ts` makes, one run at a time. */
export async function serveEngine(
  open: (options: EngineOptions, log: Pick<Log, 'info' | 'warn'>) => Promise<Engine>,
): Promise<void> {
  const port = parentPort;
  if (!port) throw new TypeError('an engine is served in a worker thread only');
  const tell = (reply: Reply) => port.postMessage(reply);
  try {
    const told = (level: 'info' | 'warn') => (bindings: object, message: string) =>
      tell({ kind: 'log', level, bindings, message });
    const engine = await open(workerData as EngineOptions, { info: told('info'), warn: told('warn') });
    answerCalls(port, engine);
    tell({ kind: 'opened' });
  } catch (error) {
    tell({ kind: 'failure', call: 0, failure: toFailure(error) });
  }
}

function answerCalls(port: MessagePort, engine: Engine): void {
  let last: Promise<void> = Promise.resolve();
  port.on('message', (call: Call) => {
    const answer = async () => {
      try {
        if (call.kind === 'run') await answerRun(port, engine, call);
        else port.postMessage({ kind: 'catalog', call: call.call, catalog: await engine.catalog() } satisfies Reply);
      } catch (error) {
        port.postMessage({ kind: 'failure', call: call.call, failure: toFailure(error) } satisfies Reply);
      }
    };
    last = last.then(answer);
  });
}

async function answerRun(port: MessagePort, engine: Engine, { call, task, pictures, cancel }: Run): Promise<void> {
  const outcome = await engine.run(task, {
    async fetch(ref) {
      const bytes = pictures.get(ref);
      if (!bytes) throw new RangeError(`the task does not name ${ref}`);
      return bytes;
    },
    progress: (progress) => port.postMessage({ kind: 'progress', call, progress } satisfies Reply),
    signal: flagSignal(cancel),
  });
  const own = transferable(outcome);
  const transfers = own.images.map(({ image }) => image.buffer);
  port.postMessage({ kind: 'ran', call, outcome: own } satisfies Reply, transfers);
}

/** Shared memory is the only thing a computing thread hears of. */
function flagSignal(flag: Int32Array): CancelSignal {
  return {
    get cancelled() {
      return Atomics.load(flag, 0) !== 0;
    },
  };
}

/** Bytes in memory of their own: what a library returned may lie in a pool, and a pool cannot be handed over. */
function transferable(outcome: EditOutcome<Uint8Array>): EditOutcome<Uint8Array<ArrayBuffer>> {
  const images = outcome.images.map(
    (image): EditedImage<Uint8Array<ArrayBuffer>> => ({ ...image, image: new Uint8Array(image.image) }),
  );
  return { ...outcome, images };
}
