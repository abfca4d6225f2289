import type { Params } from '../../edit/fields.ts';
import { applyStyles } from '../prompt/styles.ts';

/** A style: what is put around a pair of prompts. */
export interface Style {
  readonly name: string;
  readonly prompt: string;
  readonly negativePrompt: string;
}

/** The styles of these names, in this order. @throws Refusal 'unknown-name' with the nearest names */
export type FindStyles = (names: readonly string[]) => Promise<readonly Style[]>;

/** Parameters with their styles worked into the prompts. */
export async function withStyles(params: Params, find: FindStyles): Promise<Params> {
  const names = params.styles.split(',').map((name) => name.trim());
  const asked = names.filter((name) => name !== '');
  if (asked.length === 0) return params;
  const styles = await find(asked);
  return {
    ...params,
    prompt: applyStyles(
      params.prompt,
      styles.map(({ prompt }) => prompt),
    ),
    negativePrompt: applyStyles(
      params.negativePrompt,
      styles.map(({ negativePrompt }) => negativePrompt),
    ),
  };
}
