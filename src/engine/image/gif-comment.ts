/** Ends after the colour table that a packed field announces. */
const afterTable = (at: number, packed: number) => at + (packed & 0x80 ? 3 << ((packed & 7) + 1) : 0);

/** Data sub-blocks from `at`: their bytes, and where they end. */
function subBlocks(file: Uint8Array, at: number): { parts: Uint8Array[]; end: number } {
  const parts: Uint8Array[] = [];
  let end = at;
  for (let length = file[end] ?? 0; length > 0; length = file[end] ?? 0) {
    parts.push(file.subarray(end + 1, end + 1 + length));
    end += 1 + length;
  }
  return { parts, end: end + 1 };
}

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const COMMENT = 0xfe;

/** The first comment of a GIF, as UTF-8, or null. Source: GIF89a specification, 24 */
export function gifComment(file: Uint8Array): string | null {
  let at = afterTable(13, file[10] ?? 0);
  while (at < file.length) {
    const block = file[at];
    if (block === EXTENSION) {
      const { parts, end } = subBlocks(file, at + 2);
      if (file[at + 1] === COMMENT) return Buffer.concat(parts).toString('utf8').replaceAll('\ufffd', '');
      at = end;
    } else if (block === IMAGE) {
      at = subBlocks(file, afterTable(at + 10, file[at + 9] ?? 0) + 1).end;
    } else return null;
  }
  return null;
}
