import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { decodePicture } from '../../../src/engine/image/decode.ts';
import { resizedPng } from '../../../src/engine/image/resized.ts';
import { solidPng } from '../../support/jobs.ts';
import { halfMask } from '../../support/running-bot.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, file, type TestPlatform } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());

/** The button below what was told last. */
async function press(label: string, place: PlaceId, user = ann): Promise<void> {
  const { card } = platform.told.at(-1)!;
  await platform.press(user, { id: 'told', place, card }, label);
}

describe('a way on from a refusal', () => {
  test('stretches a mask of another shape', async () => {
    const place = platform.newRoom();
    const files = [file(await solidPng(64, 64)), file(await halfMask(128, 64), 'mask')];
    await platform.command(ann, 'inpaint', { prompt: 'x' }, { in: place, files });
    expect(chat.lastTold()).toContain('The mask does not fit the picture');
    await press('Stretch', place, bo);
    expect(chat.lastTold()).toContain('not yours');
    platform.told.pop();
    await press('Stretch', place);
    await chat.useMask(place);
    const { request } = (await chat.nodeOf(await chat.result(place))).task!;
    const mask = request.mask?.kind === 'image' ? await chat.storage.blobs.get(request.mask.blob) : new Uint8Array();
    expect(await sharp(mask).metadata()).toMatchObject({ width: 64, height: 64 });
  });

  test('makes a picture smaller that has too many pixels', async () => {
    const large = await sharp({ create: { width: 8000, height: 6000, channels: 3, background: '#369' } })
      .jpeg({ quality: 40 })
      .toBuffer();
    await expect(decodePicture(large)).rejects.toMatchObject({ code: 'image-too-large' });
    const small = await sharp(await resizedPng(large, { megapixels: 1 })).metadata();
    expect(small.width * small.height).toBeLessThanOrEqual(1e6);
    expect(small.width / small.height).toBeCloseTo(8 / 6, 2);
    await expect(resizedPng(Buffer.from('%PDF-1.4 no picture'), { megapixels: 1 })).rejects.toMatchObject({
      code: 'not-an-image',
    });
  });

  test('of a picture that is too large asks the same of a smaller one', async () => {
    const place = platform.newRoom();
    const bytes = await sharp({ create: { width: 8000, height: 6000, channels: 3, background: '#369' } })
      .jpeg({ quality: 40 })
      .toBuffer();
    await platform.say(ann, 'a meadow --size 64x64', { in: place, files: [bytes] });
    expect(chat.lastTold()).toContain('megapixels');
    await press('Downscale and go on', place);
    const node = await chat.nodeOf(await chat.result(place));
    const root = (await chat.storage.lineage.above(node))!;
    expect(root.image.width * root.image.height).toBeLessThanOrEqual(40e6);
    expect(node.task!.request.params.prompt).toBe('a meadow');
  });

  test.each([
    ['a value in advanced', { advanced: 'seed=200 steps=200 cfg=5' }, '150', { seed: 200, steps: 150, cfgScale: 5 }],
    ['a name in advanced', { advanced: 'sampler="Eulr a", steps=3' }, 'Euler a', { sampler: 'Euler a', steps: 3 }],
    ['a key in advanced', { advanced: 'steps=3 sed=7' }, 'seed', { steps: 3, seed: 7 }],
    ['a size too large', { size: '9000x4500' }, '1768x880', { size: '1768x880' }],
  ] as const)('is the nearest that can be, for %s', async (_, options, label, expected) => {
    const place = platform.newRoom();
    const files = [file(await solidPng(64, 64))];
    await platform.command(ann, 'edit', { prompt: 'a 200 hat', ...options }, { in: place, files });
    await press(label, place);
    const { params } = (await chat.nodeOf(await chat.result(place))).task!.request;
    expect(params).toMatchObject({ prompt: 'a 200 hat', ...expected });
  });

  test.each([
    ['a 3 headed cat --strength 3 --seed 3', '1', { prompt: 'a 3 headed cat', denoisingStrength: 1, seed: 3 }],
    ['steps --stpes 9', 'steps', { prompt: 'steps', steps: 9 }],
    ['a cat --size 9x', '1248x1248', { prompt: 'a cat', size: '1248x1248' }],
  ])('is the nearest that can be, in the words %j', async (text, label, expected) => {
    const place = platform.newRoom();
    await platform.say(ann, text, { in: place, files: [await solidPng(256, 256)] });
    await press(label, place);
    expect((await chat.nodeOf(await chat.result(place))).task!.request.params).toMatchObject(expected);
  });

  test('is not offered where it would change nothing', async () => {
    const place = platform.newRoom();
    const files = [file(await solidPng(64, 64))];
    await platform.command(ann, 'edit', { prompt: 'x', advanced: 'prompt=a cat' }, { in: place, files });
    expect(chat.lastTold()).toContain('I do not know the option "cat"');
    expect(buttonsOf(platform.told.at(-1)!.card)).toEqual([]);
  });

  test('of a blurred latent upscale is the strength that makes it sharp', async () => {
    const place = platform.newRoom();
    const files = [file(await solidPng(64, 64))];
    const options = { prompt: 'x', resize: 'latent upscale', strength: 0.3, size: '2x' };
    await platform.command(ann, 'edit', options, { in: place, files });
    const blurred = await chat.result(place);
    await platform.press(ann, blurred, 'Set 0.55');
    const sharper = await chat.result(place, 1);
    const [a, b] = await Promise.all([chat.nodeOf(blurred), chat.nodeOf(sharper)]);
    expect(b.task!.request.params).toEqual({ ...a.task!.request.params, denoisingStrength: 0.55 });
    expect(buttonsOf(sharper.card).map(({ label }) => label)).not.toContain('Set 0.55');
  });
});
