import sharp from 'sharp';
import { Refusal } from '../../errors.ts';
import { decodeLimits } from './decode.ts';
import { sniffFormat } from './format.ts';
import type { Size } from './picture.ts';

/** Pixels of a picture that can still be made smaller: it is read in strips, not as a whole. */
const MOST_PIXELS = 2 ** 28;

/** The largest size of a shape with so many megapixels. */
function within({ width, height }: Size, megapixels: number): Size {
  const scale = Math.min(1, Math.sqrt((megapixels * 1e6) / (width * height)));
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}

/** A file as PNG in another size, upright, without metadata. @throws Refusal 'file-too-big', 'not-an-image', 'image-broken' */
export async function resizedPng(bytes: Uint8Array, to: Size | { readonly megapixels: number }): Promise<Uint8Array> {
  const { bytes: limit } = decodeLimits;
  if (bytes.length > limit) throw new Refusal('file-too-big', { bytes: bytes.length, limit });
  const { format, found } = { found: '', ...sniffFormat(bytes) };
  if (format === null) throw new Refusal('not-an-image', { found });
  const options = { failOn: 'error', limitInputPixels: MOST_PIXELS, sequentialRead: true, pages: 1 } as const;
  try {
    const { autoOrient } = await sharp(bytes, options).metadata();
    const size = 'megapixels' in to ? within(autoOrient, to.megapixels) : to;
    return await sharp(bytes, options)
      .autoOrient()
      .resize({ ...size, fit: 'fill' })
      .png()
      .toBuffer();
  } catch (cause) {
    throw new Refusal('image-broken', { format }, { cause });
  }
}
