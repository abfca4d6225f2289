import type { Worker } from 'node:worker_threads';
import type { BlobRef } from '../edit/blob.ts';
import type { Catalog } from '../edit/catalog.ts';
import type { EditOutcome, Progress, Task } from '../edit/request.ts';
import type { EngineOptions } from '../engine/index.ts';
import { Refusal } from '../errors.ts';
import type { Log } from '../log.ts';
import { moduleBeside, startThread } from '../thread.ts';
import { type Call, type Reply, toError } from './engine-protocol.ts';

/** What a run needs from its caller. */
interface HostIo {
  /** Bytes of a picture the task refers to; all are fetched before the engine begins. */
  fetch(ref: BlobRef): Promise<Uint8Array>;
  progress(progress: Progress): void;
  readonly signal: AbortSignal;
}

/** The engine, seen from a thread that must stay free for chat and Redis. */
export interface EngineHost extends AsyncDisposable {
  catalog(): Promise<Catalog>;
  /** @throws Refusal as the engine does; 'worker-lost' or 'out-of-memory' when its thread ended under it */
  run(task: Task, io: HostIo): Promise<EditOutcome<Uint8Array>>;
}

export interface HostOptions {
  /** A module that calls `serveEngine`; ours by default. */
  readonly thread?: URL;
  /** How long a cancelled run may take to notice before its thread is ended, ms. A sampler step on a slow CPU takes a minute. */
  readonly graceMs?: number;
}

/**
 * Opens the engine in a thread of its own. A thread that ends by itself takes its run with it and is opened again for the next call.
 * @throws Refusal, Error whatever opening the engine throws
 */
export async function openEngineHost(
  options: EngineOptions,
  log: Log,
  { thread = moduleBeside(import.meta.url, 'engine-thread'), graceMs = 120_000 }: HostOptions = {},
): Promise<EngineHost> {
  const open = () => EngineThread.open(thread, options, log);
  const openAgain = async (ended: EngineThread) => {
    log.error({ err: ended.end }, "the engine's thread ended, opening another");
    await ended[Symbol.asyncDispose](); // not two engines at a time: memory
    return await open();
  };
  let latest = open();
  const living = () => {
    latest = latest.then((engine) => (engine.end ? openAgain(engine) : engine), open);
    return latest;
  };
  await latest;
  return {
    catalog: async () => (await living()).catalog(),
    async run(task, io) {
      const pictures = await fetchAll(picturesOf(task), io);
      const engine = await living();
      if (io.signal.aborted) throw new Refusal('cancelled', {});
      return await engine.run(task, pictures, io, graceMs);
    },
    async [Symbol.asyncDispose]() {
      await latest.then(
        (engine) => engine[Symbol.asyncDispose](),
        () => {},
      ); // what failed to open is closed
    },
  };
}

/** The pictures a task names. */
function picturesOf({ request }: Task): readonly BlobRef[] {
  const { init, mask, sketch } = request;
  return [init, ...(mask?.kind === 'image' ? [mask.blob] : []), ...(sketch ? [sketch.painted] : [])];
}

/** Copies, for they are handed over to the thread, and a blob store may want to keep its own. */
async function fetchAll(refs: readonly BlobRef[], io: HostIo): Promise<ReadonlyMap<BlobRef, Uint8Array<ArrayBuffer>>> {
  const pairs = refs.map(async (ref) => [ref, new Uint8Array(await io.fetch(ref))] as const);
  return new Map(await Promise.all(pairs));
}

interface Pending {
  resolve(reply: Reply): void;
  reject(error: Error): void;
  progress?(progress: Progress): void;
}

/** One thread with an engine in it, from its opening to its end. */
class EngineThread {
  readonly #worker: Worker;
  readonly #log: Log;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  #end: Error | undefined;

  private constructor(worker: Worker, log: Log) {
    this.#worker = worker;
    this.#log = log;
    worker.on('message', (reply: Reply) => this.#hear(reply));
    worker.on('error', (error: Error) => this.#die(toRefusal(error)));
    worker.on('exit', (code) => this.#die(new Refusal('worker-lost', {}, { cause: new Error(`exit code ${code}`) })));
  }

  static async open(file: URL, options: EngineOptions, log: Log): Promise<EngineThread> {
    const thread = new EngineThread(startThread(file, options), log);
    try {
      await thread.#expect(0);
      return thread;
    } catch (error) {
      await thread[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Why it ended; undefined while it lives. */
  get end(): Error | undefined {
    return this.#end;
  }

  async catalog(): Promise<Catalog> {
    const reply = await this.#ask((call) => ({ kind: 'catalog', call }));
    if (reply.kind !== 'catalog') throw new TypeError(`the engine's thread answered ${reply.kind} for a catalogue`);
    return reply.catalog;
  }

  async run(
    task: Task,
    pictures: ReadonlyMap<BlobRef, Uint8Array<ArrayBuffer>>,
    { progress, signal }: HostIo,
    graceMs: number,
  ): Promise<EditOutcome<Uint8Array>> {
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    let patience: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      Atomics.store(cancel, 0, 1);
      patience = setTimeout(() => this.#die(new Refusal('cancelled', {})), graceMs);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const transfers = Array.from(pictures.values(), (bytes) => bytes.buffer);
      const reply = await this.#ask((call) => ({ kind: 'run', call, task, pictures, cancel }), transfers, progress);
      if (reply.kind !== 'ran') throw new TypeError(`the engine's thread answered ${reply.kind} for a run`);
      return reply.outcome;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(patience);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#die(new Refusal('worker-lost', {}));
    await this.#worker.terminate();
  }

  #ask(callOf: (call: number) => Call, transfers: ArrayBuffer[] = [], progress?: HostIo['progress']): Promise<Reply> {
    this.#calls += 1;
    const answer = this.#expect(this.#calls, progress);
    if (!this.#end) this.#worker.postMessage(callOf(this.#calls), transfers);
    return answer;
  }

  async #expect(call: number, progress?: HostIo['progress']): Promise<Reply> {
    return await new Promise<Reply>((resolve, reject) => {
      if (this.#end) reject(this.#end);
      else this.#pending.set(call, { resolve, reject, ...(progress && { progress }) });
    });
  }

  #hear(reply: Reply): void {
    if (reply.kind === 'log') {
      this.#log[reply.level](reply.bindings, reply.message);
      return;
    }
    const call = reply.kind === 'opened' ? 0 : reply.call;
    const pending = this.#pending.get(call);
    if (reply.kind === 'progress') {
      pending?.progress?.(reply.progress);
      return;
    }
    this.#pending.delete(call);
    if (reply.kind === 'failure') pending?.reject(toError(reply.failure));
    else pending?.resolve(reply);
  }

  /** Everybody who waits is told, and the thread is ended if it was not. */
  #die(error: Error): void {
    if (this.#end) return;
    this.#end = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    void this.#worker.terminate(); // awaited by dispose; a native call in it ends first
  }
}

/** An uncaught error in the thread, for the person whose edit it was. */
function toRefusal(error: Error & { code?: string }): Refusal {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new Refusal('out-of-memory', { setting: 'size' }, { cause: error });
  return new Refusal('worker-lost', {}, { cause: error });
}
