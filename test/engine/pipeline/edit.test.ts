import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PartialParams, paramsFromInfotext, samplerNames } from '../../../src/edit/index.ts';
import { readInfotext } from '../../../src/engine/image/infotext-file.ts';
import type { Refusal } from '../../../src/errors.ts';
import { flatPng, openTinyEngine, pixelsOf, type TinyEngine } from '../../support/tiny-engine.ts';

let tiny: TinyEngine;
let photo: Uint8Array;
let mask: Uint8Array;
beforeAll(async () => {
  tiny = await openTinyEngine();
  photo = await flatPng({}, { left: 8, top: 8, width: 30, height: 50, color: '#d05020' });
  mask = await flatPng({ color: '#000' }, { left: 48, top: 48, width: 40, height: 32, color: '#fff' });
});
afterAll(() => tiny[Symbol.asyncDispose]());

const refused = (run: Promise<unknown>) =>
  run.then(
    () => 'nothing',
    (error: Refusal) => error.code,
  );

/** Largest change of any channel outside the mask's rectangle grown by `reach`. */
async function changeOutside(after: Uint8Array, reach: number): Promise<number> {
  const [a, b] = await Promise.all([photo, after].map(pixelsOf));
  let largest = 0;
  for (let i = 0; i < a!.data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % a!.width, Math.floor(i / 3 / a!.width)];
    if (x >= 48 - reach && x < 88 + reach && y >= 48 - reach && y < 80 + reach) continue;
    largest = Math.max(largest, Math.abs(a!.data[i]! - b!.data[i]!));
  }
  return largest;
}

describe('an edit', () => {
  test('of the same request has the same bytes, and another seed has others', async () => {
    const [a, b, c] = [
      await tiny.run({ init: photo }),
      await tiny.run({ init: photo }),
      await tiny.run({ init: photo, params: { seed: 6 } }),
    ];
    expect(Buffer.compare(a.images[0]!.image, b.images[0]!.image)).toBe(0);
    expect(Buffer.compare(a.images[0]!.image, c.images[0]!.image)).not.toBe(0);
  });

  test('has the same bytes whether its noise is drawn by the run or ahead of it', async () => {
    const sde = { sampler: 'DPM++ SDE', denoisingStrength: 1, steps: 10 } as const;
    await using fresh = await openTinyEngine(); // the first run starts the threads, and does not wait for them
    const [first, ...others] = [
      await fresh.run({ init: photo, params: sde }),
      await fresh.run({ init: photo, params: sde }),
      await fresh.run({ init: photo, params: sde }),
    ];
    for (const other of others) expect(Buffer.compare(other.images[0]!.image, first!.images[0]!.image)).toBe(0);
  });

  const words = Array.from({ length: 90 }, (_, i) => (i === 65 ? 'hat,' : 'red')).join(' ');
  test.each<readonly [PartialParams, PartialParams?]>([
    [{ padConds: true }],
    [{ padCondsV0: true }],
    [{ skipEarlyCond: 0.5 }],
    [{ sMinUncondAll: true }, { sMinUncond: 10 }],
    [{ useOldScheduling: true }, { prompt: '[cat:red house:1.0]' }],
    [{ commaPaddingBacktrack: 0 }],
    [{ enablePromptComments: false }, { prompt: 'a cat # on a red house' }],
  ])('follows %j, which its infotext carries', async (setting, more = {}) => {
    const usual = { prompt: words, negativePrompt: 'dog', ...more };
    const paint = async (params: PartialParams) => (await tiny.run({ init: photo, params })).images[0]!;
    const [plain, set] = [await paint(usual), await paint({ ...usual, ...setting })];
    const [pixels, others] = [await pixelsOf(plain.image), await pixelsOf(set.image)];
    expect(pixels.data.equals(others.data)).toBe(false);
    expect(paramsFromInfotext(set.infotext)).toMatchObject({ ...setting });
    expect(Buffer.compare((await paint(paramsFromInfotext(set.infotext))).image, set.image)).toBe(0);
  });

  test('writes into the picture what was asked', async () => {
    const asked = {
      prompt: 'a cat, (red:1.2)',
      negativePrompt: 'dog',
      steps: 5,
      cfgScale: 4.5,
      seed: 77,
      denoisingStrength: 0.6,
      clipSkip: 2,
    } as const;
    const { images } = await tiny.run({
      init: photo,
      params: { ...asked, sampler: 'DPM++ 2M', scheduler: 'Exponential' },
    });
    const text = await readInfotext(images[0]!.image);
    expect(text).toBe(images[0]!.infotext);
    expect(paramsFromInfotext(text!)).toMatchObject({
      ...asked,
      sampler: 'DPM++ 2M',
      scheduler: 'Exponential',
      checkpoint: 'palimpsest-tiny',
    });
  });

  test('tells every step, never goes back, and ends before the posting', async () => {
    const { progress, stepsRun } = await tiny.run({ init: photo, params: { denoisingStrength: 1, steps: 6 } });
    expect(stepsRun).toBe(6);
    expect(progress.map((p) => p.fraction)).toEqual(progress.map((p) => p.fraction).toSorted((a, b) => a - b));
    expect(progress.filter((p) => p.phase === 'sampling').map((p) => p.step)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(progress.at(-1)!.fraction).toBeLessThan(1);
  });

  test('stops within a step when it is cancelled, and the engine goes on', async () => {
    expect(await refused(tiny.run({ init: photo, params: { steps: 50 }, cancelAfter: 6 }))).toBe('cancelled');
    expect((await tiny.run({ init: photo })).images).toHaveLength(1);
  });

  test('makes the pictures of a batch as they would be made one by one', async () => {
    const { images } = await tiny.run({ init: photo, params: { batchSize: 2, batchCount: 2, steps: 2 } });
    expect(images.map((i) => i.seed)).toEqual([5, 6, 7, 8]);
    const alone = await tiny.run({ init: photo, params: { seed: 7, steps: 2 } });
    const [a, b] = await Promise.all([images[2]!.image, alone.images[0]!.image].map(pixelsOf));
    const largest = a!.data.reduce((most, v, i) => Math.max(most, Math.abs(v - b!.data[i]!)), 0);
    expect(largest).toBeLessThanOrEqual(2); // batched sums round differently
  });

  test.each(samplerNames)('runs with %s', async (sampler) => {
    const { images } = await tiny.run({
      init: photo,
      width: 64,
      height: 64,
      params: { sampler, steps: 3, denoisingStrength: 0.9 },
    });
    expect(images[0]!.infotext).toContain(`Sampler: ${sampler}`);
  });

  test.each(['just resize', 'crop and resize', 'resize and fill', 'latent upscale'] as const)(
    'gives the size asked for: %s',
    async (resizeMode) => {
      const { images } = await tiny.run({ init: photo, width: 192, height: 128, params: { resizeMode, steps: 2 } });
      expect([images[0]!.width, images[0]!.height]).toEqual([192, 128]);
    },
  );
});

describe('an inpaint', () => {
  test.each(['fill', 'original', 'latent noise', 'latent nothing'] as const)(
    'with %s leaves everything else as it was',
    async (maskedContent) => {
      const { images } = await tiny.run({
        init: photo,
        mask,
        params: { maskedContent, denoisingStrength: 1, maskBlur: 4 },
      });
      expect(await changeOutside(images[0]!.image, 10)).toBe(0);
    },
  );

  test('of only the masked area keeps the size of the picture', async () => {
    const { images } = await tiny.run({
      init: photo,
      mask,
      params: { inpaintArea: 'only masked', onlyMaskedPadding: 8 },
    });
    expect([images[0]!.width, images[0]!.height]).toEqual([128, 128]);
    expect(images[0]!.infotext).toContain('Inpaint area: Only masked, Masked area padding: 8');
    expect(await changeOutside(images[0]!.image, 10)).toBe(0);
  });

  test('of what is not masked changes all but the mask', async () => {
    const params = { maskMode: 'inpaint not masked', maskBlur: 0, denoisingStrength: 1 } as const;
    const { images } = await tiny.run({ init: photo, mask, params });
    expect(await changeOutside(images[0]!.image, 0)).toBeGreaterThan(20);
  });

  test('takes a black mask the other way round, and a mask of another size stretched', async () => {
    const black = await flatPng({ color: '#fff' }, { left: 48, top: 48, width: 40, height: 32, color: '#000' });
    const small = await flatPng(
      { width: 64, height: 64, color: '#000' },
      { left: 24, top: 24, width: 20, height: 16, color: '#fff' },
    );
    const usual = await tiny.run({ init: photo, mask });
    const inverted = await tiny.run({ init: photo, mask: black, read: 'black' });
    expect(Buffer.compare(usual.images[0]!.image, inverted.images[0]!.image)).toBe(0);
    expect(await changeOutside((await tiny.run({ init: photo, mask: small })).images[0]!.image, 12)).toBe(0);
  });

  test('refuses a mask of another shape, and one that marks nothing', async () => {
    expect(await refused(tiny.run({ init: photo, mask: await flatPng({ width: 128, height: 96 }) }))).toBe('mask-size');
    expect(await refused(tiny.run({ init: photo, mask: await flatPng({ color: '#000' }) }))).toBe('mask-empty');
    const full = await flatPng({ color: '#fff' });
    expect(await refused(tiny.run({ init: photo, mask: full, params: { maskMode: 'inpaint not masked' } }))).toBe(
      'mask-empty',
    );
  });

  test('with soft inpainting changes the picture under the mask', async () => {
    const { images } = await tiny.run({ init: photo, mask, params: { softInpainting: true, denoisingStrength: 1 } });
    expect(images[0]!.infotext).toContain('Soft inpainting enabled: True');
    expect(Buffer.compare(images[0]!.image, photo)).not.toBe(0);
  });
});

describe('what cannot be done is refused, and harms nothing', () => {
  test.each([
    ['a file that is no picture', async () => tiny.run({ init: new TextEncoder().encode('<html>') }), 'not-an-image'],
    ['half a picture', async () => tiny.run({ init: photo.subarray(0, photo.length / 2) }), 'image-broken'],
    ['a model nobody has', async () => tiny.run({ init: photo, params: { checkpoint: 'nowhere' } }), 'unknown-name'],
    [
      'a LoRA nobody has',
      async () => tiny.run({ init: photo, params: { prompt: 'a cat <lora:hat:0.8>' } }),
      'unknown-name',
    ],
  ] as const)('%s', async (_, run, code) => {
    expect(await refused(run())).toBe(code);
    expect((await tiny.run({ init: photo, params: { steps: 1 } })).images).toHaveLength(1);
  });
});
