import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BlobRef } from '../../../src/edit/blob.ts';
import { defaultParams, type Params } from '../../../src/edit/fields.ts';
import { maskBlurs } from '../../../src/edit/mask-blur.ts';
import type { EditRequest, Progress } from '../../../src/edit/request.ts';
import { decodePicture } from '../../../src/engine/image/decode.ts';
import { crop } from '../../../src/engine/image/paste.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { edit } from '../../../src/engine/pipeline/edit.ts';
import { requestMask } from '../../../src/engine/pipeline/request-mask.ts';
import { sketched } from '../../../src/engine/pipeline/sketched.ts';
import { refusalOf } from '../../support/refusal.ts';
import { rectangleMask, samePicture, someRegion } from '../image/arbitraries.ts';
import { plainModels, plainReporter } from './plain-networks.ts';

const models = await plainModels();
const side = 96;
const photo: Picture = {
  ...{ width: side, height: side, channels: 3 },
  data: Uint8Array.from({ length: side * side * 3 }, (_, i) => (Math.imul(i, 2654435761) >>> 24) % 256),
};
const few = { steps: 4, seed: 3, subseed: 3, prompt: 'a cat', checkpoint: 'plain' } as const;

async function run(given: Partial<Params>, sources: Parameters<typeof edit>[2] = { init: photo, mask: null }) {
  const params: Params = { ...defaultParams, ...few, ...given };
  const request: EditRequest = { version: 1, init: '' as BlobRef, mask: null, width: 64, height: 64, params };
  const outcome = await edit(models, request, sources, plainReporter());
  return { ...outcome, pictures: await Promise.all(outcome.images.map(({ image }) => decodePicture(image))) };
}

/** Reach of a mask blur: half the kernel, which is 2 · ⌊2.5 σ + ½⌋ + 1 px long. */
const reach = (blur: number) => Math.floor(2.5 * blur + 0.5);

describe('an inpaint', () => {
  test('changes nothing further from the mask than its blur reaches, whatever the settings', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom({ width: side, height: side }, { width: 91, height: 83 }).chain((size) => {
          return fc.tuple(
            fc.constant(crop(photo, { x1: 0, y1: 0, x2: size.width, y2: size.height })),
            someRegion(size),
          );
        }),
        fc.record({
          maskBlur: fc.integer({ min: 0, max: 6 }),
          maskBlurX: fc.integer({ min: -1, max: 6 }),
          maskBlurY: fc.integer({ min: -1, max: 6 }),
          inpaintArea: fc.constantFrom('whole picture', 'only masked'),
          onlyMaskedPadding: fc.integer({ min: 0, max: 256 }),
          maskedContent: fc.constantFrom('fill', 'original', 'latent noise', 'latent nothing'),
          sampler: fc.constantFrom('Euler a', 'DPM++ 2M', 'DDIM'),
          colorCorrection: fc.boolean(),
        }) as fc.Arbitrary<Partial<Params>>,
        async ([init, region], asked) => {
          // the whole of a picture whose sides are no eights would be resized
          const given = init.width === side ? asked : { ...asked, inpaintArea: 'only masked' as const };
          const source = { kind: 'image', blob: '' as BlobRef, read: 'white' } as const;
          const params = { ...defaultParams, ...given };
          const mask = requestMask(rectangleMask(init, region), source, params, init);
          const whole = given.inpaintArea === 'whole picture';
          const size = { width: whole ? side : 64, height: whole ? side : 64 };
          const request: EditRequest = {
            ...{ version: 1, init: '' as BlobRef, mask: source, ...size },
            params: { ...params, ...few },
          };
          const outcome = await edit(models, request, { init, mask }, plainReporter());
          const { data } = await decodePicture(outcome.images[0]!.image);
          expect(data).toHaveLength(init.data.length);
          const { x: acrossBlur, y: downBlur } = maskBlurs(params);
          const [across, down] = [reach(acrossBlur), reach(downBlur)];
          const strays = data.findIndex((v, i) => {
            const [x, y] = [Math.floor(i / 3) % init.width, Math.floor(i / 3 / init.width)];
            const isBeside = x < region.x1 - across || x >= region.x2 + across;
            return (isBeside || y < region.y1 - down || y >= region.y2 + down) && v !== init.data[i];
          });
          expect(strays).toBe(-1);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('gives mask and mask composite beside every picture, in this order, when asked', async () => {
    const mask = rectangleMask(photo, { x1: 20, y1: 20, x2: 60, y2: 60 });
    const both = { returnMask: true, returnMaskComposite: true, batchSize: 2 };
    const { images, pictures } = await run(both, { init: photo, mask });
    expect(images.map(({ role }) => role)).toEqual([
      ...[undefined, 'mask', 'mask composite', undefined, 'mask', 'mask composite'],
    ]);
    expect(pictures[2]!.channels).toBe(4);
    expect((await run(both)).images).toHaveLength(2); // without a mask there is none to give
  });
});

describe('a batch', () => {
  const same = async (given: Partial<Params>) => {
    const together = await run({ ...given, batchSize: 2 });
    const first = await run({ ...given, seed: few.seed });
    const second = await run({ ...given, seed: few.seed + 1 });
    const apart = [...first.pictures, ...second.pictures];
    expect(together.images.map(({ seed }) => seed)).toEqual([few.seed, few.seed + 1]);
    for (const [i, picture] of together.pictures.entries()) expect(samePicture(picture, apart[i]!)).toBe(true);
  };

  test.each(['Euler a', 'DPM++ 2M SDE', 'UniPC', 'DPM++ SDE'] as const)(
    'of two is two single edits, byte for byte: %s',
    (sampler) => same({ sampler, denoisingStrength: 0.9 }),
  );

  test('of batches is the same again', async () => {
    const [one, two] = [await run({ batchSize: 2 }), await run({ batchCount: 2 })];
    for (const [i, picture] of one.pictures.entries()) expect(samePicture(picture, two.pictures[i]!)).toBe(true);
  });
});

describe('scripts', () => {
  test('keep the picture inside what they add: outpainting and its inverse crop', async () => {
    const { pictures } = await run({ script: 'outpainting mk2', pixels: 16, direction: 'right', mk2MaskBlur: 2 });
    expect([pictures[0]!.width, pictures[0]!.height]).toEqual([128, side]);
    const kept = side - 4 * 2 - 4 * reach(2) - 8; // the mask, its fourfold blur, and latents of eight pixels
    const strays = photo.data.findIndex((v, i) => {
      const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
      return x < kept && v !== pictures[0]!.data[(y * 128 + x) * 3 + (i % 3)];
    });
    expect(strays).toBe(-1);
  });

  test('tell one stretch of work, and stop in the middle of it when cancelled', async () => {
    const heard: Progress[] = [];
    const params: Params = { ...defaultParams, ...few, script: 'SD upscale', sdUpscaler: 'Lanczos', overlap: 16 };
    const request: EditRequest = { version: 1, init: '' as BlobRef, mask: null, width: 64, height: 64, params };
    const sources = { init: photo, mask: null };
    const outcome = await edit(
      models,
      request,
      sources,
      plainReporter((p) => heard.push(p)),
    );
    const fractions = heard.map(({ fraction }) => fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(heard.filter(({ phase }) => phase === 'sampling').at(-1)!.step).toBe(outcome.stepsRun);
    expect(outcome.images[0]).toMatchObject({ width: 192, height: 192 });
    let calls = 0;
    const cancelled = plainReporter(
      () => calls++,
      () => calls > 12,
    );
    await expect(edit(models, request, sources, cancelled)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('an inpaint sketch', () => {
  const painted: Picture = { ...photo, data: photo.data.map((v, i) => (i < 3 * side * 10 ? 255 - v : v)) };
  const params: Params = { ...defaultParams, ...few, maskBlur: 2 };

  test('repaints where any channel differs, and leaves the rest alone', async () => {
    const sources = sketched(photo, painted, 'inpaint sketch', params);
    expect(sources.mask!.data.filter((v) => v === 255)).toHaveLength(10 * side);
    const request: EditRequest = { version: 1, init: '' as BlobRef, mask: null, width: side, height: side, params };
    const outcome = await edit(models, request, sources, plainReporter());
    const { data } = await decodePicture(outcome.images[0]!.image);
    const below = 3 * side * (10 + 8); // three box blurs of the strokes end before that, and so does the mask's blur
    expect(Buffer.compare(data.subarray(below), photo.data.subarray(below))).toBe(0);
    expect(Buffer.compare(data.subarray(0, 3 * side * 10), photo.data.subarray(0, 3 * side * 10))).not.toBe(0);
  });

  test('may be given as strokes alone', () => {
    const strokes = new Uint8Array(4 * side * side);
    for (let i = 0; i < 10 * side; i++) strokes.set([...painted.data.subarray(3 * i, 3 * i + 3), 255], 4 * i);
    const overlay: Picture = { ...photo, channels: 4, data: strokes };
    const [whole, layer] = [painted, overlay].map((im) => sketched(photo, im, 'inpaint sketch', params));
    expect(samePicture(whole!.init, layer!.init) && samePicture(whole!.mask!, layer!.mask!)).toBe(true);
  });

  test('is refused when it shows nothing, or is of another size', () => {
    expect(refusalOf(() => sketched(photo, photo, 'inpaint sketch', params))).toMatchObject({
      code: 'sketch-unchanged',
    });
    const small: Picture = { ...photo, height: 1, data: photo.data.subarray(0, 3 * side) };
    expect(refusalOf(() => sketched(photo, small, 'sketch', params))).toMatchObject({ code: 'sketch-size' });
  });
});
