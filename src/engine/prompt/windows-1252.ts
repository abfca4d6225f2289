/** What Windows-1252 has in place of the control characters U+0080–U+009F; its five gaps stay as they are. */
const inPlaceOfControls = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** The character Windows-1252 means by a byte. */
export function fromWindows1252(byte: number): string {
  return inPlaceOfControls[byte - 0x80] ?? String.fromCharCode(byte);
}

const byteOf = new Map(Array.from({ length: 256 }, (_, byte) => [fromWindows1252(byte), byte]));
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** CAFÉ®, which only looks like two bytes of UTF-8. */
const capitalsWithSign = /\p{Lu}[ÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß][™©®°»…]/u;

/**
 * Undoes the commonest mojibake: UTF-8 that was read as Windows-1252 (schÃ¶n → schön). Text is left alone unless all of it is
 * such a misreading. ftfy also tries other code pages and repairs in part, which needs statistics and is left out here.
 *
 * @param line  one line of text
 * Source: python-ftfy 6.3.1 `fix_encoding`
 */
export function repairMojibake(line: string): string {
  if (!/[\u0080-\uffff]/.test(line) || capitalsWithSign.test(line)) return line;
  const bytes = new Uint8Array(line.length);
  for (let i = 0; i < line.length; i++) {
    const byte = byteOf.get(line[i]!);
    if (byte === undefined) return line;
    bytes[i] = byte;
  }
  try {
    return utf8.decode(bytes);
  } catch {
    return line; // not UTF-8: it was what it seemed to be
  }
}
