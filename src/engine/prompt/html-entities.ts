import { bareHtmlEntities, htmlEntities } from './html-entity-table.ts';
import { fromWindows1252 } from './windows-1252.ts';

const anyReference = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/g;
const clearReference = /&(#?[0-9A-Za-z]{1,24});/g;
/** Code points that a number may not name: controls but white space, and noncharacters. */
const forbidden = /(?![\t\n\f\r])\p{Cc}|\p{Noncharacter_Code_Point}/u;

/**
 * Replaces character references the way browsers do, also without their semicolon (`&ampx` → `&x`).
 * Source: WHATWG HTML standard 13.2.5.72 ff.; Python's `html.unescape`
 */
export function unescapeHtml(text: string): string {
  return text.replace(anyReference, (all, name: string) =>
    name.startsWith('#') ? numbered(name) : (named(name) ?? all),
  );
}

/**
 * Replaces only references that end in a semicolon, and names in capitals where HTML has them in small letters only (`&NTILDE;`).
 * Source: python-ftfy 6.3.1 `unescape_html`
 */
export function unescapeClearHtml(text: string): string {
  return text.replace(clearReference, (all, name: string) => {
    if (name.startsWith('#')) return wholeNumbered(all) ?? all;
    return htmlEntities.get(name) ?? capitalised(name) ?? all;
  });
}

/** @param name  `#65`, `#x41`, with or without a semicolon */
function numbered(name: string): string {
  const hexadecimal = /^#[xX]/.test(name);
  const code = hexadecimal ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  if (code >= 0x80 && code <= 0x9f) return fromWindows1252(code);
  if (code === 0 || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return '\ufffd';
  const character = String.fromCodePoint(code);
  return forbidden.test(character) ? '' : character;
}

/** The number's character, if all of the reference is a number (`&#12a;` is not). */
function wholeNumbered(reference: string): string | undefined {
  const character = unescapeHtml(reference);
  return character.includes(';') ? undefined : character;
}

/** The entity of that name, else of the longest beginning of it that needs no semicolon, followed by the rest. */
function named(name: string): string | undefined {
  const whole = name.endsWith(';') ? htmlEntities.get(name.slice(0, -1)) : undefined;
  if (whole !== undefined) return whole;
  for (let length = name.length; length > 1; length--) {
    const start = name.slice(0, length);
    if (bareHtmlEntities.has(start)) return htmlEntities.get(start)! + name.slice(length);
  }
  return undefined;
}

function capitalised(name: string): string | undefined {
  const small = name.toLowerCase();
  if (name !== small.toUpperCase() || named(`${name};`) !== undefined) return undefined;
  return htmlEntities.get(small)?.toUpperCase();
}
