import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeId, PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, buttonsOf, file, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());

/** The picture a place's result shows, and what made it. */
async function nodeOf(place: PlaceId, n = 0) {
  const { card } = await chat.result(place, n);
  const node = await chat.storage.lineage.node(buttonsOf(card)[0]!.target as NodeId);
  return { card, node: node!, request: node!.task!.request };
}

/** A picture with a stroke along its top, red unless another colour is wanted. */
async function painted(background = '#f00'): Promise<Buffer> {
  const stroke = { create: { width: 64, height: 8, channels: 3, background } } as const;
  const input = await sharp(stroke).png().toBuffer();
  return sharp(await solidPng(64, 64))
    .composite([{ input, left: 0, top: 0 }])
    .png()
    .toBuffer();
}

describe('a script', () => {
  test('has a command of its own, with what its page recommends', async () => {
    const place = platform.newRoom();
    const options = { prompt: 'a meadow', direction: 'left right', pixels: 64 };
    await platform.command(ann, 'outpaint', options, { in: place, files: [await solidPng(64, 64)] });
    const { card, request, node } = await nodeOf(place);
    expect(request.params).toMatchObject({ script: 'outpainting mk2', pixels: 64, denoisingStrength: 0.8 });
    expect(request.script).toMatchObject({ width: 192, height: 64, runs: 2 });
    expect(node.op).toBe('outpaint');
    expect(card.title).toMatch(/^#1 · outpaint/);
  });

  test('can be named in any text, its controls beside it', async () => {
    const place = platform.newRoom();
    const text = 'a meadow --script loopback --loops 2 --final-strength 0.3';
    await platform.say(ann, text, { in: place, files: [await solidPng(64, 64)] });
    const { request } = await nodeOf(place);
    expect(request.params).toMatchObject({
      script: 'loopback',
      loops: 2,
      finalDenoisingStrength: 0.3,
      prompt: 'a meadow',
    });
  });

  test('that cannot be is refused with a way out', async () => {
    const place = platform.newRoom();
    await platform.command(
      ann,
      'upscale',
      { factor: 4, overlap: 16 },
      { in: place, files: [await solidPng(2000, 64)] },
    );
    expect(wordsOf(platform.told.at(-1)!.card)).toContain('The result would be too large');
    await platform.command(
      ann,
      'outpaint',
      {},
      { in: place, files: [await solidPng(64, 64), file(await painted('#fff'), 'mask')] },
    );
    expect(wordsOf(platform.told.at(-1)!.card)).toContain('takes no mask');
  });
});

describe('a sketch', () => {
  test('sent as one is an inpaint sketch of the picture it is painted on', async () => {
    const place = platform.newRoom();
    const files = [await solidPng(64, 64), file(await painted(), 'sketch')];
    await platform.command(
      ann,
      'sketch',
      { prompt: 'a red roof', mode: 'inpaint sketch', 'mask-alpha': 60 },
      { in: place, files },
    );
    const { card, request, node } = await nodeOf(place);
    expect(request.sketch).toMatchObject({ kind: 'inpaint sketch' });
    expect(request.mask).toBeNull();
    expect(node.op).toBe('inpaint');
    expect(wordsOf(card)).toContain('repaints nothing without soft inpainting');
    await platform.press(ann, await chat.result(place), 'Again');
    expect((await nodeOf(place, 1)).request.sketch).toEqual(request.sketch);
  });

  test('in reply to a picture, called a sketch, is edited as it is', async () => {
    const place = platform.newRoom();
    await platform.say(ann, 'a house', { in: place, files: [await solidPng(64, 64)] });
    const { id } = await chat.result(place);
    const { node } = await nodeOf(place);
    const input = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#ff8800' } })
      .png()
      .toBuffer();
    const drawn = sharp(await chat.storage.blobs.get(node.image.ref)).composite([{ input, left: 8, top: 8 }]);
    await platform.say(ann, 'sketch: a red roof', { in: place, replyTo: id, files: [await drawn.png().toBuffer()] });
    await chat.useMask(place);
    const { request } = await nodeOf(place, 1);
    expect(request.sketch).toMatchObject({ kind: 'sketch' });
    expect(request.params.prompt).toBe('a red roof');
  });

  test('of another size is refused', async () => {
    const place = platform.newRoom();
    const files = [await solidPng(96, 64), file(await painted(), 'sketch')];
    await platform.command(ann, 'edit', { prompt: 'a red roof' }, { in: place, files });
    expect(wordsOf(platform.told.at(-1)!.card)).toContain('The sketch does not fit the picture');
  });
});
