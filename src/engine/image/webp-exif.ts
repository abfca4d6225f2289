/** One chunk of a RIFF file. */
interface RiffChunk {
  readonly type: string;
  readonly data: Uint8Array;
}

const ALPHA_FLAG = 0x10;
const EXIF_FLAG = 0x08;

function* riffChunks(file: Uint8Array): Generator<RiffChunk> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 12; at + 8 <= file.length; ) {
    const length = view.getUint32(at + 4, true);
    const type = String.fromCharCode(...file.subarray(at, at + 4));
    yield { type, data: file.subarray(at + 8, at + 8 + length) };
    at += 8 + length + (length & 1);
  }
}

function riffFile(chunks: readonly RiffChunk[]): Uint8Array {
  const parts = chunks.flatMap(({ type, data }) => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32LE(data.length, 4);
    return [head, data, Buffer.alloc(data.length & 1)];
  });
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...parts]);
  const head = Buffer.alloc(8);
  head.write('RIFF', 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** The header that a file with anything but pixels needs. Source: WebP container specification, "Extended File Format" */
function extendedHeader(size: { width: number; height: number }, hasAlpha: boolean): RiffChunk {
  const data = Buffer.alloc(10);
  data[0] = EXIF_FLAG | (hasAlpha ? ALPHA_FLAG : 0);
  data.writeUIntLE(size.width - 1, 4, 3);
  data.writeUIntLE(size.height - 1, 7, 3);
  return { type: 'VP8X', data };
}

/** Size and alpha as the pixel chunk states them. Source: RFC 6386, 9.1; WebP lossless bitstream, 3 */
function statedBy({ type, data }: RiffChunk): { width: number; height: number; hasAlpha: boolean } {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (type === 'VP8 ') {
    return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff, hasAlpha: false };
  }
  const bits = view.getUint32(1, true);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, hasAlpha: ((bits >>> 28) & 1) === 1 };
}

/** A WebP with the TIFF as its EXIF chunk; one that was there is replaced. @throws RangeError when the file holds no pixels */
export function withWebpExif(file: Uint8Array, tiff: Uint8Array): Uint8Array {
  const chunks = [...riffChunks(file)].filter(({ type }) => type !== 'EXIF');
  const exif = { type: 'EXIF', data: tiff };
  const [first, ...others] = chunks;
  if (first?.type === 'VP8X') {
    const data = Uint8Array.from(first.data);
    data[0] = data[0]! | EXIF_FLAG;
    return riffFile([{ type: 'VP8X', data }, ...others, exif]);
  }
  const pixels = chunks.find(({ type }) => type === 'VP8 ' || type === 'VP8L');
  if (!pixels) throw new RangeError('a WebP without pixels');
  const { hasAlpha, ...size } = statedBy(pixels);
  return riffFile([extendedHeader(size, hasAlpha), ...chunks, exif]);
}
