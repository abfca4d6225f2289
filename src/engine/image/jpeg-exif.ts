/** Longest payload of a JPEG segment, its own length field included. */
const MAX_SEGMENT = 0xffff;

/**
 * A JPEG with the TIFF as its EXIF segment, first in the file.
 * @throws RangeError when it does not fit into a segment
 */
export function withJpegExif(file: Uint8Array, tiff: Uint8Array): Uint8Array {
  const length = 2 + 6 + tiff.length;
  if (length > MAX_SEGMENT) throw new RangeError(`an EXIF segment of ${length} bytes`);
  const marker = Buffer.from([0xff, 0xe1, length >> 8, length & 0xff]);
  return Buffer.concat([file.subarray(0, 2), marker, Buffer.from('Exif\0\0', 'latin1'), tiff, file.subarray(2)]);
}
