import type { Word, WordLevel } from '../../../storage/index.ts';
import { type Effort, type Found, linearPattern, TooMuchEffort, usualEffort } from './linear-pattern.ts';

/** A text as words are looked for in it, and where each of its units stood. */
interface Normal {
  readonly text: string;
  /** For each unit: where its character began in the original, and where it ended. */
  readonly from: readonly Found[];
}

/** One character: compatibility forms, case, marks and what cannot be seen taken away. */
function plain(character: string): string {
  return character
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/[\p{M}\p{Cf}\p{Cc}]/gu, (mark) => (/\s/.test(mark) ? ' ' : ''))
    .normalize('NFC');
}

/** NFKC, case folded, zero-width and control characters and combining marks taken out, blanks as one. */
export function normalized(original: string): Normal {
  let text = '';
  const from: Found[] = [];
  let at = 0;
  for (const character of original) {
    const found = { start: at, end: at + character.length };
    at = found.end;
    for (const unit of plain(character).replace(/\s/gu, ' ')) {
      if (unit === ' ' && text.endsWith(' ')) continue;
      text += unit;
      for (let i = 0; i < unit.length; i++) from.push(found);
    }
  }
  return { text, from };
}

/** Scripts that put no blanks between words. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u;
const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);

/** Finds one entry in a normalised text, from a place on. @throws TooMuchEffort */
type Finder = (text: string, from: number, effort: Effort) => Found | undefined;

function finderOf(entry: string): Finder {
  const [, expression] = /^\/(.+)\/$/s.exec(entry) ?? [];
  if (expression !== undefined) return linearPattern(expression);
  const isBeginning = entry.endsWith('*');
  const wanted = normalized(isBeginning ? entry.slice(0, -1) : entry).text.trim();
  if (wanted === '') return () => undefined;
  const isUnspaced = unspaced.test(wanted);
  return (text, from) => {
    for (let start = text.indexOf(wanted, from); start >= 0; start = text.indexOf(wanted, start + 1)) {
      const end = start + wanted.length;
      const isFree = isUnspaced || (!isLetter(text[start - 1]) && (isBeginning || !isLetter(text[end])));
      if (isFree) return { start, end };
    }
    return undefined;
  };
}

/** A text after the word list. */
export interface Screened {
  /** With every replacement made. */
  readonly text: string;
  /** Entries that were found, by level. */
  readonly found: Readonly<Record<WordLevel, readonly string[]>>;
}

/** Whether an entry can be read. @throws Refusal 'bad-expression' */
export function checkEntry(entry: string): void {
  finderOf(entry);
}

/** The text with the replacement in every place, in one go: what is put in is not looked through again. */
function replaced(text: string, find: Finder, replacement: string, effort: Effort): string {
  const { text: normal, from } = normalized(text);
  const kept: string[] = [];
  let done = 0;
  const next = (at: number) => find(normal, at, effort);
  for (let found = next(0); found && found.end > found.start; found = next(found.end)) {
    kept.push(text.slice(done, from[found.start]!.start), replacement);
    done = from[found.end - 1]!.end;
  }
  return kept.join('') + text.slice(done);
}

/** A text after one entry; null when looking for it took too long. */
function after(text: string, normal: string, { entry, level, replacement }: Word, effort: Effort) {
  const find = finderOf(entry);
  try {
    if (!find(normal, 0, effort)) return { isFound: false, text };
    return { isFound: true, text: level === 'replace' ? replaced(text, find, replacement ?? '', effort) : text };
  } catch (error) {
    if (error instanceof TooMuchEffort) return null;
    throw error;
  }
}

/**
 * Looks for every word of a list: Latin ones as whole words, those of scripts without blanks anywhere, expressions as they say. One that
 * takes too long counts as found, and what cannot be replaced is blocked: nobody gets past a list by a long text.
 */
export function screened(text: string, words: readonly Word[]): Screened {
  const { text: normal } = normalized(text);
  const found: Record<WordLevel, string[]> = { block: [], replace: [], review: [], nsfw: [] };
  const effort = usualEffort();
  let now = text;
  for (const word of words) {
    const screening = after(now, normal, word, effort);
    if (screening) now = screening.text;
    const level = screening === null && word.level === 'replace' ? 'block' : word.level;
    if (screening?.isFound !== false) found[level].push(word.entry);
  }
  return { text: now, found };
}
