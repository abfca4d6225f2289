import sharp from 'sharp';
import { withAvifExif } from './avif-exif.ts';
import { commentToTiff, tiffToComment } from './exif-comment.ts';
import { sniffFormat } from './format.ts';
import { gifComment } from './gif-comment.ts';
import { withJpegExif } from './jpeg-exif.ts';
import { novelAiInfotext } from './novelai.ts';
import { readPngText, withoutPngText, withPngText } from './png-text.ts';
import { withWebpExif } from './webp-exif.ts';

/** The keyword A1111 writes its infotext under. */
const KEYWORD = 'parameters';

/** Longer texts in other people's files are not read. */
const MAX_LENGTH = 20_000;

/**
 * The generation parameters that a picture carries: what A1111 wrote, or NovelAI's in A1111's words. Null when there are none.
 * It is somebody else's text, to be parsed and never believed.
 * Source: A1111 modules/images.py `read_info_from_image`
 */
export async function readInfotext(file: Uint8Array): Promise<string | null> {
  const text = await textOf(file);
  return text && text.length <= MAX_LENGTH ? text : null;
}

async function textOf(file: Uint8Array): Promise<string | null> {
  const { format } = sniffFormat(file);
  if (format === null) return null;
  if (format === 'gif') return gifComment(file);
  const comment = await exifComment(file);
  if (format !== 'png') return comment;
  const texts = readPngText(file);
  return novelAiInfotext(texts, file) ?? (comment || (texts.get(KEYWORD) ?? null));
}

async function exifComment(file: Uint8Array): Promise<string | null> {
  const { exif } = await sharp(file, { limitInputPixels: false }).metadata();
  if (!exif) return null;
  const tiff = exif.toString('latin1', 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;
  return tiffToComment(tiff);
}

/** A PNG that carries this text instead of its own. @throws RangeError when it is none */
export function withOtherInfotext(png: Uint8Array, text: string): Uint8Array {
  return withPngText(withoutPngText(png, KEYWORD), KEYWORD, text);
}

/**
 * The same picture file carrying the text where A1111 puts it: a PNG text chunk, else the EXIF UserComment.
 * @throws RangeError for formats that A1111 writes no text to, and for texts longer than a JPEG can hold
 * Source: A1111 modules/images.py `save_image_with_geninfo`
 */
export function withInfotext(file: Uint8Array, text: string): Uint8Array {
  const { format } = sniffFormat(file);
  switch (format) {
    case 'png':
      return withPngText(file, KEYWORD, text);
    case 'jpeg':
      return withJpegExif(file, commentToTiff(text));
    case 'webp':
      return withWebpExif(file, commentToTiff(text));
    case 'avif':
      return withAvifExif(file, commentToTiff(text));
    default:
      throw new RangeError(`no place for an infotext in ${format ?? 'an unknown format'}`);
  }
}
