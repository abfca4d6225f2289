import { parseDecimal } from './decimal.ts';

/** One of the prompts that AND joins, and its share in the guidance. */
export interface PromptPart {
  readonly text: string;
  readonly weight: number;
}

const andWord = /(?<![\p{L}\p{N}_])AND(?![\p{L}\p{N}_])/u;
const weightEnding = /^:\s*([-+]?(?:\p{Nd}+\.?|\p{Nd}*\.\p{Nd}+))$/u;

/**
 * `a cat AND a dog :0.7` → its parts with their weights; also a lone `a cat:1.5` is a part with a weight.
 * Texts keep the white space in front of them.
 *
 * Source: Liu et al. 2022 (arXiv 2206.01714); A1111 modules/prompt_parser.py `get_multicond_prompt_list`
 */
export function splitComposition(prompt: string): PromptPart[] {
  return prompt.split(andWord).map(readPart);
}

function readPart(part: string): PromptPart {
  const text = part.trimEnd();
  const colon = text.lastIndexOf(':');
  const weight = colon >= 0 ? weightEnding.exec(text.slice(colon))?.[1] : undefined;
  if (weight === undefined) return { text, weight: 1 };
  return { text: text.slice(0, colon).trimEnd(), weight: parseDecimal(weight)! };
}
