import { type Picture, picture, type Rgb, type Size } from './picture.ts';

/** An RGB picture somewhere on a canvas; wholly inside it. */
export interface Layer {
  readonly picture: Picture;
  readonly left: number;
  readonly top: number;
}

/** RGB layers on a plain ground, the last on top. */
export function composeOver({ width, height }: Size, layers: readonly Layer[], ground: Rgb): Picture {
  const out = new Uint8Array(3 * width * height);
  for (let p = 0; p < out.length; p += 3) out.set(ground, p);
  for (const { picture: im, left, top } of layers) {
    for (let y = 0; y < im.height; y++) {
      const row = im.data.subarray(3 * y * im.width, 3 * (y + 1) * im.width);
      out.set(row, 3 * ((y + top) * width + left));
    }
  }
  return picture({ width, height }, 3, out);
}

/** Whether a layer covers a pixel of its canvas. */
export function covers({ picture: im, left, top }: Layer, x: number, y: number): boolean {
  return x >= left && x < left + im.width && y >= top && y < top + im.height;
}
