import type { Comparison, Fitted, MaskCheck, PictureProbe, Probed } from '../edit/probe.ts';
import { difference, sideBySide, wipe } from './image/comparison.ts';
import { channelOf } from './image/convert.ts';
import { decodePicture } from './image/decode.ts';
import { encodeJpeg, encodePng, encodeWebp } from './image/encode.ts';
import { readInfotext, withInfotext } from './image/infotext-file.ts';
import { binaryMask } from './image/mask.ts';
import type { Picture } from './image/picture.ts';
import { resample } from './image/resample.ts';
import { contactSheet } from './image/sheet.ts';
import { thumbnailOf } from './image/thumbnail.ts';

/** Text that belongs into a picture's file: nothing else of its metadata is kept. */
const LONGEST_INFOTEXT = 20_000;
/** Kept free of an upload's limit: the request around the file counts too. */
const UPLOAD_MARGIN = 64 * 1024;

/** Looks at pictures on the calling thread. Several calls may run at a time. */
export const pictures: PictureProbe = {
  async probe(bytes): Promise<Probed> {
    const picture = await decodePicture(bytes);
    const text = await readInfotext(bytes);
    const infotext = text !== null && text.length <= LONGEST_INFOTEXT ? text : null;
    const png = await encodePng(picture);
    const { width, height } = picture;
    const kept = infotext === null ? png : withInfotext(png, infotext);
    return { bytes: kept, width, height, infotext, transparent: isTransparent(picture) };
  },

  async checkMask(bytes): Promise<MaskCheck> {
    const picture = await decodePicture(bytes);
    const { data, width, height } = binaryMask(picture, false);
    let [extreme, marked] = [0, 0];
    for (const v of data) {
      if (v <= 12 || v >= 243) extreme++;
      if (v > 128) marked++;
    }
    return { blackAndWhite: extreme / data.length, covered: marked / data.length, size: { width, height } };
  },

  thumbnail: thumbnailOf,

  async upload(bytes, limitBytes): Promise<Fitted> {
    const limit = limitBytes - UPLOAD_MARGIN;
    if (bytes.length <= limit) return { bytes, ending: 'png' };
    return await fitted(bytes, limit);
  },

  async compare(a, b, { style, numbers }): Promise<Comparison> {
    const pair = { files: [a, b], labels: [`#${numbers[0]}`, `#${numbers[1]}`] } as const;
    switch (style) {
      case 'side':
        return { bytes: await sideBySide(pair), ending: 'png', measured: null };
      case 'wipe':
        return { bytes: await wipe(pair), ending: 'gif', measured: null };
      case 'difference': {
        const { file, ...measured } = await difference(pair);
        return { bytes: file, ending: 'png', measured };
      }
      default:
        return style satisfies never;
    }
  },

  sheet: (tiles) =>
    contactSheet(tiles.map(({ bytes, number, marked }) => ({ file: bytes, label: `#${number}`, marked }))),
};

function isTransparent(picture: Picture): boolean {
  return picture.channels === 4 && channelOf(picture, 3).data.some((a) => a < 255);
}

type Encode = (picture: Picture) => Promise<Fitted>;

/** From the best to the smallest, at full size. */
const ladder: readonly Encode[] = [
  async (im) => ({ bytes: await encodeWebp(im, 'lossless'), ending: 'webp' }),
  async (im) => ({ bytes: await encodeWebp(im, 95), ending: 'webp' }),
  async (im) => ({ bytes: await encodeJpeg(im, { quality: 92, chroma: '4:4:4' }), ending: 'jpg' }),
];

/** The first rung that fits, with the picture's infotext; then ever smaller JPEGs. */
async function fitted(file: Uint8Array, limit: number): Promise<Fitted> {
  const picture = await decodePicture(file);
  const infotext = await readInfotext(file);
  const withText = ({ bytes, ending }: Fitted): Fitted =>
    infotext === null ? { bytes, ending } : { bytes: withInfotext(bytes, infotext), ending };
  for (const encode of ladder) {
    const rung = withText(await encode(picture));
    if (rung.bytes.length <= limit) return rung;
  }
  for (let scale = 0.75; ; scale *= 0.75) {
    const rung = withText(await ladder.at(-1)!(shrunk(picture, scale)));
    if (rung.bytes.length <= limit || scale < 0.02) return rung;
  }
}

function shrunk(picture: Picture, scale: number): Picture {
  const side = (s: number) => Math.max(16, Math.round(s * scale));
  return resample(picture, { width: side(picture.width), height: side(picture.height) }, 'lanczos');
}
