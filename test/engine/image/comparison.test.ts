import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { pictures } from '../../../src/engine/pictures.ts';

const plain = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
const numbers = [3, 127] as const;

describe('two pictures compared', () => {
  test.each([
    ['of one size', [600, 400], [600, 400]],
    ['of one shape', [600, 400], [1200, 800]],
    ['of different shapes', [600, 400], [900, 400]],
    ['that are enormous', [4000, 300], [300, 4000]],
    ['that are tiny', [16, 16], [17, 16]],
  ] as const)('%s fit beside each other, over each other and onto one map', async (_, a, b) => {
    const [one, other] = await Promise.all([plain(a[0], a[1], '#803020'), plain(b[0], b[1], '#208030')]);
    const side = await sharp((await pictures.compare(one, other, { style: 'side', numbers })).bytes).metadata();
    expect(side).toMatchObject({ format: 'png' });
    expect(side.width).toBeLessThanOrEqual(2048);
    const gif = await pictures.compare(one, other, { style: 'wipe', numbers });
    const frames = await sharp(gif.bytes).metadata();
    expect(frames).toMatchObject({ format: 'gif', pages: 24 });
    expect(Math.max(frames.width, frames.pageHeight ?? frames.height)).toBeLessThanOrEqual(512);
    expect(gif.bytes.length).toBeLessThanOrEqual(8_000_000);
    const map = await pictures.compare(one, other, { style: 'difference', numbers });
    expect(map.measured!.changed).toBe(1);
  });

  test('that are the same do not differ', async () => {
    const one = await plain(300, 200, '#445566');
    const { measured } = await pictures.compare(one, one, { style: 'difference', numbers });
    expect(measured).toEqual({ mean: 0, changed: 0 });
  });

  test('differ by ΔE: black and white are a hundred apart', async () => {
    const [black, white] = await Promise.all([plain(64, 64, '#000'), plain(64, 64, '#fff')]);
    const { measured } = await pictures.compare(black, white, { style: 'difference', numbers });
    expect(measured!.mean).toBeCloseTo(100, 0);
  });
});
