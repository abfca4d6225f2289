import { type FileHandle, open } from 'node:fs/promises';
import { isDType, itemSizes } from './dtypes.ts';
import { brokenWeights, longestName, type TensorEntry, type WeightsFile } from './weights-file.ts';

/** No real header comes near: SDXL's is a third of a megabyte. Source: huggingface/safetensors, MAX_HEADER_SIZE */
const maxHeaderBytes = 100_000_000;
/** Values in a header, which take far more memory than their text; SDXL's has some 30,000. */
const maxHeaderValues = 1_000_000;
const lengthBytes = 8;

/** Where the data section of a file lies, in bytes from the start of the file. */
interface DataSection {
  readonly path: string;
  readonly start: number;
  readonly length: number;
}

/**
 * Reads the header of a `.safetensors` file and believes none of it unchecked; the tensors stay where they are.
 *
 * @throws Refusal 'weights-broken' for lengths, offsets, dtypes or shapes that cannot be
 * Source: huggingface/safetensors, format description
 */
export async function readSafetensors(path: string): Promise<WeightsFile> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const headerBytes = await headerLength(handle, path, size);
    const header = parseHeader(path, await readRange(handle, path, lengthBytes, headerBytes));
    const start = lengthBytes + headerBytes;
    const section = { path, start, length: size - start };
    const named = Object.entries(header).filter(([name]) => name !== '__metadata__');
    const entries = named.map(([name, given]) => tensorEntry(section, name, given));
    refuseOverlaps(path, entries);
    return { path, tensors: new Map(entries.map((e) => [e.name, e])), metadata: metadataOf(header) };
  } finally {
    await handle.close();
  }
}

async function headerLength(handle: FileHandle, path: string, size: number): Promise<number> {
  if (size < lengthBytes) throw brokenWeights(path, `is ${size} bytes long, expected at least ${lengthBytes}`);
  const prefix = await readRange(handle, path, 0, lengthBytes);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > maxHeaderBytes)
    throw brokenWeights(path, `header of ${length} bytes, expected at most ${maxHeaderBytes}`);
  const room = size - lengthBytes;
  if (length > room) throw brokenWeights(path, `header of ${length} bytes, but only ${room} follow`);
  return Number(length);
}

async function readRange(
  handle: FileHandle,
  path: string,
  start: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await handle.read(bytes, 0, length, start);
  if (bytesRead !== length) throw brokenWeights(path, `ends inside its header`);
  return bytes;
}

function parseHeader(path: string, bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length > maxHeaderValues && valuesIn(bytes) > maxHeaderValues)
    throw brokenWeights(path, `header of more than ${maxHeaderValues} values`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw brokenWeights(path, `header is not JSON (${(cause as Error).message.slice(0, 80)})`);
  }
  if (!isRecord(header)) throw brokenWeights(path, 'header is not a JSON object');
  return header;
}

/** At most so many values can JSON text have: each but the first follows a comma or a bracket that stands outside every string. */
function valuesIn(bytes: Uint8Array): number {
  const [quote, backslash] = [0x22, 0x5c];
  let count = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === 0x2c || byte === 0x5b || byte === 0x7b) count++;
    if (byte !== quote) continue;
    for (at++; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++;
  }
  return count;
}

function tensorEntry(section: DataSection, name: string, given: unknown): TensorEntry {
  const broken = (why: string) => brokenWeights(section.path, `${shown(name)} ${why}`);
  if (name.length > longestName) throw broken(`is a name of ${name.length} characters`);
  if (!isRecord(given)) throw broken('is not an object');
  const { dtype, shape, data_offsets: offsets } = given;
  if (!isDType(dtype)) throw broken(`has dtype ${shown(dtype)}, expected one of ${Object.keys(itemSizes).join(', ')}`);
  if (!isCounts(shape)) throw broken(`has shape ${shown(shape)}, expected whole numbers from 0 up`);
  if (!isCounts(offsets) || offsets.length !== 2)
    throw broken(`has data_offsets ${shown(offsets)}, expected [begin, end]`);
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > section.length) throw broken(`lies at ${begin}…${end} of ${section.length} bytes of data`);
  const expected = shape.reduce((product, n) => product * n, itemSizes[dtype]);
  if (end - begin !== expected)
    throw broken(`has ${end - begin} bytes, expected ${expected} for ${dtype} ${shown(shape)}`);
  return { name, dtype, shape, file: section.path, offset: section.start + begin, length: end - begin };
}

function refuseOverlaps(path: string, entries: readonly TensorEntry[]): void {
  const sorted = entries.filter((e) => e.length > 0).sort((a, b) => a.offset - b.offset);
  for (const [i, entry] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before && before.offset + before.length > entry.offset) {
      throw brokenWeights(path, `${shown(before.name)} and ${shown(entry.name)} overlap`);
    }
  }
}

function metadataOf(header: Record<string, unknown>): ReadonlyMap<string, string> {
  const given = header.__metadata__;
  const pairs = isRecord(given) ? Object.entries(given) : [];
  return new Map(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** A piece of a hostile file, short enough for a message. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing');
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
