import sharp from 'sharp';
import { decodeLimits } from './decode.ts';

/** A small picture to look at, WebP; nothing is computed from it, so sharp's own resize will do. */
export async function thumbnailOf(file: Uint8Array, maxSide: number): Promise<Uint8Array> {
  const image = sharp(file, { limitInputPixels: decodeLimits.megapixels * 1e6, pages: 1 });
  return await image
    .autoOrient()
    .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
}
