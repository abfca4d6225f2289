/** Where things lie in the smallest TIFF that holds one comment: a header of 8 bytes, two directories of one entry (18 and 14 bytes). */
const EXIF_IFD_AT = 0x1a;
const COMMENT_AT = 0x28;

/** EXIF tags. Source: CIPA DC-008 */
const EXIF_IFD = 0x8769;
const USER_COMMENT = 0x9286;

const UNICODE = 'UNICODE\0';

/** UTF-16, big-endian. */
function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/**
 * A big-endian TIFF whose only content is the text as UserComment.
 * Source: piexif `dump`, as A1111 calls it
 */
export function commentToTiff(text: string): Uint8Array {
  const comment = Buffer.concat([Buffer.from(UNICODE, 'latin1'), utf16be(text)]);
  const head = Buffer.alloc(COMMENT_AT);
  head.write('MM\0*', 'latin1');
  head.writeUInt32BE(8, 4);
  writeDirectory(head, 8, [EXIF_IFD, 4, 1, EXIF_IFD_AT]);
  writeDirectory(head, EXIF_IFD_AT, [USER_COMMENT, 7, comment.length, COMMENT_AT]);
  return Buffer.concat([head, comment]);
}

function writeDirectory(out: Buffer, at: number, [tag, type, count, value]: [number, number, number, number]): void {
  out.writeUInt16BE(1, at);
  out.writeUInt16BE(tag, at + 2);
  out.writeUInt16BE(type, at + 4);
  out.writeUInt32BE(count, at + 6);
  out.writeUInt32BE(value, at + 10);
}

/** The UserComment of a TIFF, or null when there is none or the file is not to be made sense of. */
export function tiffToComment(tiff: Uint8Array): string | null {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const littleEndian = view.getUint16(0) === 0x4949;
    const exif = findEntry(view, view.getUint32(4, littleEndian), { tag: EXIF_IFD, littleEndian });
    const entry = exif && findEntry(view, view.getUint32(exif + 8, littleEndian), { tag: USER_COMMENT, littleEndian });
    if (!entry) return null;
    const length = view.getUint32(entry + 4, littleEndian);
    const at = length <= 4 ? entry + 8 : view.getUint32(entry + 8, littleEndian);
    return decodeComment(tiff.subarray(at, at + length));
  } catch (error) {
    if (error instanceof RangeError) return null; // an offset outside the file
    throw error;
  }
}

/** Where the entry of a tag begins in the directory at `at`. */
function findEntry(
  view: DataView,
  at: number,
  { tag, littleEndian }: { tag: number; littleEndian: boolean },
): number | undefined {
  const count = view.getUint16(at, littleEndian);
  for (let i = 0; i < count; i++) {
    const entry = at + 2 + i * 12;
    if (view.getUint16(entry, littleEndian) === tag) return entry;
  }
  return undefined;
}

/** By its first 8 bytes; a code that nobody knows means the bytes are UTF-8 from the start. Source: piexif.helper */
function decodeComment(bytes: Uint8Array): string {
  const code = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  const text = Buffer.from(bytes.subarray(8));
  if (code === UNICODE)
    return text
      .subarray(0, text.length & ~1)
      .swap16()
      .toString('utf16le');
  if (code === 'ASCII\0\0\0') return text.toString('latin1');
  return Buffer.from(bytes).toString('utf8').replaceAll('\ufffd', '');
}
