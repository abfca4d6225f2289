import { z } from 'zod';
import { type BlobRef, blobRefSchema } from './blob.ts';
import type { Params } from './fields.ts';
import { paramsSchema } from './params.ts';

/** Who asked. Ids of the platforms are strings: they do not fit a JavaScript number. */
export type UserId = `${'discord' | 'telegram' | 'web' | 'shell'}:${string}`;

/** Stands where somebody was who asked to be forgotten. */
export const forgottenUser: UserId = 'web:forgotten';

/**
 * Where to repaint, in pixels of `init`, origin top left.
 * `image`: an uploaded or painted picture; read `auto` takes alpha where it varies, else brightness; `black` repaints black.
 * `alpha`: where `init` is transparent.
 */
export type MaskSource =
  | { readonly kind: 'image'; readonly blob: BlobRef; readonly read: 'auto' | 'white' | 'black' | 'alpha' }
  | { readonly kind: 'alpha' };

export const maskSourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('image'), blob: blobRefSchema, read: z.enum(['auto', 'white', 'black', 'alpha']) }),
  z.strictObject({ kind: z.literal('alpha') }),
]);

/**
 * The picture as somebody painted over it, of the same size; an RGBA one may hold the strokes alone.
 * `sketch`: it is what is edited. `inpaint sketch`: where it differs from `init` is the mask, and the strokes are blended in.
 */
export interface Sketch {
  readonly kind: 'sketch' | 'inpaint sketch';
  readonly painted: BlobRef;
}
const sketchSchema = z.strictObject({ kind: z.enum(['sketch', 'inpaint sketch']), painted: blobRefSchema });

/** What the script of a request comes to for its picture. */
export interface ScriptWork {
  /** Size of every finished picture, px. */
  readonly width: number;
  readonly height: number;
  /** Runs of the pipeline for one picture, and the pixels that they paint together. */
  readonly runs: number;
  readonly pixels: number;
}
const scriptWorkSchema = z.strictObject({
  width: z.number().int().min(1),
  height: z.number().int().min(1),
  runs: z.number().int().min(0),
  pixels: z.number().int().min(0),
});

/** One edit, complete and JSON: running it again repeats the picture to the byte. */
export interface EditRequest {
  readonly version: 1;
  /** The picture to edit, as it was uploaded or made. */
  readonly init: BlobRef;
  readonly mask: MaskSource | null;
  readonly sketch?: Sketch;
  /** Processing size, px, multiples of 8: what `params.size` came to for this picture. Of a tile, where a script makes tiles. */
  readonly width: number;
  readonly height: number;
  /** Every field; `seed` and `subseed` are drawn, never −1; `checkpoint` is a name in the catalogue. */
  readonly params: Params;
  /** There when `params.script` is. */
  readonly script?: ScriptWork;
}

const editRequestShape = {
  version: z.literal(1),
  init: blobRefSchema,
  mask: maskSourceSchema.nullable(),
  sketch: sketchSchema.optional(),
  width: z.number().int().min(64).max(16384).multipleOf(8),
  height: z.number().int().min(64).max(16384).multipleOf(8),
  params: paramsSchema,
  script: scriptWorkSchema.optional(),
};
/** What a request has beside its parameters, and these. */
export const editRequestKeys: readonly string[] = Object.keys(editRequestShape);
export const editRequestSchema = z.strictObject(editRequestShape) as unknown as z.ZodType<EditRequest>;

/** What a worker can be asked. */
export type Task = { readonly kind: 'edit'; readonly request: EditRequest };
export const taskSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('edit'), request: editRequestSchema }),
]) as unknown as z.ZodType<Task>;

/** Seconds spent by stage. `load` is finding the model and reading its header; a network is opened by the stage that first needs it. */
export interface Seconds {
  readonly load: number;
  readonly encode: number;
  readonly sample: number;
  readonly decode: number;
}

/** A finished picture. */
export interface EditedImage<B> {
  readonly image: B;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly infotext: string;
  /** What it is beside a result that comes before it: A1111's `return_mask` and `return_mask_composite`. */
  readonly role?: 'mask' | 'mask composite';
}

/** What in a request did not work as it was meant, though there is a picture; told beside it. */
export type Remark =
  /** So many layers of a LoRA do not fit those of the model. */
  | { readonly kind: 'lora-misfits'; readonly name: string; readonly layers: number }
  /** BREAK within brackets is a word like any other. */
  | { readonly kind: 'break-in-brackets' };
const remarkSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lora-misfits'), name: z.string(), layers: z.number().int() }),
  z.strictObject({ kind: z.literal('break-in-brackets') }),
]);

/** What an edit came to: pictures as PNG bytes inside the engine, as blob references everywhere else. */
export interface EditOutcome<B> {
  readonly images: readonly EditedImage<B>[];
  readonly seconds: Seconds;
  /** Sampler steps really run per picture. */
  readonly stepsRun: number;
  readonly remarks?: readonly Remark[];
}
export type EditResult = EditOutcome<BlobRef>;

const imageSchema = z.strictObject({
  image: blobRefSchema,
  width: z.number().int(),
  height: z.number().int(),
  seed: z.number().int(),
  infotext: z.string(),
  role: z.enum(['mask', 'mask composite']).optional(),
});
export const editResultSchema = z.strictObject({
  images: z.array(imageSchema).min(1),
  seconds: z.strictObject({ load: z.number(), encode: z.number(), sample: z.number(), decode: z.number() }),
  stepsRun: z.number().int().min(0),
  remarks: z.array(remarkSchema).optional(),
}) as unknown as z.ZodType<EditResult>;

/** How far a running task is; results are uploaded once they are painted, `steps` of them. `preview` is a small JPEG of the picture as the model sees it now. */
export interface Progress {
  readonly phase: 'loading' | 'preparing' | 'sampling' | 'decoding' | 'uploading';
  /** 0…1 over the whole task. */
  readonly fraction: number;
  readonly step: number;
  readonly steps: number;
  readonly preview?: Uint8Array;
}
