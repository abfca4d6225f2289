import type { BlobRef } from '../edit/blob.ts';
import type { Catalog } from '../edit/catalog.ts';
import type { EditOutcome, Progress, Task } from '../edit/request.ts';
import { Refusal, type RefusalData, refusalData } from '../errors.ts';

/** What is asked of the engine's thread. Answers carry the number of the call. */
export type Call =
  | { readonly kind: 'catalog'; readonly call: number }
  | {
      readonly kind: 'run';
      readonly call: number;
      readonly task: Task;
      readonly pictures: ReadonlyMap<BlobRef, Uint8Array>;
      /** One element over shared memory; anything but 0 means: stop. */
      readonly cancel: Int32Array;
    };

/** What the engine's thread says. The first thing is `opened`, or a `failure` of call 0. */
export type Reply =
  | { readonly kind: 'opened' }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn'; readonly bindings: object; readonly message: string }
  | { readonly kind: 'progress'; readonly call: number; readonly progress: Progress }
  | { readonly kind: 'catalog'; readonly call: number; readonly catalog: Catalog }
  | { readonly kind: 'ran'; readonly call: number; readonly outcome: EditOutcome<Uint8Array> }
  | { readonly kind: 'failure'; readonly call: number; readonly failure: Failure };

/** An error as it crosses between threads, which would strip a refusal of its code. */
export type Failure = { readonly refusal: RefusalData } | { readonly error: Error };

export function toFailure(error: unknown): Failure {
  if (error instanceof Refusal) return { refusal: refusalData(error) };
  return { error: error instanceof Error ? error : new Error(String(error)) };
}

/** The error a failure was made of. */
export function toError(failure: Failure): Error {
  return 'refusal' in failure ? new Refusal(failure.refusal.code, failure.refusal.details) : failure.error;
}
