import sharp from 'sharp';
import type { PictureProbe } from '../../src/edit/probe.ts';
import { decodeLimits } from '../../src/engine/image/decode.ts';
import { readInfotext } from '../../src/engine/image/infotext-file.ts';
import { pictures } from '../../src/engine/pictures.ts';
import { Refusal } from '../../src/errors.ts';

/** Looks at pictures in this thread: those of tests are small. What comes in is kept to the byte, so that it is found again. */
export const testProbe: PictureProbe = {
  ...pictures,
  async probe(bytes) {
    try {
      const { width, height } = await sharp(bytes).metadata();
      if (width * height > decodeLimits.megapixels * 1e6) return await pictures.probe(bytes);
      return {
        bytes,
        width,
        height,
        infotext: await readInfotext(bytes),
        transparent: !(await sharp(bytes).stats()).isOpaque,
      };
    } catch (cause) {
      if (cause instanceof Refusal) throw cause;
      throw new Refusal('not-an-image', { found: 'something else' }, { cause });
    }
  },
  async checkMask(bytes) {
    const { width, height } = await sharp(bytes).metadata();
    const isOpaque = (await sharp(bytes).stats()).isOpaque;
    const channel = isOpaque ? sharp(bytes).greyscale() : sharp(bytes).ensureAlpha().extractChannel(3);
    const values = await channel.raw().toBuffer();
    const count = (isCounted: (value: number) => boolean) => values.filter(isCounted).length / values.length;
    const blackAndWhite = count((value) => value <= 12 || value >= 243);
    return { blackAndWhite, covered: count((value) => value > 128), size: { width, height } };
  },
  thumbnail: async (bytes, maxSide) =>
    new Uint8Array(await sharp(bytes).resize(maxSide, maxSide, { fit: 'inside' }).webp().toBuffer()),
  upload: async (bytes) => ({ bytes, ending: 'png' }),
  compare: (a, b, how) => pictures.compare(a, b, how),
  inscribe: (png, infotext) => pictures.inscribe(png, infotext),
  tree: (tiles) => pictures.tree(tiles),
};
