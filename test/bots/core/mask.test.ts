import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, file, type Posted, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
let here: PlaceId;
let picture: Buffer;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
  picture = await solidPng(64, 64, '#000000');
});
afterAll(() => chat[Symbol.asyncDispose]());
const enter = () => {
  here = platform.newRoom();
  return { in: here };
};

/** A mask whose left half is white. */
function halfMask(width = 64, height = 64): Promise<Buffer> {
  const white = { create: { width: width / 2, height, channels: 3, background: '#ffffff' } } as const;
  return sharp({ create: { width, height, channels: 3, background: '#000000' } })
    .composite([{ input: white, left: 0, top: 0 }])
    .png()
    .toBuffer();
}

/** A picture whose left half is transparent. */
async function halfTransparent(): Promise<Buffer> {
  const hole = { create: { width: 32, height: 64, channels: 4, background: '#000000ff' } } as const;
  return sharp(picture)
    .ensureAlpha()
    .composite([{ input: hole, left: 0, top: 0, blend: 'dest-out' }])
    .png()
    .toBuffer();
}

/** Whether the left and the right half of a result were repainted; the source is black. */
async function repainted({ card }: Posted): Promise<readonly [boolean, boolean]> {
  const bytes = await chat.storage.blobs.get(card.images[0]!.source as never);
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const isPainted = (x: number) => data.subarray(x * info.channels, x * info.channels + 3).some((v) => v > 0);
  return [isPainted(8), isPainted(info.width - 8)];
}

describe('an uploaded mask', () => {
  test('beside a sketch repaints a part of what was painted over', async () => {
    const place = platform.newRoom();
    const files = [file(picture), file(await solidPng(64, 64, '#f00'), 'sketch'), file(await halfMask(), 'mask')];
    await platform.command(ann, 'edit', { prompt: 'x' }, { in: place, files });
    const { request } = (await chat.nodeOf(await chat.result(place))).task!;
    expect(request).toMatchObject({ mask: { kind: 'image' }, sketch: { kind: 'sketch' } });
  });

  test('repaints what is white, by the inpaint command', async () => {
    const place = enter();
    const files = [file(picture), file(await halfMask(), 'mask')];
    await platform.command(ann, 'inpaint', { prompt: 'a red hat' }, { ...place, files });
    await chat.useMask(here);
    const result = await chat.result(here);
    expect(wordsOf(result.card)).toMatch(/^#1 · inpaint · @Ann\n"a red hat"\nstrength 0\.75 /);
    expect(await repainted(result)).toEqual([true, false]);
  });

  test('repaints what is black when the mask mode says so', async () => {
    const place = enter();
    const files = [file(picture), file(await halfMask(), 'mask')];
    await platform.command(
      ann,
      'inpaint',
      { prompt: 'a red hat', 'mask-mode': 'inpaint not masked' },
      { ...place, files },
    );
    await chat.useMask(here);
    expect(await repainted(await chat.result(here))).toEqual([false, true]);
  });

  test('is read by its transparency where that varies', async () => {
    const place = enter();
    const files = [file(picture), file(await halfTransparent(), 'mask')];
    await platform.command(ann, 'inpaint', { prompt: 'a red hat' }, { ...place, files });
    await chat.useMask(here);
    expect(await repainted(await chat.result(here))).toEqual([false, true]);
  });

  test('may have another size of the same shape, not another shape', async () => {
    const place = enter();
    const inpaint = async (mask: Buffer) =>
      platform.command(
        ann,
        'inpaint',
        { prompt: 'a red hat' },
        { ...place, files: [file(picture), file(mask, 'mask')] },
      );
    await inpaint(await halfMask(32, 32));
    await chat.useMask(here);
    expect(await repainted(await chat.result(here))).toEqual([true, false]);
    await inpaint(await halfMask(64, 32));
    expect(chat.lastTold()).toContain('The mask is 64×32, the picture 64×64');
  });

  test('that marks nothing is refused, one that marks everything is no mask', async () => {
    const place = enter();
    const inpaint = async (mask: Buffer, options = {}) =>
      platform.command(
        ann,
        'inpaint',
        { prompt: 'a red hat', ...options },
        { ...place, files: [file(picture), file(mask, 'mask')] },
      );
    await inpaint(await solidPng(64, 64, '#000000'));
    expect(chat.lastTold()).toMatch(/^⚠ The mask is empty\n/);
    await inpaint(await solidPng(64, 64, '#ffffff'), { 'mask-mode': 'inpaint not masked' });
    expect(chat.lastTold()).toMatch(/^⚠ The mask is empty\n/);
    await inpaint(await solidPng(64, 64, '#ffffff'));
    const result = await chat.result(here);
    expect(result.card.lines.at(-1)).toContain('The mask covers everything');
    expect((await chat.nodeOf(result)).task!.request.mask).toBeNull();
  });

  test('is recognised as the second of two pictures', async () => {
    const place = enter();
    await platform.say(ann, 'a red hat', { ...place, files: [picture, await halfMask()] });
    await chat.useMask(here);
    expect(await repainted(await chat.result(here))).toEqual([true, false]);
  });

  test('is recognised in a reply to a picture of ours', async () => {
    const place = enter();
    await platform.say(ann, 'a red hat', { ...place, files: [picture] });
    const first = await chat.result(here);
    await platform.say(bo, 'a blue hat', { ...place, files: [await halfMask()], replyTo: first.id });
    await chat.useMask(here, bo);
    const second = await chat.result(here, 1);
    expect(wordsOf(second.card)).toContain('#2 · inpaint · @Bo');
    expect((await chat.nodeOf(second)).parent).toBe((await chat.nodeOf(first)).id);
  });

  test('that is not black and white needs the word', async () => {
    const place = enter();
    const grey = await sharp(await halfMask())
      .linear(0.7)
      .png()
      .toBuffer();
    await platform.say(ann, 'a red hat', { ...place, files: [picture, grey] });
    expect((await chat.result(here)).card.lines.at(-1)).toContain('Picture 1/2');
    await platform.say(ann, '2/2 a red hat', { ...place, files: [picture, grey] });
    const alone = (await chat.nodeOf(await chat.result(here, 1))).task!.request;
    expect(await chat.storage.blobs.get(alone.init)).toEqual(grey);
    expect(alone.params.prompt).toBe('a red hat');
    await platform.say(ann, 'mask: a red hat', { ...place, files: [picture, grey] });
    await chat.useMask(here);
    const second = await chat.result(here, 2);
    expect(wordsOf(second.card)).toContain('"a red hat"');
    expect(await repainted(second)).toEqual([true, false]);
  });
});

describe('without a mask', () => {
  test('transparent parts of the picture are repainted', async () => {
    const place = enter();
    await platform.command(ann, 'inpaint', { prompt: 'a red hat' }, { ...place, files: [await halfTransparent()] });
    const result = await chat.result(here);
    expect(await repainted(result)).toEqual([true, false]);
    expect(buttonsOf(result.card).map((b) => b.label)).not.toContain('Same mask');
  });

  test('an opaque picture is refused with how to send one', async () => {
    await platform.command(ann, 'inpaint', { prompt: 'a red hat' }, { ...enter(), files: [picture] });
    expect(chat.lastTold()).toMatch(/^⚠ Where shall I repaint\?\n/);
  });
});

test('Same mask repaints the same part of the result, and says whose mask it is', async () => {
  const place = enter();
  await platform.say(ann, 'a red hat', { ...place, files: [picture, await halfMask()] });
  await chat.useMask(here);
  const first = await chat.result(here);
  await platform.press(bo, first, 'Same mask');
  const second = await chat.result(here, 1);
  expect(wordsOf(second.card)).toMatch(/^#2 · same mask again · @Bo\n/);
  expect(wordsOf(second.card)).toContain('from #1 · mask by @Ann · base by @Ann');
  const [a, b] = [await chat.nodeOf(first), await chat.nodeOf(second)];
  expect(b.parent).toBe(a.id);
  expect(b.task!.request).toMatchObject({ init: a.image.ref, mask: a.task!.request.mask });
  expect(b.seed).not.toBe(a.seed);
  expect(await repainted(second)).toEqual([true, false]);
});
