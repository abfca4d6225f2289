import sharp, { type Sharp } from 'sharp';
import type { Picture } from './picture.ts';

function raw({ data, width, height, channels }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

/**
 * Lossless and deterministic: the same pixels give the same bytes. Level 2 with filters: 512² in about 20 ms, a quarter smaller
 * than without filters and no larger than level 6.
 */
export async function encodePng(im: Picture): Promise<Uint8Array> {
  const file = raw(im).toColourspace(im.channels === 1 ? 'b-w' : 'srgb');
  return await file.png({ compressionLevel: 2, adaptiveFiltering: true }).toBuffer();
}

/** quality 1…100; `chroma` '4:4:4' keeps full colour resolution. Alpha is dropped, not composited. */
export async function encodeJpeg(
  im: Picture,
  { quality, chroma = '4:2:0' }: { quality: number; chroma?: '4:2:0' | '4:4:4' },
): Promise<Uint8Array> {
  return await raw(im).removeAlpha().jpeg({ quality, chromaSubsampling: chroma }).toBuffer();
}

/** quality 1…100, or 'lossless'. */
export async function encodeWebp(im: Picture, quality: number | 'lossless'): Promise<Uint8Array> {
  const options = quality === 'lossless' ? { lossless: true, effort: 2 } : { quality, effort: 3 };
  return await raw(im).webp(options).toBuffer();
}

/** quality 1…100. */
export async function encodeAvif(im: Picture, quality: number): Promise<Uint8Array> {
  return await raw(im).avif({ quality, effort: 2 }).toBuffer();
}
