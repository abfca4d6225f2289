import { z } from 'zod';
import { type BlobRef, blobRefSchema } from './blob.ts';
import { type FieldName, fieldNames } from './fields.ts';
import type { NodeId } from './lineage.ts';
import type { Direction } from './outpaint-size.ts';
import { directions } from './outpaint-size.ts';
import { type PartialParams, partialParamsSchema } from './params.ts';
import type { MaskSource } from './request.ts';
import { maskSourceSchema } from './request.ts';
import { presentParams } from './stored.ts';

/** What was said about an edit that waits for something. `null` leaves what the picture was made with. */
export interface DraftWords {
  readonly prompt: string | null;
  readonly append: string;
  readonly negative: string | null;
  readonly appendNegative: string;
  readonly params: PartialParams;
  /** The part of the picture it speaks of, and what becomes of it. */
  readonly region: { readonly target: string; readonly becomes: (typeof becomings)[number] } | null;
  readonly saidTwice: readonly FieldName[];
  /** The shape the picture is to grow to, like `16:9`. */
  readonly ratio?: string;
}

const becomings = ['another', 'nothing', 'repainted', 'detailed'] as const;

/** Nothing said. */
export const noWords: DraftWords = {
  ...{ prompt: null, append: '', negative: null, appendNegative: '' },
  ...{ params: {}, region: null, saidTwice: [] },
};

const wordsSchema = z.object({
  prompt: z.string().nullable(),
  append: z.string(),
  negative: z.string().nullable(),
  appendNegative: z.string(),
  params: z.preprocess((stored) => presentParams(stored), partialParamsSchema), // an update does not break open drafts
  region: z.object({ target: z.string(), becomes: z.enum(becomings) }).nullable(),
  saidTwice: z.array(z.enum(fieldNames)),
  ratio: z.string().optional(),
});

/** An edit of a part of a picture that waits for somebody to agree to the part. */
export interface MaskDraft {
  /** The picture. */
  readonly node: NodeId;
  readonly mask: Extract<MaskSource, { kind: 'image' }>;
  /** Share of the picture that is marked, 0…1. */
  readonly covered: number;
  /** What the strokes are for, and the picture with them on it; where the mask came without strokes, null. */
  readonly strokes: { readonly painted: BlobRef; readonly use: 'mask' | 'inpaint sketch' | 'sketch' } | null;
  /** What shall be removed; null for painting something. */
  readonly target: string | null;
  readonly words: DraftWords;
  /** A preset by its name. */
  readonly preset: string | null;
  /** Whether "Use" asks for words when there are none. */
  readonly asks: boolean;
  readonly followsUp: boolean;
}

const nodeSchema = z.string() as unknown as z.ZodType<NodeId>;

/** The picture a draft is about, whatever else it says. */
export const draftedNodeSchema = z.object({ node: nodeSchema });

export const maskDraftSchema = z.object({
  node: nodeSchema,
  mask: maskSourceSchema.options[0],
  covered: z.number(),
  strokes: z.object({ painted: blobRefSchema, use: z.enum(['mask', 'inpaint sketch', 'sketch']) }).nullable(),
  target: z.string().nullable(),
  words: wordsSchema,
  preset: z.string().nullable().default(null), // drafts from before presets were kept have none
  asks: z.boolean(),
  followsUp: z.boolean(),
}) as unknown as z.ZodType<MaskDraft>;

/** A picture that looked like a drawn-on copy and was none: waits for somebody to say that it is a new one. */
export interface NewPictureDraft {
  readonly node: NodeId;
  readonly words: DraftWords;
  /** A preset by its name. */
  readonly preset: string | null;
  /** What strokes on it would be for, where the words say so. */
  readonly use: 'mask' | 'inpaint sketch' | 'sketch' | null;
  /** What shall be removed; null for painting something. */
  readonly target: string | null;
}
export const newPictureDraftSchema = z.object({
  node: nodeSchema,
  words: wordsSchema,
  preset: z.string().nullable().default(null),
  use: z.enum(['mask', 'inpaint sketch', 'sketch']).nullable().default(null),
  target: z.string().nullable().default(null),
}) as unknown as z.ZodType<NewPictureDraft>;

/** A picture, and words about a part of it; which part has not been said. */
export interface UnmaskedDraft {
  readonly node: NodeId;
  readonly words: DraftWords;
  /** A preset by its name. */
  readonly preset: string | null;
  /** What shall be removed; null for painting something. */
  readonly target: string | null;
  /** Further pictures were sent with it that we were not shown. */
  readonly isPartial: boolean;
}
export const unmaskedDraftSchema = z.object({
  node: nodeSchema,
  words: wordsSchema,
  preset: z.string().nullable(),
  target: z.string().nullable(),
  isPartial: z.boolean(),
}) as unknown as z.ZodType<UnmaskedDraft>;

/** Two pictures that came together, the second of which may be a mask, a sketch, or a picture of its own. */
export interface PairDraft {
  readonly node: NodeId;
  readonly second: BlobRef;
  readonly spoiler: boolean;
  readonly words: DraftWords;
  /** A preset by its name. */
  readonly preset: string | null;
}
export const pairDraftSchema = z.object({
  node: nodeSchema,
  second: blobRefSchema,
  spoiler: z.boolean(),
  words: wordsSchema,
  preset: z.string().nullable(),
}) as unknown as z.ZodType<PairDraft>;

/** A file that was kept for somebody's next command. */
export interface KeptFileDraft {
  readonly blob: BlobRef;
}
export const keptFileDraftSchema = z.object({ blob: blobRefSchema }) as unknown as z.ZodType<KeptFileDraft>;

/** How a picture shall grow, as far as it has been said. */
export interface OutpaintDraft {
  readonly node: NodeId;
  readonly sides: readonly Direction[];
  /** On each side, all passes together. */
  readonly pixels: number;
  /** `16:9`; takes the place of sides and pixels. */
  readonly ratio: string | null;
  readonly script: 'outpainting mk2' | "poor man's outpainting" | 'mosaic outpaint';
  readonly prompt: string | null;
  /** With the values the script's page recommends. */
  readonly preset: boolean;
}
export const outpaintDraftSchema = z.object({
  node: nodeSchema,
  sides: z.array(z.enum(directions)),
  pixels: z.number().int().min(8).max(4096),
  ratio: z.string().nullable(),
  script: z.enum(['outpainting mk2', "poor man's outpainting", 'mosaic outpaint']),
  prompt: z.string().nullable(),
  preset: z.boolean(),
}) as unknown as z.ZodType<OutpaintDraft>;
