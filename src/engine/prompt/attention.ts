import { Refusal } from '../../errors.ts';
import { parseDecimal } from './decimal.ts';

/** A piece of a prompt and how much it counts: 1 is normal, 0 not at all, below 0 the opposite. */
export interface WeightedText {
  readonly text: string;
  readonly weight: number;
}

/** Marks where a new chunk of tokens is to begin. Inside brackets its weight changes and it becomes an ordinary word. */
export const chunkBreak: WeightedText = { text: 'BREAK', weight: -1 };

const token = /\\[()[\]\\]?|[([]|:\s*([+-]?[.\p{Nd}]+)\s*\)|[)\]:]|[^\\()[\]:]+/gu;
const breakWord = /(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])/u;
const roundFactor = 1.1;
const squareFactor = 1 / 1.1;

/**
 * `(more)` ×1.1, `[less]` ÷1.1, `(exactly:1.3)`, `\(` for a bracket itself; brackets nest and multiply, unclosed ones reach to
 * the end. Neighbours of equal weight become one piece; there is always at least one.
 *
 * @throws Refusal 'bad-weight' for `(a:1.2.3)`
 * Source: A1111 modules/prompt_parser.py `parse_prompt_attention`
 */
export function parseAttention(prompt: string): WeightedText[] {
  const texts: string[] = [];
  const weights: number[] = [];
  const round: number[] = [];
  const square: number[] = [];
  const append = (text: string, weight: number) => {
    texts.push(text);
    weights.push(weight);
  };
  for (const [text, number] of prompt.matchAll(token)) {
    const opened = text === ']' ? square : round;
    if (text.startsWith('\\')) append(text.slice(1), 1);
    else if (text === '(') round.push(texts.length);
    else if (text === '[') square.push(texts.length);
    else if (closes(text) && opened.length > 0) multiplyFrom(weights, opened.pop()!, factorOf(text, number));
    else appendWithBreaks(text, append);
  }
  for (const start of round) multiplyFrom(weights, start, roundFactor);
  for (const start of square) multiplyFrom(weights, start, squareFactor);
  return joinEqual(texts, weights);
}

/** Whether a BREAK stands within brackets, where it begins no chunk. @throws Refusal 'bad-weight' as `parseAttention` */
export function hasLostBreak(prompt: string): boolean {
  return parseAttention(prompt).some(
    ({ text, weight }) => text === chunkBreak.text && weight < 0 && weight !== chunkBreak.weight,
  );
}

function closes(text: string): boolean {
  return text === ']' || text.endsWith(')');
}

function factorOf(closing: string, number: string | undefined): number {
  if (closing === ']') return squareFactor;
  if (number === undefined) return roundFactor;
  const factor = parseDecimal(number);
  if (factor === undefined) throw new Refusal('bad-weight', { text: closing });
  return factor;
}

function multiplyFrom(weights: number[], start: number, factor: number): void {
  for (let i = start; i < weights.length; i++) weights[i] = weights[i]! * factor;
}

function appendWithBreaks(text: string, append: (text: string, weight: number) => void): void {
  const parts = text.split(breakWord);
  for (const [i, part] of parts.entries()) {
    if (i > 0) append(chunkBreak.text, chunkBreak.weight);
    const leading = i > 0 ? part.trimStart() : part;
    append(i < parts.length - 1 ? leading.trimEnd() : leading, 1);
  }
}

function joinEqual(texts: readonly string[], weights: readonly number[]): WeightedText[] {
  const joined: { text: string; weight: number }[] = [];
  for (const [i, text] of texts.entries()) {
    const last = joined.at(-1);
    if (last && last.weight === weights[i]) last.text += text;
    else joined.push({ text, weight: weights[i]! });
  }
  return joined.length > 0 ? joined : [{ text: '', weight: 1 }];
}
