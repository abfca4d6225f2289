import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePicture } from '../../../src/engine/image/decode.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTinyEngine, type TinyEngine } from '../../support/tiny-engine.ts';

let tiny: TinyEngine;
beforeAll(async () => {
  tiny = await openTinyEngine();
});
afterAll(() => tiny[Symbol.asyncDispose]());

test('extras enlarge without painting and say so in the infotext', async () => {
  const params = { script: 'extras', scaleFactor: 1.5, sdUpscaler: 'Nearest' } as const;
  const { images, stepsRun } = await tiny.run({ init: await solidPng(64, 48, '#204060'), params });
  const [made] = images;
  expect(made).toMatchObject({ width: 96, height: 72 });
  expect(made!.infotext).toBe('Postprocess upscale by: 1.5, Postprocess upscaler: Nearest');
  expect(stepsRun).toBe(0);
  expect([...(await decodePicture(made!.image)).data.subarray(0, 3)]).toEqual([0x20, 0x40, 0x60]);
});

test('outpainting in two passes grows twice, and keeps the picture where it was', async () => {
  const params = { script: "poor man's outpainting", direction: 'right', pixels: 64, outpaintPasses: 2 } as const;
  const init = await solidPng(128, 128, '#204060');
  const { images } = await tiny.run({ init, params: { ...params, steps: 2 } });
  expect(images[0]).toMatchObject({ width: 256, height: 128 });
  const { data } = await decodePicture(images[0]!.image);
  expect([...data.subarray(0, 3)]).toEqual([0x20, 0x40, 0x60]);
});
