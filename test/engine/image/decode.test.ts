import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeLimits, decodePicture } from '../../../src/engine/image/decode.ts';
import { encodeAvif, encodeJpeg, encodePng, encodeWebp } from '../../../src/engine/image/encode.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { pngChunk } from '../../../src/engine/image/png-chunks.ts';

const gradient = (width: number, height: number, channels: Picture['channels']): Picture => ({
  width,
  height,
  channels,
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 7 + (i >> 6)) % 256),
});

/** A PNG that promises a size and holds no pixels to speak of. */
function promisedPng(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const pixels = pngChunk('IDAT', Buffer.from('789c63000000010001', 'hex'));
  return Buffer.concat([signature, pngChunk('IHDR', header), pixels, pngChunk('IEND', Buffer.alloc(0))]);
}

const refused = (bytes: Uint8Array, limits = decodeLimits) =>
  decodePicture(bytes, limits).then(
    () => 'taken',
    (error: { code?: string; details?: unknown }) => ({ code: error.code, details: error.details }),
  );

describe('what is not taken', () => {
  test.each([
    ['a text', 'hello, I am a picture', 'unknown'],
    ['a web page', '<!doctype html>', 'HTML'],
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'SVG'],
    ['a PDF', '%PDF-1.7', 'PDF'],
    ['a TIFF', 'II*\0\x08\0\0\0', 'TIFF'],
    ['a phone’s HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'HEIC'],
    ['a video', '\0\0\0\x14ftypisom\0\0\0\0isom', 'video'],
    ['nothing', '', 'empty'],
  ])('%s, whatever its name says', async (_, bytes, found) => {
    expect(await refused(Buffer.from(bytes, 'latin1'))).toEqual({ code: 'not-an-image', details: { found } });
  });

  test('a file over the limit, before anything of it is read', async () => {
    const png = await encodePng(gradient(32, 32, 3));
    expect(await refused(png, { ...decodeLimits, bytes: 100 })).toEqual({
      code: 'file-too-big',
      details: { bytes: png.length, limit: 100 },
    });
  });

  test('sides too long or too short, by the header alone', async () => {
    const limits = { min: 16, max: 16384 };
    expect(await refused(promisedPng(20000, 20))).toEqual({
      code: 'image-sides',
      details: { width: 20000, height: 20, ...limits },
    });
    expect(await refused(promisedPng(15, 400))).toMatchObject({ code: 'image-sides' });
  });

  test('a bomb of more megapixels than the limit, without unpacking it', async () => {
    const before = process.memoryUsage().rss;
    expect(await refused(promisedPng(16000, 16000))).toEqual({
      code: 'image-too-large',
      details: { megapixels: 256, limit: 40 },
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test.each(['png', 'jpeg', 'webp', 'avif'] as const)('a %s that breaks off', async (format) => {
    const picture = gradient(64, 64, 3);
    const whole = {
      png: () => encodePng(picture),
      jpeg: () => encodeJpeg(picture, { quality: 90 }),
      webp: () => encodeWebp(picture, 90),
      avif: () => encodeAvif(picture, 60),
    };
    const file = await whole[format]();
    expect(await refused(file.subarray(0, Math.floor(file.length * 0.6)))).toEqual({
      code: 'image-broken',
      details: { format },
    });
  });

  test('a header of one format before the pixels of another', async () => {
    const jpeg = await encodeJpeg(gradient(32, 32, 3), { quality: 90 });
    const dressed = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), jpeg]);
    expect(await refused(dressed)).toMatchObject({ code: 'image-broken' });
  });
});

describe('what is taken', () => {
  test.each([1, 3, 4] as const)('a PNG of %i channels, to the byte', async (channels) => {
    const picture = gradient(40, 24, channels);
    expect(await decodePicture(await encodePng(picture))).toEqual(picture);
  });

  test('the first frame of an animation', async () => {
    const frames = await sharp(Buffer.from(gradient(24, 48, 3).data), {
      raw: { width: 24, height: 48, channels: 3, pageHeight: 24 },
    })
      .gif({ loop: 0 })
      .toBuffer();
    const { width, height } = await decodePicture(frames);
    expect([width, height]).toEqual([24, 24]);
  });

  test('a printer’s CMYK, as sRGB', async () => {
    const cmyk = await sharp({ create: { width: 32, height: 32, channels: 3, background: { r: 250, g: 20, b: 30 } } })
      .toColourspace('cmyk')
      .jpeg({ quality: 95 })
      .toBuffer();
    const { channels, data } = await decodePicture(cmyk);
    expect(channels).toBe(3);
    expect(data[0]).toBeGreaterThan(200);
    expect(data[1]).toBeLessThan(80);
  });

  test('an sRGB profile, without changing a byte', async () => {
    const picture = gradient(40, 24, 3);
    const raw = { width: 40, height: 24, channels: 3 } as const;
    const profiled = await sharp(picture.data, { raw }).withIccProfile('srgb').png().toBuffer();
    expect((await sharp(profiled).metadata()).icc).toBeDefined();
    expect(await decodePicture(profiled)).toEqual(picture);
  });

  test('16-bit grey, scaled so that white stays white', async () => {
    const file = fileURLToPath(new URL('../../golden/img2img/modes/t_i16.png', import.meta.url));
    const { channels, data } = await decodePicture(await readFile(file));
    expect(channels).toBe(1);
    expect([...data.slice(0, 4)]).toEqual([27, 34, 29, 35]);
  });
});

test.each([
  ['three', 'rgb16', [0x0001, 0x01ff, 0xff00], [0, 1, 255]],
  ['four', 'rgb16', [0x0001, 0x01ff, 0xff00, 0x80ff], [0, 1, 255, 128]],
] as const)('%s channels of 16 bits give their upper bytes, as in Pillow', async (_, space, words, bytes) => {
  const data = Uint16Array.from({ length: 256 * words.length }, (_word, i) => words[i % words.length]!);
  const raw = { width: 16, height: 16, channels: words.length as 3 | 4, depth: 'ushort' as const };
  const png = await sharp(data, { raw }).toColourspace(space).png().toBuffer();
  expect((await sharp(png).metadata()).depth).toBe('ushort');
  expect([...(await decodePicture(png)).data.slice(0, words.length)]).toEqual(bytes);
});

test('the same pixels always give the same PNG', async () => {
  const picture = gradient(64, 48, 3);
  const [one, other] = await Promise.all([encodePng(picture), encodePng({ ...picture })]);
  expect(Buffer.compare(one, other)).toBe(0);
});
