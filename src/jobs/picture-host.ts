import type { Worker } from 'node:worker_threads';
import type { ImageHash } from '../edit/image-hash.ts';
import type { Placement } from '../edit/placement.ts';
import type {
  Comparison,
  ComparisonHow,
  DrawnMask,
  Fitted,
  FoundScribble,
  MaskCheck,
  MaskWork,
  PictureProbe,
  Probed,
  TreeTile,
} from '../edit/probe.ts';
import type { Size } from '../edit/size.ts';
import { Refusal } from '../errors.ts';
import { moduleBeside, startThread } from '../thread.ts';
import { type Failure, toError } from './engine-protocol.ts';

type Ask =
  | { readonly kind: 'probe' | 'checkMask' | 'hash'; readonly bytes: Uint8Array }
  | { readonly kind: 'scribble'; readonly base: Uint8Array; readonly marked: Uint8Array }
  | { readonly kind: 'drawMask'; readonly work: MaskWork }
  | { readonly kind: 'veil'; readonly bytes: Uint8Array; readonly mask: Uint8Array }
  | { readonly kind: 'frame'; readonly bytes: Uint8Array; readonly placement: Placement }
  | { readonly kind: 'resized'; readonly bytes: Uint8Array; readonly to: Size | { readonly megapixels: number } }
  | { readonly kind: 'sample' }
  | { readonly kind: 'blank'; readonly size: Size }
  | { readonly kind: 'thumbnail'; readonly bytes: Uint8Array; readonly maxSide: number }
  | { readonly kind: 'compare'; readonly a: Uint8Array; readonly b: Uint8Array; readonly how: ComparisonHow }
  | { readonly kind: 'inscribe'; readonly png: Uint8Array; readonly infotext: string }
  | { readonly kind: 'tree'; readonly tiles: readonly TreeTile[] }
  | { readonly kind: 'upload'; readonly bytes: Uint8Array; readonly limitBytes: number };

/** What the thread is asked; answers carry the number of the call. */
export interface PictureCall {
  readonly call: number;
  readonly ask: Ask;
}
type Answer = Probed | MaskCheck | Fitted | Comparison | Uint8Array | ImageHash | FoundScribble | DrawnMask | null;
export type PictureReply =
  | { readonly call: number; readonly value: Answer }
  | { readonly call: number; readonly failure: Failure };

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * The picture probe in a thread of its own, so that neither the chat nor the engine waits for a large upload. A thread that ends
 * fails what it was asked with 'worker-lost', and another one is started by the next call.
 */
export function openPictureHost(): PictureProbe & AsyncDisposable {
  const pending = new Map<number, Pending>();
  let calls = 0;
  let thread: Worker | null = null;

  const lose = (cause: Error) => {
    thread = null;
    for (const { reject } of pending.values()) reject(new Refusal('worker-lost', {}, { cause }));
    pending.clear();
  };
  const hear = (reply: PictureReply) => {
    const waiting = pending.get(reply.call);
    pending.delete(reply.call);
    if ('failure' in reply) waiting?.reject(toError(reply.failure));
    else waiting?.resolve(reply.value);
  };
  const start = () => {
    const started = startThread(moduleBeside(import.meta.url, 'picture-thread'), null);
    started.on('message', hear);
    started.on('error', lose);
    started.on('exit', (code) => thread === started && lose(new Error(`exit code ${code}`)));
    started.unref();
    return started;
  };
  const ask = async <T>(question: Ask): Promise<T> => {
    thread ??= start();
    const call = ++calls;
    const answered = new Promise<unknown>((resolve, reject) => pending.set(call, { resolve, reject }));
    thread.ref(); // a process does not end while an answer is awaited
    thread.postMessage({ call, ask: question } satisfies PictureCall);
    try {
      return (await answered) as T; // each kind of question has one kind of answer
    } finally {
      if (pending.size === 0) thread?.unref();
    }
  };
  return {
    probe: (bytes) => ask({ kind: 'probe', bytes }),
    checkMask: (bytes) => ask({ kind: 'checkMask', bytes }),
    thumbnail: (bytes, maxSide) => ask({ kind: 'thumbnail', bytes, maxSide }),
    upload: (bytes, limitBytes) => ask({ kind: 'upload', bytes, limitBytes }),
    hash: (bytes) => ask({ kind: 'hash', bytes }),
    scribble: (base, marked) => ask({ kind: 'scribble', base, marked }),
    drawMask: (work) => ask({ kind: 'drawMask', work }),
    veil: (bytes, mask) => ask({ kind: 'veil', bytes, mask }),
    frame: (bytes, placement) => ask({ kind: 'frame', bytes, placement }),
    resized: (bytes, to) => ask({ kind: 'resized', bytes, to }),
    sample: () => ask({ kind: 'sample' }),
    blank: (size) => ask({ kind: 'blank', size }),
    compare: (a, b, how) => ask({ kind: 'compare', a, b, how }),
    inscribe: (png, infotext) => ask({ kind: 'inscribe', png, infotext }),
    tree: (tiles) => ask({ kind: 'tree', tiles }),
    [Symbol.asyncDispose]: async () => {
      const last = thread;
      thread = null;
      await last?.terminate();
    },
  };
}
