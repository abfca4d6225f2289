/** A box of an ISO base media file. */
export interface Box {
  readonly type: string;
  /** What follows the header; for a full box, its version and flags first. */
  readonly body: Buffer;
  /** Where the body begins and the box ends, from the start of what was parsed. */
  readonly bodyAt: number;
  readonly end: number;
}

/**
 * The boxes that lie one after another in some bytes. @throws RangeError when one reaches outside
 * Source: ISO/IEC 14496-12, 4.2
 */
export function boxesIn(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const large = size === 1;
    const length = large ? Number(bytes.readBigUInt64BE(at + 8)) : size === 0 ? bytes.length - at : size;
    const bodyAt = at + (large ? 16 : 8);
    const end = at + length;
    if (end > bytes.length || end < bodyAt)
      throw new RangeError(`a box at ${at} of ${length} bytes in ${bytes.length}`);
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(bodyAt, end), bodyAt, end });
    at = end;
  }
  return boxes;
}

/** A box around bytes. */
export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

/** A big-endian integer of 0, 1, 2, 4 or 8 bytes. */
export function integer(value: number, bytes: number): Buffer {
  const out = Buffer.alloc(bytes);
  if (bytes === 8) out.writeBigUInt64BE(BigInt(value));
  else if (bytes > 0) out.writeUIntBE(value, 0, bytes);
  return out;
}

/** Reads integers one after the other. */
export interface IntegerReader {
  read(bytes: number): number;
}

/** From the start of `bytes`. @throws RangeError at the end */
export function integerReader(bytes: Buffer): IntegerReader {
  let at = 0;
  return {
    read(size) {
      at += size;
      if (size === 0) return 0;
      return size === 8 ? Number(bytes.readBigUInt64BE(at - 8)) : bytes.readUIntBE(at - size, size);
    },
  };
}
