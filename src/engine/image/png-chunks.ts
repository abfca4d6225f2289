import { crc32 } from 'node:zlib';

/** One chunk of a PNG file; `data` is a view into the file. */
export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Where the chunk, with its length and checksum, begins and ends in the file. */
  readonly start: number;
  readonly end: number;
}

/** Bytes before the first chunk. */
export const PNG_SIGNATURE = 8;

/**
 * The chunks in order, up to IEND or to where the file breaks off. Checksums are not verified: the decoder does that for
 * the ones that matter.
 * Source: PNG specification (third edition), 5.3
 */
export function* pngChunks(file: Uint8Array): Generator<PngChunk> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let start = PNG_SIGNATURE; start + 12 <= file.length; ) {
    const length = view.getUint32(start);
    const end = start + 12 + length;
    if (end > file.length) return;
    const type = String.fromCharCode(...file.subarray(start + 4, start + 8));
    yield { type, data: file.subarray(start + 8, start + 8 + length), start, end };
    if (type === 'IEND') return;
    start = end;
  }
}

/** A chunk as it stands in a file: length, type, data, checksum. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  chunk.set(Buffer.from(type, 'latin1'), 4);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}
