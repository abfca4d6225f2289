import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodePicture } from '../../../src/engine/image/decode.ts';
import { encodeAvif, encodeJpeg, encodePng, encodeWebp } from '../../../src/engine/image/encode.ts';
import { commentToTiff, tiffToComment } from '../../../src/engine/image/exif-comment.ts';
import { readInfotext, withInfotext } from '../../../src/engine/image/infotext-file.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { pngChunk, pngChunks } from '../../../src/engine/image/png-chunks.ts';
import { readPngText, withPngText } from '../../../src/engine/image/png-text.ts';

const picture = (channels: Picture['channels']): Picture => ({
  width: 34,
  height: 20,
  channels,
  data: Uint8Array.from({ length: 34 * 20 * channels }, (_, i) => (i * 11) % 256),
});

/** Text as people write it: no lone surrogates, which no encoding can carry. */
const someText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 });

const files: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  png: () => encodePng(picture(3)),
  'png with alpha': () => encodePng(picture(4)),
  jpeg: () => encodeJpeg(picture(3), { quality: 80 }),
  webp: () => encodeWebp(picture(3), 80),
  'lossless webp': () => encodeWebp(picture(4), 'lossless'),
  avif: () => encodeAvif(picture(3), 50),
  'avif with alpha': () => encodeAvif(picture(4), 50),
};

test.each(Object.entries(files))('%s carries any text and keeps its pixels', async (_, make) => {
  const file = await make();
  const before = await decodePicture(file);
  await fc.assert(
    fc.asyncProperty(someText, async (text) => {
      const carrying = withInfotext(file, text);
      expect(await readInfotext(carrying)).toBe(text);
      expect(await decodePicture(carrying)).toEqual(before);
    }),
    { numRuns: 12 },
  );
});

test.each(Object.entries(files))('%s without a text has none', async (_, make) => {
  expect(await readInfotext(await make())).toBeNull();
});

test('a Latin-1 text is a tEXt chunk before the pixels, any other an iTXt chunk', async () => {
  const file = await encodePng(picture(3));
  const types = (text: string) => [...pngChunks(withPngText(file, 'parameters', text))].map(({ type }) => type);
  expect(types('café, Steps: 20')).toContain('tEXt');
  expect(types('猫, Steps: 20')).toContain('iTXt');
  expect(types('猫').indexOf('iTXt')).toBeLessThan(types('猫').indexOf('IDAT'));
});

test('other texts of the file stay, and the first of a keyword counts', async () => {
  const file = withPngText(await encodePng(picture(3)), 'Title', 'a hat');
  const twice = withPngText(withPngText(file, 'parameters', 'first'), 'parameters', 'second');
  expect(readPngText(twice)).toEqual(
    new Map([
      ['Title', 'a hat'],
      ['parameters', 'first'],
    ]),
  );
});

test('compressed texts are read, and one that unpacks without end is left out', async () => {
  const file = Buffer.from(await encodePng(picture(3)));
  const packed = (keyword: string, text: string) =>
    pngChunk('zTXt', Buffer.concat([Buffer.from(`${keyword}\0\0`, 'latin1'), deflateSync(text)]));
  const at = [...pngChunks(file)].find(({ type }) => type === 'IDAT')!.start;
  const chunks = [packed('Comment', 'x'.repeat(50_000_000)), packed('parameters', 'a cat\nSteps: 20')];
  const carrying = Buffer.concat([file.subarray(0, at), ...chunks, file.subarray(at)]);
  expect(readPngText(carrying)).toEqual(new Map([['parameters', 'a cat\nSteps: 20']]));
});

test('a text longer than anyone’s settings is not read', async () => {
  const file = await encodePng(picture(3));
  expect(await readInfotext(withInfotext(file, 'x'.repeat(20_001)))).toBeNull();
});

test('a NovelAI picture tells its settings in A1111’s words', async () => {
  const comment = JSON.stringify({ uc: 'blurry', steps: 28, sampler: 'k_euler_ancestral', scale: 11, seed: 7 });
  const texts = { Software: 'NovelAI', Description: 'a fox', Comment: comment };
  const file = Object.entries(texts).reduce(
    (png, [keyword, text]) => withPngText(png, keyword, text),
    await encodePng(picture(3)),
  );
  expect(await readInfotext(file)).toBe(
    'a fox\nNegative prompt: blurry\nSteps: 28, Sampler: Euler a, CFG scale: 11, Seed: 7, Size: 34x20, Clip skip: 2, ENSD: 31337',
  );
});

test('a NovelAI picture that does not say everything is read as any other', async () => {
  const texts = { Software: 'NovelAI', Comment: JSON.stringify({ uc: 'blurry', steps: 28 }), parameters: 'a cat' };
  const file = Object.entries(texts).reduce(
    (png, [keyword, text]) => withPngText(png, keyword, text),
    await encodePng(picture(3)),
  );
  expect(await readInfotext(file)).toBe('a cat');
});

test('the comment of a GIF is read', async () => {
  const gif = Buffer.from(
    await sharp(picture(3).data, { raw: { width: 34, height: 20, channels: 3 } })
      .gif()
      .toBuffer(),
  );
  const [table, text] = [gif[10]!, 'a cat, Steps: 20'];
  const at = 13 + (table & 0x80 ? 3 << ((table & 7) + 1) : 0);
  const comment = Buffer.concat([Buffer.from([0x21, 0xfe, text.length]), Buffer.from(text), Buffer.from([0])]);
  expect(await readInfotext(Buffer.concat([gif.subarray(0, at), comment, gif.subarray(at)]))).toBe(text);
});

test('EXIF comments in other codes and byte orders are read', () => {
  const ascii = Buffer.from(commentToTiff('ab'));
  ascii.write('ASCII\0\0\0', 40, 'latin1');
  expect(tiffToComment(ascii)).toBe('\0a\0b');
  const strange = Buffer.from(commentToTiff('ab'));
  strange.write('????????', 40, 'latin1');
  expect(tiffToComment(strange)).toBe('????????\0a\0b');
});

test('no bytes make the EXIF reader fail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(60), fc.nat(255), (noise, at, value) => {
      tiffToComment(Uint8Array.from(noise));
      const tiff = Uint8Array.from(commentToTiff('a cat'));
      tiff[at % tiff.length] = value;
      const text = tiffToComment(tiff);
      expect(text === null || typeof text === 'string').toBe(true);
    }),
  );
});

test('no place is made up for a text', () => {
  expect(() => withInfotext(Buffer.from('GIF89a'), 'x')).toThrow(RangeError);
  expect(() => withInfotext(Buffer.from('\xff\xd8\xff\xd9', 'latin1'), 'x'.repeat(40_000))).toThrow(RangeError);
});
