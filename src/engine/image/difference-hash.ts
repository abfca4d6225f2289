import { type ImageHash, toImageHash } from '../../edit/image-hash.ts';
import { toLuma } from './convert.ts';
import type { Picture } from './picture.ts';
import { resample } from './resample.ts';

/** Bits: whether brightness falls from one of 9×8 cells to its right neighbour, row by row. Source: Krawetz 2013, "dHash" */
export function differenceHash(im: Picture): ImageHash {
  const { data } = resample(toLuma(im), { width: 9, height: 8 }, 'lanczos');
  let hash = 0n;
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) hash = (hash << 1n) | (data[y * 9 + x]! > data[y * 9 + x + 1]! ? 1n : 0n);
  }
  return toImageHash(hash.toString(16).padStart(16, '0'));
}
