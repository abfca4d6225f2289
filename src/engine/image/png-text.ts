import { inflateSync } from 'node:zlib';
import { PNG_SIGNATURE, pngChunk, pngChunks } from './png-chunks.ts';

/** A text never grows beyond this when unpacked, bytes. */
const MAX_TEXT = 1 << 20;

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

/** Bytes up to the first zero, and what follows it. */
function split(bytes: Uint8Array): [head: Uint8Array, tail: Uint8Array] {
  const zero = bytes.indexOf(0);
  return zero < 0 ? [bytes, bytes.subarray(bytes.length)] : [bytes.subarray(0, zero), bytes.subarray(zero + 1)];
}

function inflated(bytes: Uint8Array): Uint8Array {
  return inflateSync(bytes, { maxOutputLength: MAX_TEXT });
}

function internationalText(tail: Uint8Array): string {
  const [, afterLanguage] = split(tail.subarray(2));
  const [, text] = split(afterLanguage);
  return utf8(tail[0] === 1 ? inflated(text) : text);
}

/** How the text lies behind the keyword of each kind of chunk. */
const textOf: Record<string, (tail: Uint8Array) => string> = {
  tEXt: latin1,
  zTXt: (tail) => latin1(inflated(tail.subarray(1))),
  iTXt: internationalText,
};

/** Everything a PNG says in words, by keyword; texts that cannot be unpacked are left out. The first of a keyword counts. */
export function readPngText(file: Uint8Array): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { type, data } of pngChunks(file)) {
    const read = textOf[type];
    if (!read) continue;
    const [keyword, tail] = split(data);
    const name = latin1(keyword);
    if (texts.has(name)) continue;
    try {
      texts.set(name, read(tail));
    } catch {
      // a broken or oversized text is no reason to refuse the picture
    }
  }
  return texts;
}

/**
 * The file with a text put in before the pixels: tEXt when Latin-1 can say it, else uncompressed iTXt. Other texts stay.
 * Source: Pillow PngImagePlugin `PngInfo.add_text`, as A1111 calls it
 */
export function withPngText(file: Uint8Array, keyword: string, text: string): Uint8Array {
  const name = Buffer.from(`${keyword}\0`, 'latin1');
  const plain = [...text].every((char) => char.codePointAt(0)! < 256);
  const chunk = plain
    ? pngChunk('tEXt', Buffer.concat([name, Buffer.from(text, 'latin1')]))
    : pngChunk('iTXt', Buffer.concat([name, Buffer.from([0, 0, 0, 0]), Buffer.from(text, 'utf8')]));
  const at = positionOf(file, 'IDAT');
  return Buffer.concat([file.subarray(0, at), chunk, file.subarray(at)]);
}

/** The file without its texts of that keyword. */
export function withoutPngText(file: Uint8Array, keyword: string): Uint8Array {
  const kept: Uint8Array[] = [file.subarray(0, PNG_SIGNATURE)];
  for (const { type, data, start, end } of pngChunks(file)) {
    const isText = Object.hasOwn(textOf, type) && latin1(split(data)[0]) === keyword;
    if (!isText) kept.push(file.subarray(start, end));
  }
  return Buffer.concat(kept);
}

/** @throws RangeError when there is no such chunk */
function positionOf(file: Uint8Array, type: string): number {
  for (const chunk of pngChunks(file)) if (chunk.type === type) return chunk.start;
  throw new RangeError(`no ${type} chunk after byte ${PNG_SIGNATURE}`);
}
