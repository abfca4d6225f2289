import sharp from 'sharp';
import { markWidth, plate, svg } from './marks.ts';
import type { Picture } from './picture.ts';

/** Where a text stands, and how high its letters are, px. */
export interface Corner {
  readonly right: boolean;
  readonly bottom: boolean;
  readonly height: number;
}

/** An RGB picture with a text on a plate in one of its corners; as it is where there is no room. */
export async function labelled(im: Picture, text: string, { right, bottom, height }: Corner): Promise<Picture> {
  const free = Math.round(height * 0.6);
  const tall = Math.ceil(height * 1.9);
  if (markWidth(text, height) + height * 1.1 + 2 * free > im.width || tall + 2 * free > im.height) return im;
  const at = { x: right ? im.width - free : free, y: bottom ? im.height - free - tall : free };
  const drawn = sharp(im.data, { raw: { width: im.width, height: im.height, channels: 3 }, limitInputPixels: false })
    .composite([{ input: svg(im.width, im.height, plate(text, { ...at, height, right })), left: 0, top: 0 }])
    .removeAlpha();
  return { ...im, data: await drawn.raw().toBuffer() };
}
