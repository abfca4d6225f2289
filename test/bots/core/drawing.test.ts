import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../src/bots/core/limits.ts';
import { draftKinds } from '../../../src/bots/core/open-drafts.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { agreement, line, pictureOf, scene, sentBack, truth } from '../../support/scribbles.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, file, type Posted, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
let picture: Buffer;
beforeAll(async () => {
  chat = await openTestChat({ limits: { ...defaultLimits, creditsPerHour: 10_000 } });
  platform = chat.platform;
  picture = await scene(2, 256, 256);
});
afterAll(() => chat[Symbol.asyncDispose]());

const strokes = { color: '#ff3b30', thickness: 12, shapes: line(60, 160, 190, 120) };
const way = { scale: 0.9, quality: 80 };

const labels = ({ card }: Pick<Posted, 'card'>) => buttonsOf(card).map((b) => b.label);
const cardWith = (place: PlaceId, action: string) =>
  chat.until(() => platform.standing(place).findLast(({ card }) => buttonsOf(card).some((b) => b.action === action)));
/** A picture that was sent and answered with how to go on; the id of its message. */
async function uploaded(place: PlaceId, bytes = picture): Promise<string> {
  return platform.say(ann, '', { in: place, files: [bytes] });
}

/** The mask of a picture's edit, 255 where it is repainted. */
async function maskOf(posted: Posted) {
  const { mask } = (await chat.nodeOf(posted)).task!.request;
  if (mask?.kind !== 'image') throw new Error('no mask');
  return pictureOf(await chat.storage.blobs.get(mask.blob));
}

describe('a picture that was drawn on, sent back', () => {
  test('in reply to the original is a mask where it is red, on the original, once that is agreed to', async () => {
    const place = platform.newRoom();
    const replyTo = await uploaded(place);
    await platform.say(ann, 'a blue ball', { in: place, replyTo, files: [await sentBack(picture, strokes, way)] });
    const asked = await cardWith(place, 'mu');
    expect(wordsOf(asked.card)).toMatch(
      /^Repaint this part of #0\? · mask by @Ann\n"a blue ball"\nRed is repainted: \d+(?:\.\d)? % /,
    );
    expect(asked.card.images).toHaveLength(1);
    await platform.press(bo, asked, 'Use');
    const result = await chat.result(place);
    expect(wordsOf(result.card)).toContain('#1 · inpaint · @Bo\n"a blue ball"');
    expect(wordsOf(result.card)).toContain('mask by @Ann');
    expect((await chat.nodeOf(result)).task!.request.init).toBe(
      (await chat.storage.lineage.node((await chat.nodeOf(result)).parent!))!.image.ref,
    );
    const { recall } = agreement(await maskOf(result), await truth(strokes, 256, 256));
    expect(recall).toBeGreaterThanOrEqual(0.95);
    expect(platform.standing(place).some(({ id }) => id === asked.id)).toBe(false);
  });

  test('without pointing at anything finds its original among the last pictures', async () => {
    const place = platform.newRoom();
    await uploaded(place, await scene(3, 256, 256));
    await uploaded(place);
    await uploaded(place, await scene(4, 256, 256));
    await platform.say(ann, 'a blue ball', { in: place, files: [await sentBack(picture, strokes, way)] });
    await chat.useMask(place);
    const { parent } = await chat.nodeOf(await chat.result(place));
    const base = await chat.storage.lineage.node(parent!);
    expect(Buffer.compare(await chat.storage.blobs.get(base!.image.ref), picture)).toBe(0);
    expect(await chat.storage.images.hash(base!.image.ref)).toMatch(/^[0-9a-f]{16}$/);
  });

  test('in other colours is a sketch, until somebody says it is a mask', async () => {
    const place = platform.newRoom();
    const replyTo = await uploaded(place);
    const blue = { ...strokes, color: '#2060ff' };
    await platform.say(ann, 'a river', { in: place, replyTo, files: [await sentBack(picture, blue, way)] });
    const asked = await cardWith(place, 'mu');
    expect(wordsOf(asked.card)).toContain('Your strokes are taken as colours');
    expect(labels(asked)).toEqual(['Use', 'Soft: on', 'It’s a mask', 'Dismiss']);
    await platform.press(ann, asked, 'It’s a mask');
    expect(labels(asked)).toContain('It’s a sketch');
    expect(labels(asked)).toContain('Grow 4');
    await platform.press(ann, asked, 'It’s a sketch');
    await platform.press(ann, asked, 'Use');
    const { request } = (await chat.nodeOf(await chat.result(place))).task!;
    expect(request).toMatchObject({ mask: null, sketch: { kind: 'inpaint sketch' } });
    expect(request.params).toMatchObject({ softInpainting: true, denoisingStrength: 0.7, maskedContent: 'original' });
  });

  test('without words is asked about them; they may come as a reply', async () => {
    const place = platform.newRoom();
    const replyTo = await uploaded(place);
    await platform.say(ann, '', { in: place, replyTo, files: [await sentBack(picture, strokes, way)] });
    const asked = await cardWith(place, 'mu');
    expect(wordsOf(asked.card)).toContain('No words yet');
    await platform.press(ann, asked, 'Use');
    expect(platform.forms.at(-1)).toMatchObject({ action: 'mu', title: 'Repaint a part of #0' });
    await platform.say(ann, 'a green hat --steps 9', { in: place, replyTo: asked.id });
    const { request } = (await chat.nodeOf(await chat.result(place))).task!;
    expect(request.params).toMatchObject({ prompt: 'a green hat', steps: 9 });
  });

  test('that is another picture may be used as a new one', async () => {
    const place = platform.newRoom();
    const replyTo = await uploaded(place);
    await platform.say(ann, 'a cat', { in: place, replyTo, files: [await scene(77, 256, 256)] });
    const asked = await cardWith(place, 'ok');
    expect(wordsOf(asked.card)).toContain('That looks like another picture');
    await platform.press(ann, asked, 'Use as new picture');
    expect(wordsOf((await chat.result(place)).card)).toContain('#1 · img2img · @Ann\n"a cat"');
  });

  test('on another picture than the one replied to is a mask of the one that is picked', async () => {
    const place = platform.newRoom();
    await uploaded(place);
    const replyTo = await uploaded(place, await scene(77, 256, 256));
    await platform.say(ann, 'remove vase', { in: place, replyTo, files: [await sentBack(picture, strokes, way)] });
    await platform.press(ann, await cardWith(place, 'ok'), 'Pick the original');
    const { card } = platform.told.at(-1)!;
    expect(card.images).toHaveLength(2);
    await platform.press(ann, { id: 'told', place, card }, '1');
    expect(chat.lastTold()).toContain('That looks like another picture');
    await platform.press(ann, { id: 'told', place, card }, '2');
    expect(wordsOf((await cardWith(place, 'mu')).card)).toContain('Remove this from #0?');
  });

  test('by command, with nothing like it here, is asked about', async () => {
    const place = platform.newRoom();
    const copy = await sentBack(picture, strokes, way);
    await platform.command(ann, 'mask', {}, { in: place, sub: 'diff', files: [copy] });
    await platform.press(ann, await cardWith(place, 'ok'), 'Pick the original');
    expect(chat.lastTold()).toContain('Which picture?');
  });

  test('a plain copy is a picture of its own', async () => {
    const place = platform.newRoom();
    await uploaded(place);
    await platform.say(ann, 'a cat', { in: place, files: [await sentBack(picture, null, way)] });
    const node = await chat.nodeOf(await chat.result(place));
    expect(node).toMatchObject({ op: 'edit', number: 1 });
  });

  test('with "remove" takes away what is marked', async () => {
    const place = platform.newRoom();
    await platform.say(ann, 'a table, a blue vase, flowers', { in: place, files: [picture] });
    const first = await chat.result(place);
    const { ref, width } = (await chat.nodeOf(first)).image;
    const painted = await chat.storage.blobs.get(ref);
    const big = { ...strokes, shapes: line(width / 4, width / 2, (3 * width) / 4, width / 2) };
    await platform.say(ann, 'remove vase', {
      in: place,
      replyTo: first.id,
      files: [await sentBack(painted, big, way)],
    });
    const asked = await cardWith(place, 'mu');
    expect(wordsOf(asked.card)).toContain('Remove this from #1?');
    expect(wordsOf(asked.card)).toContain('"a table, a blue vase, flowers" → "a table, flowers"');
    await platform.press(ann, asked, 'Use');
    const result = await chat.result(place, 1);
    const { params } = (await chat.nodeOf(result)).task!.request;
    expect(params).toMatchObject({ prompt: 'a table, flowers', negativePrompt: 'vase', maskedContent: 'fill' });
    expect(params).toMatchObject({ denoisingStrength: 0.5, dilateMask: 8, maskBlur: 4 });
    expect(wordsOf(result.card)).toContain('#2 · remove · @Ann');
    await platform.press(ann, result, 'Grow 8 and retry');
    expect((await chat.nodeOf(await chat.result(place, 2))).task!.request.params).toMatchObject({ dilateMask: 16 });
    await platform.press(ann, result, 'Latent nothing, 0.85');
    const nothing = (await chat.nodeOf(await chat.result(place, 3))).task!.request.params;
    expect(nothing).toMatchObject({ maskedContent: 'latent nothing', denoisingStrength: 0.85 });
  });
});

describe('a mask that is asked about', () => {
  const half = () =>
    sharp({ create: { width: 128, height: 256, channels: 3, background: '#ffffff' } })
      .extend({ right: 128, background: '#000000' })
      .png()
      .toBuffer();

  async function asked(place: PlaceId): Promise<Posted> {
    await platform.command(
      ann,
      'inpaint',
      { prompt: 'a hat' },
      { in: place, files: [picture, file(await half(), 'mask')] },
    );
    return cardWith(place, 'mu');
  }

  test('can be inverted, grown, shrunk, made soft, and is then used as it looks', async () => {
    const place = platform.newRoom();
    const card = await asked(place);
    expect(wordsOf(card.card)).toContain('Red is repainted: 50 % of the picture.');
    await platform.press(ann, card, 'Grow 4');
    expect(wordsOf(card.card)).toContain('52 %');
    await platform.press(ann, card, 'Invert');
    expect(wordsOf(card.card)).toContain('48 %');
    await platform.press(ann, card, 'Shrink 4');
    await platform.press(ann, card, 'Soft: off');
    expect(labels(card)).toContain('Soft: on');
    await platform.press(ann, card, 'Use');
    const result = await chat.result(place);
    expect((await chat.nodeOf(result)).task!.request.params.softInpainting).toBe(true);
    const mask = await maskOf(result);
    expect([mask.data[130], mask.data[140]]).toEqual([0, 255]);
  });

  test('says how much is repainted where that is what it does not cover', async () => {
    const place = platform.newRoom();
    const quarter = await sharp({ create: { width: 64, height: 256, channels: 3, background: '#ffffff' } })
      .extend({ right: 192, background: '#000000' })
      .png()
      .toBuffer();
    const options = { prompt: 'a hat', 'mask-mode': 'inpaint not masked' };
    await platform.command(ann, 'inpaint', options, { in: place, files: [picture, file(quarter, 'mask')] });
    const card = await cardWith(place, 'mu');
    expect(wordsOf(card.card)).toContain('Red is repainted: 75 % of the picture.');
    expect(card.card.images[0]!.description).toContain('75 %');
    await platform.press(ann, card, 'Dismiss');
  });

  test('is changed by whoever sent it only, and dismissed for good', async () => {
    const place = platform.newRoom();
    const card = await asked(place);
    await platform.press(bo, card, 'Invert');
    expect(chat.lastTold()).toContain('That is not yours to decide');
    const { target } = buttonsOf(card.card)[0]!;
    for (const action of ['ok', 'op'] as const) {
      await platform.pressRaw(ann, { action, target, arg: 'go' }, { in: place }); // no button of a mask
      expect(chat.lastTold()).toContain('That button is too old');
    }
    await platform.press(ann, card, 'Dismiss');
    expect(platform.standing(place).some(({ id }) => id === card.id)).toBe(false);
    await platform.press(ann, card, 'Use');
    expect(chat.lastTold()).toContain('That is gone');
  });

  test('is combined with one that was used before, and is used once, however many press', async () => {
    const place = platform.newRoom();
    await platform.press(ann, await asked(place), 'Use');
    const first = await chat.result(place);
    const parent = (await chat.storage.lineage.node((await chat.nodeOf(first)).parent!))!;
    await platform.pressRaw(ann, { action: 'rg', target: parent.id, arg: 'last' }, { in: place });
    const again = await cardWith(place, 'mu');
    await platform.press(ann, again, 'Invert');
    await platform.press(ann, again, 'Combine');
    const choice = platform.told.at(-1)!.card;
    expect(buttonsOf(choice).map((b) => b.arg)).toEqual(['union', 'intersect', 'subtract', 'xor']);
    await platform.pressRaw(ann, buttonsOf(choice)[3]!, { in: place }, again.id);
    expect(wordsOf(again.card)).toContain('The mask covers everything');
    await platform.pressRaw(ann, buttonsOf(choice)[1]!, { in: place }, again.id);
    await platform.say(ann, 'a hat', { in: place, replyTo: again.id });
    await chat.result(place, 1);
    await platform.press(ann, again, 'Use');
    expect(chat.lastTold()).toContain('That is gone');
  });

  test('never stands in the line, survives a restart, and there are five of somebody at most', async () => {
    const place = platform.newRoom();
    const card = await asked(place);
    expect(await chat.queue.line()).toMatchObject({ running: [], waiting: [] });
    await chat.restart();
    await platform.press(ann, card, 'Grow 4');
    expect(wordsOf(card.card)).toContain('52 %');
    for (let i = 0; i < 5; i++)
      await platform.pressRaw(ann, { action: 'op', target: (await root(place)).id }, { in: place });
    while ((await chat.storage.drafts.countOf(ann.id, draftKinds)) < 5) await asked(place);
    await platform.command(
      ann,
      'inpaint',
      { prompt: 'x' },
      { in: place, files: [picture, file(await half(), 'mask')] },
    );
    expect(chat.lastTold()).toContain('You have 5 open masks and dialogs');
  });

  async function root(place: PlaceId) {
    const [node] = await chat.storage.lineage.recent(place, new Date(0), 1);
    return node!;
  }
});

test('solid pictures are no copies of one another', async () => {
  const place = platform.newRoom();
  await platform.say(bo, 'a cat', { in: place, files: [await solidPng(64, 64, '#204060')] });
  await chat.result(place);
  await platform.say(bo, 'a dog', { in: place, files: [await solidPng(64, 64, '#c0a040')] });
  expect(wordsOf((await chat.result(place, 1)).card)).toContain('"a dog"');
});
