import type { ReadPrompts } from '../prompt/prompt.ts';
import type { Outfit } from '../runtime/dressed-network.ts';
import type { Embedding } from './conditioning.ts';

/** A file a picture owes something to, as infotext lists it. */
export interface UsedFile {
  /** As the prompt calls it. */
  readonly name: string;
  /** First 12 hex digits, as A1111 prints them. */
  readonly hash: string;
}

/** What prompts ask for besides the checkpoint, found and opened. */
export interface Extras extends Outfit {
  readonly loraHashes: readonly UsedFile[];
  /** Textual inversions whose names the prompts hold, with the hashes of their files; '' for one that came with a LoRA. */
  readonly embeddings: readonly (Embedding & { readonly hash: string })[];
}

/**
 * @param widths  of the text encoders, as the textual inversions must be
 * @throws Refusal 'unknown-name' with the nearest names, 'bad-weight', and what is wrong with a file
 */
export type FindExtras = (prompts: ReadPrompts, widths: readonly number[]) => Promise<Extras>;

export const noExtras: Extras = { loras: [], hypernetworks: [], loraHashes: [], embeddings: [] };
