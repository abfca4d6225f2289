import type { Tensor } from '../tensor/tensor.ts';

/** What one stretch of a prompt's schedule says to the U-Net. */
export interface ScheduledCond {
  /** Last model call (counted from 0) that this stretch serves, if no earlier one does. */
  readonly endAt: number;
  /** Cross-attention context [tokens, width]. */
  readonly cond: Tensor;
  /** SDXL only: the pooled text [P], then the label vector that begins with it. */
  readonly pooled?: Tensor;
}

/** Everything the guidance needs to know about a pair of prompts. */
export interface Conditioning {
  /** Parts of the prompt joined by AND, with their weights. Their contexts may differ in length. */
  readonly parts: readonly { readonly weight: number; readonly schedule: readonly ScheduledCond[] }[];
  /** The negative prompt, whose contexts have a length of their own too. */
  readonly uncond: readonly ScheduledCond[];
}

/**
 * The stretch of a schedule that serves a model call: the first that has not ended. Calls are counted from 0 while ends are
 * counted from 1, so the first stretch lasts one call longer than it says; past the end the first one serves again.
 *
 * Source: A1111 modules/prompt_parser.py `reconstruct_cond_batch`
 */
export function stretchAt<S extends { readonly endAt: number }>(schedule: readonly S[], call: number): S {
  const stretch = schedule.find(({ endAt }) => call <= endAt) ?? schedule[0];
  if (!stretch) throw new RangeError('a schedule without any stretch');
  return stretch;
}
