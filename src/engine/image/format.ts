/** The picture formats we take in. */
export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'avif' | 'gif';

const startsWith = (bytes: Uint8Array, text: string, at = 0) =>
  bytes.length >= at + text.length && [...text].every((char, i) => bytes[at + i] === char.charCodeAt(0));

/** The brands of an ISO base media file: major first, then the compatible ones. Empty when it is none. */
function brandsOf(bytes: Uint8Array): string[] {
  if (!startsWith(bytes, 'ftyp', 4)) return [];
  const length = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), bytes.length, 256);
  const brands: string[] = [];
  for (let at = 8; at + 4 <= length; at += 4) {
    if (at !== 12) brands.push(String.fromCharCode(...bytes.subarray(at, at + 4)));
  }
  return brands;
}

/** Names for what people send by mistake; told to them, never decoded. */
const strangers: readonly (readonly [start: string, name: string])[] = [
  ['II*\0', 'TIFF'],
  ['MM\0*', 'TIFF'],
  ['BM', 'BMP'],
  ['8BPS', 'PSD'],
  ['%PDF', 'PDF'],
  ['PK\x03\x04', 'ZIP'],
  ['\xff\x0a', 'JPEG XL'],
  ['\0\0\0\x0cJXL', 'JPEG XL'],
  ['\0\0\x01\0', 'ICO'],
  ['<svg', 'SVG'],
  ['<?xml', 'XML'],
  ['<', 'HTML'],
  ['{', 'JSON'],
];

/**
 * The format by the first bytes; nothing else (name, content type) is believed.
 * @returns `found` names a format we do not take, or is 'unknown', or 'empty' for no bytes at all
 */
export function sniffFormat(bytes: Uint8Array): { format: ImageFormat } | { format: null; found: string } {
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return { format: 'png' };
  if (startsWith(bytes, '\xff\xd8\xff')) return { format: 'jpeg' };
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) return { format: 'webp' };
  if (startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')) return { format: 'gif' };
  if (bytes.length === 0) return { format: null, found: 'empty' };
  const brands = brandsOf(bytes);
  if (brands.includes('avif') || brands.includes('avis')) return { format: 'avif' };
  if (brands.length > 0) return { format: null, found: brands[0]!.startsWith('he') ? 'HEIC' : 'video' };
  return { format: null, found: strangers.find(([start]) => startsWith(bytes, start))?.[1] ?? 'unknown' };
}
