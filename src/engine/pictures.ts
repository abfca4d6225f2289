import type { Operation } from '../edit/lineage.ts';
import {
  type Comparison,
  type DrawnMask,
  type Fitted,
  type MaskCheck,
  type MaskWork,
  makerColors,
  type PictureProbe,
  type Probed,
} from '../edit/probe.ts';
import { Refusal } from '../errors.ts';
import { difference, sideBySide, wipe } from './image/comparison.ts';
import { channelOf } from './image/convert.ts';
import { decodePicture } from './image/decode.ts';
import { differenceHash } from './image/difference-hash.ts';
import { encodeJpeg, encodePng, encodeWebp } from './image/encode.ts';
import { readInfotext, withInfotext, withOtherInfotext } from './image/infotext-file.ts';
import { labelled } from './image/labelled.ts';
import { binaryMask } from './image/mask.ts';
import { combinedMask, grownMask, hardMask, movedMask, seamMask } from './image/mask-shapes.ts';
import type { Picture, Size } from './image/picture.ts';
import { invert } from './image/point.ts';
import { resample } from './image/resample.ts';
import { resizedPng } from './image/resized.ts';
import { samplePicture } from './image/sample.ts';
import { findScribble } from './image/scribble.ts';
import { inFrame, whiteSheet, withVeil } from './image/shown.ts';
import { thumbnailOf } from './image/thumbnail.ts';
import { treePicture } from './image/tree-picture.ts';

/** Text that belongs into a picture's file: nothing else of its metadata is kept. */
const LONGEST_INFOTEXT = 20_000;
/** Kept free of an upload's limit: the request around the file counts too. */
const UPLOAD_MARGIN = 64 * 1024;

/** How a picture came to be, in the signs there are. */
const signs: Readonly<Record<Operation, string>> = {
  ...{ source: '', edit: '✎', inpaint: '◐', outpaint: '↔', upscale: '↑', remove: '×', 'seam repair': '≡' },
  ...{ again: '↻', less: '−', more: '+', 'same mask': '◐↻' },
};

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

  hash: async (bytes) => differenceHash(await decodePicture(bytes)),

  async scribble(base, marked) {
    const before = await decodePicture(base);
    const found = findScribble(before, await decodePicture(marked));
    if (!found) return null;
    const [mask, painted] = await Promise.all([encodePng(found.mask), encodePng(found.painted)]);
    return { mode: found.mode, covered: coverOf(found.mask), mask, painted, onBlank: isPlain(before) };
  },

  async drawMask(work): Promise<DrawnMask> {
    const mask = await maskFor(work);
    return { mask: await encodePng(mask), covered: coverOf(mask) };
  },

  veil: async (bytes, mask) =>
    await encodeJpeg(withVeil(await decodePicture(bytes), await decodePicture(mask)), { quality: 88 }),

  async frame(bytes, placement) {
    const { width, height } = placement.output;
    const shown = inFrame(await decodePicture(bytes), placement);
    const letters = Math.max(10, Math.round(Math.max(shown.width, shown.height) / 36));
    const named = await labelled(shown, `${width}×${height}`, { right: true, bottom: true, height: letters });
    return await encodeJpeg(named, { quality: 88 });
  },

  resized: resizedPng,

  sample: async () => await encodePng(samplePicture()),

  blank: async (size) => await encodePng(whiteSheet(size)),

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

  inscribe: async (png, infotext) => withOtherInfotext(png, infotext),

  tree: (tiles) => {
    const places = new Map(tiles.map(({ number }, at) => [number, at]));
    return treePicture(
      tiles.map(({ bytes, number, parent, op, maker, head }) => ({
        ...{ file: bytes, label: `#${number}`, head, sign: signs[op] },
        color: (makerColors[maker] ?? makerColors.at(-1)!).color,
        parent: parent === null ? null : (places.get(parent) ?? null),
        from: parent === null ? '' : `#${parent}`,
      })),
    );
  },
};

/** Aspects may differ by this much. */
const ASPECT = 0.01;
const inWords = ({ width, height }: Size) => `${width}×${height}`;

async function maskFor(work: MaskWork): Promise<Picture> {
  switch (work.kind) {
    case 'read': {
      const im = await decodePicture(work.from);
      const { size, reading } = work;
      const off = Math.abs((im.width * size.height) / (im.height * size.width) - 1);
      if (off > ASPECT) throw new Refusal('mask-size', { mask: inWords(im), image: inWords(size) });
      return hardMask(im, reading, size);
    }
    case 'invert':
      return invert(await decodePicture(work.mask));
    case 'grow':
      return grownMask(await decodePicture(work.mask), work.by);
    case 'combine':
      return combinedMask(await decodePicture(work.mask), await decodePicture(work.other), work.how);
    case 'move':
      return movedMask(await decodePicture(work.mask), work.to);
    case 'seams':
      return seamMask(work.placement, work.reach);
    default:
      return work satisfies never;
  }
}

function coverOf({ data }: Picture): number {
  let marked = 0;
  for (const v of data) if (v > 128) marked++;
  return marked / data.length;
}

function isPlain({ data, channels }: Picture): boolean {
  return data.every((v, i) => v === data[i % channels]);
}

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
