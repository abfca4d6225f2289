import type { RefusalData } from '../errors.ts';

/** Families of checkpoints, as far as requests care. */
export type FamilyName = 'sd1' | 'sd2' | 'sdxl';

/** What A1111's folders hold, apart from each other. */
export const modelKinds = [
  'checkpoint',
  'vae',
  'vae-approx',
  'text-encoder',
  'lora',
  'embedding',
  'hypernetwork',
  'upscaler',
  'sam',
  'grounding-dino',
] as const;
export type ModelKind = (typeof modelKinds)[number];

/** A checkpoint a worker can open. */
export interface CheckpointEntry {
  /**
   * File name without folder and ending; what people type and infotext says. Of two files of one name in different folders the second
   * goes by its path, `folder/name`.
   */
  readonly name: string;
  /** First 10 hex digits of the file's SHA-256, as A1111 prints it; null until it has been computed. */
  readonly hash: string | null;
  /** The 8 hex digits A1111 printed before; old infotext has them. */
  readonly oldHash?: string;
  readonly family: FamilyName;
  /** Width = height the model was trained at, px. */
  readonly nativeSize: number;
  /** Of the file. */
  readonly bytes?: number;
}

/** A checkpoint file that is there and cannot be opened. */
export interface UnusableCheckpoint {
  readonly name: string;
  readonly why: RefusalData;
}

/** Any other model file. */
export interface ModelEntry {
  readonly kind: Exclude<ModelKind, 'checkpoint'>;
  /** File name without folder and ending. */
  readonly name: string;
  /** What a LoRA's trainer called it, where it finds the file too. */
  readonly alias?: string;
  /** As A1111 prints it: 12 hex digits for a LoRA, 10 for others; null until it has been computed. */
  readonly hash: string | null;
  /** Of the file. */
  readonly bytes?: number;
  /** What it was made for, where the file tells. */
  readonly family?: FamilyName;
  /** Words that call a LoRA forth: its owner's or maker's, else the tags it saw most, at most ten. */
  readonly words?: readonly string[];
  /** Weight its owner likes it at. */
  readonly weight?: number;
}

/** What a worker announces it can do. The first checkpoint is the default. */
export interface Catalog {
  readonly checkpoints: readonly CheckpointEntry[];
  /** Told to whoever asks for one of them by its name. */
  readonly unusable?: readonly UnusableCheckpoint[];
  readonly models?: readonly ModelEntry[];
}

/** What several workers can do together: the first of a name counts. */
export function mergeCatalogs(catalogs: readonly Catalog[]): Catalog {
  const checkpoints = firstBy(
    catalogs.flatMap((c) => c.checkpoints),
    ({ name }) => name,
  );
  const unusable = catalogs.flatMap((c) => c.unusable ?? []);
  const models = firstBy(
    catalogs.flatMap((c) => c.models ?? []),
    ({ kind, name }) => `${kind} ${name}`,
  );
  return { checkpoints, ...(unusable.length > 0 && { unusable }), ...(models.length > 0 && { models }) };
}

function firstBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return [...new Map(items.toReversed().map((item) => [key(item), item])).values()].reverse();
}
