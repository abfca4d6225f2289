import { z } from 'zod';

/** Names bytes by what they are: `sha256-` and 64 hex digits. */
export type BlobRef = string & { readonly brand: 'BlobRef' };
const pattern = /^sha256-[0-9a-f]{64}$/;
export const blobRefSchema = z.string().regex(pattern) as unknown as z.ZodType<BlobRef>;

/** @throws RangeError when `text` is not a blob name. */
export function toBlobRef(text: string): BlobRef {
  if (!pattern.test(text)) throw new RangeError(`not a blob reference: ${text.slice(0, 80)}`);
  return text as BlobRef;
}

/** Immutable bytes by content. Putting the same bytes twice is one blob. */
export interface BlobStore {
  /** @throws Refusal 'storage-full' when the disk is; nothing half-written stays. */
  put(bytes: Uint8Array): Promise<BlobRef>;
  /** @throws Refusal 'gone' when no such blob is kept (any more). */
  get(ref: BlobRef): Promise<Uint8Array>;
  has(ref: BlobRef): Promise<boolean>;
}
