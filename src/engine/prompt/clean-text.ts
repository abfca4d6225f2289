import { unescapeClearHtml, unescapeHtml } from './html-entities.ts';
import { fromWindows1252, repairMojibake } from './windows-1252.ts';

/** White space as Python has it, for whom U+FEFF is none. */
const whiteSpace = /[^\S\ufeff]+/g;

const ligatures: Readonly<Record<string, string>> = {
  ﬀ: 'ff',
  ﬁ: 'fi',
  ﬂ: 'fl',
  ﬃ: 'ffi',
  ﬄ: 'ffl',
  ﬅ: 'ſt',
  ﬆ: 'st',
  Ĳ: 'IJ',
  ĳ: 'ij',
  ŉ: 'ʼn',
  Ǳ: 'DZ',
  ǲ: 'Dz',
  ǳ: 'dz',
  Ǆ: 'DŽ',
  ǅ: 'Dž',
  ǆ: 'dž',
  Ǉ: 'LJ',
  ǈ: 'Lj',
  ǉ: 'lj',
  Ǌ: 'NJ',
  ǋ: 'Nj',
  ǌ: 'nj',
};
const anyLigature = new RegExp(`[${Object.keys(ligatures).join('')}]`, 'g');

/** What colours text in a terminal: ESC, bracket, numbers, letter. */
const terminalEscape = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*[a-zA-Z]`, 'g');
/** Control characters but white space and U+0080–9F, old formatting marks, byte order mark, annotation anchors. */
const invisible = /(?![\t\n\f\r\x80-\x9f])\p{Cc}|[\u206a-\u206f\ufeff\ufff9-\ufffc]/gu;

/** ftfy's repairs after entities and encoding, in its order. Each changes characters one by one. */
const repairs: readonly ((text: string) => string)[] = [
  (text) => text.replace(/[\x80-\x9f]/g, (control) => fromWindows1252(control.charCodeAt(0))),
  (text) => text.replace(anyLigature, (ligature) => ligatures[ligature]!),
  (text) => text.replace(/\u3000/g, ' ').replace(/[\uff01-\uffef]/g, (wide) => wide.normalize('NFKC')),
  (text) => text.replace(/[\u02bc\u2018-\u201b]/g, "'").replace(/[\u201c-\u201f]/g, '"'),
  (text) => text.replace(/\r\n|[\r\u2028\u2029\x85]/g, '\n'),
  (text) => text.replace(/\p{Surrogate}/gu, '\ufffd'),
  (text) => text.replace(terminalEscape, ''),
  (text) => text.replace(invisible, ''),
  (text) => text.normalize('NFC'),
];

/**
 * Text as CLIP's tokenizer wants it: broken characters repaired, HTML entities resolved, one space between words, small letters.
 * Source: openai/CLIP clip/simple_tokenizer.py `basic_clean`, `whitespace_clean`; python-ftfy 6.3.1 `fix_text`
 */
export function cleanText(text: string): string {
  const plain = unescapeHtml(unescapeHtml(fixText(text)));
  return plain.replace(whiteSpace, ' ').replace(/^ | $/g, '').toLowerCase();
}

/** Line by line; from the first line on that contains `<`, entities are taken for markup and kept. */
function fixText(text: string): string {
  let isMarkup = false;
  const lines = text.split(/(?<=\n)/);
  return lines
    .map((line) => {
      isMarkup ||= line.includes('<');
      return fixLine(line, isMarkup);
    })
    .join('');
}

/** Repairs until nothing changes: one may lay bare what another mends. */
function fixLine(line: string, isMarkup: boolean): string {
  const resolved = repairMojibake(isMarkup ? line : unescapeClearHtml(line));
  const repaired = repairs.reduce((text, repair) => repair(text), resolved);
  return repaired === line ? line : fixLine(repaired, isMarkup);
}
