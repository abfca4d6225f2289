import sharp from 'sharp';
import { Refusal } from '../../errors.ts';
import { type ImageFormat, sniffFormat } from './format.ts';
import { type Picture, picture } from './picture.ts';
import { pngChunks } from './png-chunks.ts';

/** What a picture file may be at most, so that a hostile one costs little. */
export interface DecodeLimits {
  readonly bytes: number;
  readonly megapixels: number;
  readonly minSide: number;
  readonly maxSide: number;
}

/** The limits people's uploads are held to. */
export const decodeLimits: DecodeLimits = { bytes: 25 * 2 ** 20, megapixels: 40, minSide: 16, maxSide: 16384 };

/**
 * A file to pixels: first frame, turned upright, 8-bit sRGB, without metadata. Grey stays one channel, and alpha is kept only
 * where A1111 keeps it: RGBA files and palettes with several alpha values; elsewhere it is dropped, not composited.
 *
 * @throws Refusal 'file-too-big', 'not-an-image', 'image-sides', 'image-too-large', 'image-broken'
 * Source: A1111 modules/images.py `read`, `fix_image`; 16-bit grey is scaled where A1111 clips it
 */
export async function decodePicture(bytes: Uint8Array, limits = decodeLimits): Promise<Picture> {
  if (bytes.length > limits.bytes) throw new Refusal('file-too-big', { bytes: bytes.length, limit: limits.bytes });
  const sniffed = sniffFormat(bytes);
  if (sniffed.format === null) throw new Refusal('not-an-image', { found: sniffed.found });
  const { format } = sniffed;
  try {
    return await decodeAs(format, bytes, limits);
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal('image-broken', { format }, { cause });
  }
}

async function decodeAs(format: ImageFormat, bytes: Uint8Array, limits: DecodeLimits): Promise<Picture> {
  const options = { failOn: 'error', limitInputPixels: limits.megapixels * 1e6, pages: 1 } as const;
  const meta = await sharp(bytes, { ...options, limitInputPixels: false }).metadata();
  checkSize(meta.autoOrient, limits);
  const ignoreIcc = meta.icc !== undefined && isSrgbProfile(meta.icc);
  const upright = sharp(bytes, { ...options, ignoreIcc }).autoOrient();
  const deep = meta.depth === 'ushort';
  const grey = meta.space === 'b-w' || meta.space === 'grey16';
  const space = `${grey ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb'}`;
  const { data, info } = await upright
    .toColourspace(space)
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const pixels = deep ? toEightBits(data, grey && meta.channels === 1) : data;
  const keepAlpha = info.channels === 4 && (format !== 'png' || hasAlphaForA1111(bytes));
  const channels = grey ? 1 : keepAlpha ? 4 : 3;
  return picture(info, channels, firstChannels(pixels, info.channels, channels));
}

function checkSize({ width, height }: { width: number; height: number }, limits: DecodeLimits): void {
  const { minSide: min, maxSide: max } = limits;
  if (Math.min(width, height) < min || Math.max(width, height) > max) {
    throw new Refusal('image-sides', { width, height, min, max });
  }
  const megapixels = (width * height) / 1e6;
  if (megapixels > limits.megapixels) {
    throw new Refusal('image-too-large', { megapixels, limit: limits.megapixels });
  }
}

/** An embedded profile that says sRGB changes nothing, but would cost rounding. */
function isSrgbProfile(profile: Uint8Array): boolean {
  const text = Buffer.from(profile).toString('latin1').replaceAll('\0', '');
  return /sRGB|IEC ?61966-?2/i.test(text);
}

/** As A1111, the upper byte; but grey alone, which A1111 clips, is scaled and rounded: 65535 = 257 · 255. */
function toEightBits(data: Buffer, isGreyAlone: boolean): Uint8Array {
  const deep = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  const out = new Uint8Array(deep.length);
  for (let i = 0; i < out.length; i++) out[i] = isGreyAlone ? (deep[i]! + 128) / 257 : deep[i]! >> 8;
  return out;
}

/** Keeps the first `to` of `from` interleaved channels. */
function firstChannels(data: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const out = new Uint8Array((data.length / from) * to);
  for (let o = 0, p = 0; o < out.length; o += to, p += from) {
    for (let c = 0; c < to; c++) out[o + c] = data[p + c]!;
  }
  return out;
}

const RGBA = 6;
const PALETTE = 3;

/**
 * Colour type 6 has an alpha; a palette's counts when its transparency is a table, not one entry that is fully transparent
 * among opaque ones. Colour keys and grey with alpha do not count.
 */
function hasAlphaForA1111(png: Uint8Array): boolean {
  let colorType = -1;
  for (const { type, data } of pngChunks(png)) {
    if (type === 'IHDR') colorType = data[9] ?? -1;
    if (type === 'IDAT') break;
    if (type === 'tRNS' && colorType === PALETTE) {
      const clear = data.filter((alpha) => alpha === 0).length;
      return !(clear === 1 && data.every((alpha) => alpha === 0 || alpha === 255));
    }
  }
  return colorType === RGBA;
}
