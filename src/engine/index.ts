import type { BlobRef } from '../edit/blob.ts';
import type { Catalog } from '../edit/catalog.ts';
import type { EditOutcome, Progress, Task } from '../edit/request.ts';

/** How an engine is set up. Plain data: it crosses a thread boundary. */
export interface EngineOptions {
  /** People's models, in the folders of A1111 (`Stable-diffusion`, …). */
  readonly modelsDir: string;
  /** The checkpoint that ships with the product; offered last, and used when there is no other. */
  readonly builtinModel: string;
  /** A folder of our own for what is worth remembering about people's files: their hashes. */
  readonly cacheDir: string;
  readonly device: 'auto' | 'cpu' | 'webgpu' | 'cuda';
  /** Networks kept open at most, MB of weights; at least one stays open while it is needed. */
  readonly memoryBudgetMb: number;
  /** Whether progress carries small pictures of the current x0. */
  readonly previews: boolean;
  /** Threads for the networks; null lets the runtime choose. */
  readonly threads: number | null;
}

/** Read between sampling steps and tiles; a thread that computes receives no messages. */
export interface CancelSignal {
  readonly cancelled: boolean;
}

export interface EngineIo {
  /** Bytes of a picture the task refers to. */
  fetch(ref: BlobRef): Promise<Uint8Array>;
  progress(progress: Progress): void;
  readonly signal: CancelSignal;
}

/** The pictures: opens models on demand, runs one task at a time. Computes on the calling thread. */
export interface Engine extends AsyncDisposable {
  catalog(): Promise<Catalog>;
  /** @throws Refusal 'cancelled', 'out-of-memory', and whatever is wrong with the request, its pictures or its model */
  run(task: Task, io: EngineIo): Promise<EditOutcome<Uint8Array>>;
}
