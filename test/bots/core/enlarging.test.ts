import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../src/bots/core/limits.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { pictureOf, scene } from '../../support/scribbles.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, type Posted, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
let picture: Buffer;
beforeAll(async () => {
  chat = await openTestChat({ limits: { ...defaultLimits, creditsPerHour: 100_000 } });
  platform = chat.platform;
  picture = await scene(2, 512, 512);
});
afterAll(() => chat[Symbol.asyncDispose]());

/** A first result in a room of its own. */
async function begun(size = '--size 512x512'): Promise<{ readonly place: PlaceId; readonly first: Posted }> {
  const place = platform.newRoom();
  await platform.say(ann, `a meadow ${size}`, { in: place, files: [picture] });
  return { place, first: await chat.result(place) };
}

async function dialogOf(place: PlaceId, first: Posted): Promise<Posted> {
  await platform.press(ann, first, 'Outpaint…');
  return chat.until(() => platform.standing(place).findLast(({ card }) => card.title.startsWith('Enlarge')));
}

const press = async (dialog: Posted, ...labels: readonly string[]) => {
  for (const label of labels) await platform.press(ann, dialog, label);
};
const isOn = (dialog: Posted) =>
  buttonsOf(dialog.card)
    .filter((b) => b.style === 'primary')
    .map((b) => b.label);

describe('the outpaint dialog', () => {
  test('begins as A1111 does, and shows the new frame with every press', async () => {
    const { place, first } = await begun();
    const dialog = await dialogOf(place, first);
    expect(isOn(dialog)).toEqual(['⬅️', '⬆️', '⬇️', '➡️', '128 px', 'mk2', 'Go']);
    expect(wordsOf(dialog.card)).toContain('512×512 → 768×768');
    const shown = await pictureOf(await chat.storage.blobs.get(dialog.card.images[0]!.source as never));
    expect([shown.width, shown.height]).toEqual([768, 768]);
    await press(dialog, '⬆️', '⬇️', '64 px');
    expect(wordsOf(dialog.card)).toContain('512×512 → 640×512');
    expect(dialog.history).toHaveLength(4);
  });

  test('grows what was chosen, from the words of the picture, and its seams can be repaired', async () => {
    const { place, first } = await begun();
    const dialog = await dialogOf(place, first);
    await press(dialog, '⬆️', '⬇️', '➡️', 'Go');
    const wide = await chat.result(place, 1);
    const { task, op } = await chat.nodeOf(wide);
    expect(op).toBe('outpaint');
    expect(task!.request.script).toMatchObject({ width: 640, height: 512, runs: 1 });
    expect(task!.request.params).toMatchObject({ prompt: 'a meadow', direction: 'left', pixels: 128 });
    expect(platform.standing(place).some(({ id }) => id === dialog.id)).toBe(false);
    expect(buttonsOf(wide.card).map((b) => b.label)).toContain('Repair seams');
  });

  test('comes to a shape, in passes where more than 256 px a side are missing', async () => {
    const { place, first } = await begun();
    const dialog = await dialogOf(place, first);
    await press(dialog, '16:9');
    expect(wordsOf(dialog.card)).toContain('512×512 → 960×512');
    await press(dialog, '21:9');
    expect(wordsOf(dialog.card)).toMatch(/512×512 → 12\d\d×512 · 2 passes/);
    await press(dialog, 'Go');
    const { params, script } = (await chat.nodeOf(await chat.result(place, 1))).task!.request;
    expect(params).toMatchObject({ outpaintPasses: 2, direction: 'left right' });
    expect(script!.runs).toBe(4);
  });

  test('knows the other methods and the preset of the script’s page', async () => {
    const { place, first } = await begun();
    const dialog = await dialogOf(place, first);
    await press(dialog, 'mosaic');
    expect(isOn(dialog)).toContain('mosaic');
    await press(dialog, 'poor man’s', 'Preset');
    expect(isOn(dialog)).toEqual(['⬅️', '➡️', '128 px', 'mk2', 'Preset', 'Go']);
    await platform.press(ann, dialog, 'Prompt…');
    expect(platform.forms.at(-1)).toMatchObject({ action: 'op', arg: 'prompt' });
    const { action, target, arg = '' } = platform.forms.at(-1)!;
    await platform.pressRaw(ann, { action, target, arg }, { in: place }, dialog.id, { prompt: 'a wide meadow' });
    expect(wordsOf(dialog.card)).toContain('"a wide meadow"');
    await press(dialog, 'Go');
    expect((await chat.nodeOf(await chat.result(place, 1))).task!.request.params).toMatchObject({
      ...{ prompt: 'a wide meadow', mk2MaskBlur: 16, noiseQ: 0.6, colorVariation: 0.05 },
      ...{ sampler: 'Restart', scheduler: 'SGM Uniform', denoisingStrength: 0.8 },
    });
  });

  test('is somebody’s own, and says when there is nothing to grow', async () => {
    const { place, first } = await begun();
    const dialog = await dialogOf(place, first);
    await platform.press(bo, dialog, 'Go');
    expect(chat.lastTold()).toContain('not yours');
    await press(dialog, '⬅️', '⬆️', '⬇️', '➡️');
    expect(wordsOf(dialog.card)).toContain('Choose one or more sides');
    await platform.pressRaw(
      ann,
      { action: 'op', target: buttonsOf(dialog.card)[0]!.target, arg: 'nonsense' },
      { in: place },
    );
    expect(chat.lastTold()).toContain('too old');
    await press(dialog, 'Dismiss');
    expect(platform.standing(place).some(({ id }) => id === dialog.id)).toBe(false);
  });
});

describe('the upscale menu', () => {
  test.each([
    ['2× img2img', { script: 'none', denoisingStrength: 0.3, colorCorrection: true, size: '2x' }],
    ['2× SD upscale', { script: 'SD upscale', scaleFactor: 2, sdUpscaler: 'Lanczos', denoisingStrength: 0.3 }],
    ['2× Nearest', { script: 'extras', scaleFactor: 2, sdUpscaler: 'Nearest' }],
  ])('%s', async (label, expected) => {
    const { place, first } = await begun('');
    await platform.press(ann, first, 'Upscale…');
    const menu = platform.told.at(-1)!;
    await platform.press(ann, { id: 'menu', place, card: menu.card }, label);
    const { task, op } = await chat.nodeOf(await chat.result(place, 1));
    expect(task!.request.params).toMatchObject(expected);
    expect(op).toBe('upscale');
  });

  test.each([
    [
      { method: 'img2img', factor: 1.5, upscaler: 'Nearest', 'exact-steps': true },
      { script: 'none', size: '1.5x', upscaler: 'Nearest', denoisingStrength: 0.3, exactSteps: true },
    ],
    [
      { method: 'extras', factor: 1.5 },
      { script: 'extras', scaleFactor: 1.5, sdUpscaler: 'Lanczos' },
    ],
    [
      { upscaler: 'Nearest', 'tile-overlap': 16, strength: 0.2 },
      { script: 'SD upscale', sdUpscaler: 'Nearest', overlap: 16, denoisingStrength: 0.2 },
    ],
  ])('as a command takes %j', async (options, expected) => {
    const { place, first } = await begun();
    await platform.command(ann, 'upscale', options, { in: place, replyTo: first.id });
    const { task, op } = await chat.nodeOf(await chat.result(place, 1));
    expect(task!.request.params).toMatchObject(expected);
    expect(op).toBe('upscale');
  });

  test('takes other values in a form', async () => {
    const { place, first } = await begun();
    const { id: target } = await chat.nodeOf(first);
    await platform.pressRaw(ann, { action: 'up', target, arg: 'custom' }, { in: place });
    expect(platform.forms.at(-1)!.fields.map((f) => f.name)).toEqual(['factor', 'strength', 'sd-upscaler', 'advanced']);
    const values = { factor: '1.5', strength: '0', 'sd-upscaler': 'Nearest', advanced: '' };
    await platform.pressRaw(ann, { action: 'up', target, arg: 'custom' }, { in: place }, null, values);
    const { request } = (await chat.nodeOf(await chat.result(place, 1))).task!;
    expect(request).toMatchObject({ params: { script: 'extras' }, script: { width: 768, height: 768, runs: 0 } });
  });
});

test('a blank sheet is offered to who has nothing to draw on, and what is drawn on it is a sketch', async () => {
  const place = platform.newRoom();
  await platform.command(ann, 'sketch', { prompt: 'a cat' }, { in: place });
  const offer = platform.told.at(-1)!;
  await platform.press(ann, { id: 'offer', place, card: offer.card }, '512×512');
  const sheet = await chat.until(() => platform.standing(place).find(({ card }) => card.images.length === 1));
  expect(wordsOf(sheet.card)).toContain('Draw on it');
});
