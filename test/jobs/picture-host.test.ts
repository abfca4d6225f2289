import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PictureProbe } from '../../src/edit/probe.ts';
import { readInfotext, withInfotext } from '../../src/engine/image/infotext-file.ts';
import { pictures } from '../../src/engine/index.ts';
import type { Refusal } from '../../src/errors.ts';
import { openPictureHost } from '../../src/jobs/picture-host.ts';
import { flatPng } from '../support/tiny-engine.ts';

let host: PictureProbe & AsyncDisposable;
beforeAll(() => {
  host = openPictureHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: Refusal) => error.code,
  );

/** Noise that nothing can compress. */
async function noise(side: number): Promise<Uint8Array> {
  const raw = { width: side, height: side, channels: 3 as const };
  return await sharp(randomBytes(3 * side * side), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

describe('a picture that comes in', () => {
  test('is turned upright and keeps nothing of its metadata but the infotext', async () => {
    const photo = sharp(
      await flatPng({ width: 60, height: 40 }, { left: 0, top: 0, width: 20, height: 20, color: '#f00' }),
    );
    const exif = { IFD0: { Artist: 'Ann' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 51/1 0/1' } };
    const jpeg = await photo.withMetadata({ orientation: 6 }).withExifMerge(exif).jpeg().toBuffer();
    const probed = await host.probe(jpeg);
    expect(probed).toMatchObject({ width: 40, height: 60, infotext: null, transparent: false });
    const meta = await sharp(probed.bytes).metadata();
    expect([meta.format, meta.exif, meta.icc, meta.orientation]).toEqual(['png', undefined, undefined, undefined]);
    expect(Buffer.from(probed.bytes).includes('Ann')).toBe(false);
  });

  test('brings its settings along', async () => {
    const text = 'a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x64';
    const probed = await host.probe(withInfotext(await flatPng({ width: 64, height: 64 }), text));
    expect(probed.infotext).toBe(text);
    expect(await readInfotext(probed.bytes)).toBe(text);
  });

  test('says whether something of it is transparent', async () => {
    const clear = await sharp({ create: { width: 32, height: 32, channels: 4, background: '#0000' } })
      .png()
      .toBuffer();
    expect((await host.probe(clear)).transparent).toBe(true);
  });

  test.each([
    ['nothing at all', new Uint8Array(), 'not-an-image'],
    ['a page', new TextEncoder().encode('<html><script>'), 'not-an-image'],
    [
      'random bytes behind a PNG signature',
      Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(200)]),
      'image-broken',
    ],
  ])('is refused when it is %s, and the next one is not', async (_, bytes, code) => {
    expect(await refusalOf(host.probe(bytes))).toBe(code);
    expect((await host.probe(await flatPng({ width: 32, height: 32 }))).width).toBe(32);
  });
});

test('a mask is measured by its brightness, or by its alpha where that varies', async () => {
  const half = await flatPng(
    { width: 64, height: 64, color: '#000' },
    { left: 0, top: 0, width: 32, height: 64, color: '#fff' },
  );
  expect(await host.checkMask(half)).toEqual({ blackAndWhite: 1, covered: 0.5, size: { width: 64, height: 64 } });
  expect((await host.checkMask(await flatPng({ color: '#888' }))).blackAndWhite).toBe(0);
  const corner = await sharp({ create: { width: 32, height: 32, channels: 4, background: '#00f' } })
    .png()
    .toBuffer();
  const clear = sharp({ create: { width: 64, height: 64, channels: 4, background: '#00f0' } });
  const byAlpha = await clear
    .composite([{ input: corner, left: 0, top: 0 }])
    .png()
    .toBuffer();
  expect((await host.checkMask(byAlpha)).covered).toBe(0.25);
});

describe('a picture that goes out', () => {
  test('goes as it is when it fits', async () => {
    const png = await flatPng({});
    const { bytes, ending } = await host.upload(png, 10_485_760);
    expect([Buffer.compare(bytes, png), ending]).toEqual([0, 'png']);
  });

  test.each([300, 200, 120])('is brought below %i kB with its settings', async (kilobytes) => {
    const text = 'noise\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 320x320';
    const limit = kilobytes * 1024;
    const { bytes, ending } = await host.upload(withInfotext(await noise(320), text), limit);
    expect(bytes.length).toBeLessThanOrEqual(limit - 64 * 1024);
    expect(['webp', 'jpg']).toContain(ending);
    expect(await readInfotext(bytes)).toBe(text);
  });

  test('has a thumbnail that keeps its shape', async () => {
    const { width, height, format } = await sharp(
      await host.thumbnail(await flatPng({ width: 400, height: 200 }), 100),
    ).metadata();
    expect([width, height, format]).toEqual([100, 50, 'webp']);
  });
});

test('the thread answers as the functions do', async () => {
  const png = await noise(64);
  const [there, here] = [await host.probe(png), await pictures.probe(png)];
  expect({ ...there, bytes: Buffer.from(there.bytes) }).toEqual({ ...here, bytes: Buffer.from(here.bytes) });
});
