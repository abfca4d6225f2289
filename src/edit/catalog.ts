import type { RefusalData } from '../errors.ts';

/** Families of checkpoints, as far as requests care. */
export type FamilyName = 'sd1' | 'sd2' | 'sdxl';

/** A checkpoint a worker can open. */
export interface CheckpointEntry {
  /** File name without folder and extension; what people type and infotext says. */
  readonly name: string;
  /** First 10 hex digits of the file's SHA-256, as A1111 prints it; null until it has been computed. */
  readonly hash: string | null;
  readonly family: FamilyName;
  /** Width = height the model was trained at, px. */
  readonly nativeSize: number;
}

/** A checkpoint file that is there and cannot be opened. */
export interface UnusableCheckpoint {
  readonly name: string;
  readonly why: RefusalData;
}

/** What a worker announces it can do. The first checkpoint is the default. */
export interface Catalog {
  readonly checkpoints: readonly CheckpointEntry[];
  /** Told to whoever asks for one of them by its name. */
  readonly unusable?: readonly UnusableCheckpoint[];
}
