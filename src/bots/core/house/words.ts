import type { Word, WordLevel } from '../../../storage/index.ts';
import { type Found, linearPattern } from './linear-pattern.ts';

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

/** Finds one entry in a normalised text, from a place on. */
type Finder = (text: string, from: number) => Found | undefined;

function finderOf(entry: string): Finder {
  const [, expression] = /^\/(.+)\/$/s.exec(entry) ?? [];
  if (expression !== undefined) {
    const find = linearPattern(expression);
    return (text, from) => {
      const found = find(text.slice(from));
      return found && { start: found.start + from, end: found.end + from };
    };
  }
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

/** Matches of one entry that are replaced, at most. */
const REPLACEMENTS = 100;

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

function replaced(text: string, find: Finder, replacement: string): string {
  let now = text;
  let at = 0;
  for (let count = 0; count < REPLACEMENTS; count++) {
    const normal = normalized(now);
    const found = find(normal.text, at);
    if (!found || found.end === found.start) return now;
    const [start, end] = [normal.from[found.start]!.start, normal.from[found.end - 1]!.end];
    now = now.slice(0, start) + replacement + now.slice(end);
    at = found.start + normalized(replacement).text.length;
  }
  return now;
}

/** Looks for every word of a list: Latin ones as whole words, those of scripts without blanks anywhere, expressions as they say. */
export function screened(text: string, words: readonly Word[]): Screened {
  const { text: normal } = normalized(text);
  const found: Record<WordLevel, string[]> = { block: [], replace: [], review: [], nsfw: [] };
  let now = text;
  for (const { entry, level, replacement } of words) {
    const find = finderOf(entry);
    if (!find(normal, 0)) continue;
    found[level].push(entry);
    if (level === 'replace') now = replaced(now, find, replacement ?? '');
  }
  return { text: now, found };
}
