import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fakeCatalog } from '../support/fake-engine.ts';
import { solidPng } from '../support/jobs.ts';
import { picture, type RoomMessage } from '../support/room/room.ts';
import { halfMask } from '../support/running-bot.ts';
import { agreement, pictureOf, scene, truth } from '../support/scribbles.ts';
import { type AnyChat, type AnyRoom, openAnyChat, platforms } from './any-room.ts';

/** px of the pictures that are drawn on, and of what comes of them where nobody says otherwise. */
const SIDE = 320;
const catalog = { checkpoints: fakeCatalog.checkpoints.map((one) => ({ ...one, nativeSize: SIDE })) };
const drawing = (shape: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}">${shape}</svg>`;
const ring = drawing('<circle cx="160" cy="160" r="60" fill="none" stroke="#ff3b30" stroke-width="12"/>');
const nothing = drawing('');
const elsewhere = drawing(
  '<rect width="320" height="320" fill="#225588"/><circle cx="90" cy="90" r="70" fill="#ddaa33"/>',
);
const blueLine = drawing('<path d="M60 160 L260 160" stroke="#2040ff" stroke-width="16"/>');

/** A pixel of what a mask of the left half repaints. */
const LEFT = { left: 40, top: 160, width: 1, height: 1 };
const distance = (a: Buffer, b: Buffer) => Math.max(...[0, 1, 2].map((i) => Math.abs(a[i]! - b[i]!)));

describe.each(platforms)('masks on %s', (platform) => {
  /** Pictures lose by being sent; what is dropped on a page comes as it is. */
  const isPhotographed = platform !== 'web';
  let chat: AnyChat;
  let original: Buffer;
  beforeAll(async () => {
    chat = await openAnyChat(platform, { catalog });
    original = await scene(5, SIDE, SIDE);
  });
  afterAll(() => chat[Symbol.asyncDispose]());

  /** A picture with something on it, painted on a little. */
  const painted = ({ bo, answer }: AnyRoom): Promise<RoomMessage> => {
    const values = { prompt: 'a meadow, a red hat', size: `${SIDE}x${SIDE}`, strength: 0.1 };
    return answer(() => bo.command('edit', values, { picture: original }), picture(1));
  };

  /** Which part of the newest picture's parent was repainted: shares of the middle, and of all. */
  async function repainted({ newest }: AnyRoom) {
    const { mask } = (await newest()).task!.request;
    if (mask?.kind !== 'image') throw new Error('no mask');
    const { data, width } = await pictureOf(await chat.storage.blobs.get(mask.blob));
    const middle = data[width * (width / 2) + width / 2];
    return { isMiddle: middle === 255, share: data.filter((v) => v > 0).length / data.length };
  }

  /** Whether the newest picture differs from the one it was made from: in its left half, in its right half. */
  async function changed({ newest }: AnyRoom) {
    const node = await newest();
    const before = await chat.storage.lineage.node(node.parent!);
    const [now, then] = await Promise.all(
      [node, before!].map(async ({ image }) => pictureOf(await chat.storage.blobs.get(image.ref))),
    );
    const differs = (isIn: (x: number) => boolean) =>
      now!.data.some((v, i) => isIn(Math.floor(i / now!.channels) % SIDE) && v !== then!.data[i]);
    return { left: differs((x) => x < SIDE / 2), right: differs((x) => x >= SIDE / 2) };
  }

  test('a circle drawn on a result selects what is inside it; another colour is painted in, or is a mask after all', async () => {
    const room = await chat.enter();
    const { bo, cy, answer } = room;
    const first = await painted(room);
    const asked = await answer(() => bo.draw(first, ring, 'a pond'), /Repaint this part of #1\? · mask by @Bo/);
    expect((await answer(() => cy.press(asked, '✅'), picture(2))).text).toContain('mask by @Bo');
    expect(await repainted(room)).toMatchObject({ isMiddle: true });
    const sketch = await answer(() => bo.draw(first, blueLine, 'a river'), /#1\?/);
    expect(sketch.text).not.toContain('Red is repainted');
    await answer(() => bo.press(sketch, '🔁'), /Red is repainted/);
    const other = await answer(() => bo.draw(first, blueLine, 'a brook'), /"a brook"/);
    await answer(() => bo.press(other, '✅'), /^#3 · [\s\S]*"a brook"/);
    expect((await room.newest()).task!.request.sketch).toMatchObject({ kind: 'inpaint sketch' });
  });

  test.runIf(isPhotographed)(
    'a plain copy has no mask, another picture is asked about, and may be used as a new one',
    async () => {
      const room = await chat.enter();
      const { bo, answer, newest } = room;
      const first = await painted(room);
      const base = await newest();
      await answer(() => bo.draw(first, nothing, 'a pond'), /^#1 · img2img · [\s\S]*"a pond"/);
      const copy = await newest();
      expect(copy.task!.request).toMatchObject({ mask: null });
      expect(copy.lineage).not.toBe(base.lineage);
      const asked = await answer(() => bo.draw(first, elsewhere, 'a lake'), /That looks like another picture/);
      await answer(() => bo.press(asked, '🖼️'), /^#1 · img2img · [\s\S]*"a lake"/);
      expect((await newest()).lineage).not.toBe(base.lineage);
    },
  );

  test.runIf(isPhotographed)(
    'a drawn-on copy that points at nothing finds its base among pictures that are alike',
    async () => {
      const room = await chat.enter();
      const { bo, answer, newest, numbered } = room;
      const first = await painted(room);
      const sent = { mask: await halfMask(SIDE, SIDE), about: first };
      const half = await answer(() => bo.command('mask upload', {}, sent), /50 % of the picture/);
      let number = 2;
      let pond = await answer(() => bo.fill(half, '✅', { prompt: 'a pond' }), picture(number));
      const another = () => answer(() => bo.press(pond, '🎲'), picture(++number));
      const hue = async ({ pictures }: typeof first) => sharp(pictures[0]!.bytes).extract(LEFT).raw().toBuffer();
      const isLike = async (a: typeof first, b: typeof first) => distance(await hue(a), await hue(b)) < 60;
      while (await isLike(pond, first)) pond = await another();
      const base = number;
      let other = await another(); // outside its mask the same, to the pixel
      while (await isLike(other, pond)) other = await another();
      const drawn = await sharp(pond.pictures[0]!.bytes)
        .composite([{ input: Buffer.from(ring) }])
        .jpeg({ quality: 80 })
        .toBuffer();
      const itself = new RegExp(`Repaint this part of #${base}\\?`);
      const asked = await answer(() => bo.command('mask diff', {}, { picture: drawn }), itself);
      await answer(() => bo.fill(asked, '✅', { prompt: 'a boat' }), picture(number + 1));
      expect((await newest()).parent).toBe((await numbered(base)).id);
      expect(other.buttons.length).toBeGreaterThan(0);
      const { mask } = (await newest()).task!.request;
      const found = await pictureOf(
        await chat.storage.blobs.get(mask?.kind === 'image' ? mask.blob : (first.id as never)),
      );
      const disc = { color: '#fff', thickness: 12, shapes: '<circle cx="160" cy="160" r="66" fill="#fff"/>' };
      const { recall, precision } = agreement(found, await truth(disc, SIDE, SIDE));
      expect(1 / (1 / recall + 1 / precision - 1)).toBeGreaterThanOrEqual(0.7); // intersection over union
    },
  );

  test.runIf(isPhotographed)('what is circled and said to go is removed, and removed again another way', async () => {
    const room = await chat.enter();
    const { bo, answer, newest } = room;
    const first = await painted(room);
    const asked = await answer(() => bo.draw(first, ring, 'remove hat'), /#1\?[\s\S]*hat/);
    const gone = await answer(() => bo.press(asked, '✅'), picture(2));
    const removed = await newest();
    expect(removed).toMatchObject({ op: 'remove' });
    expect(removed.task!.request.params).toMatchObject({ maskedContent: 'fill', prompt: 'a meadow', dilateMask: 8 });
    expect(removed.task!.request.params.negativePrompt).toContain('hat');
    await answer(() => bo.press(gone, '⊕'), picture(3));
    expect((await newest()).task!.request.params.dilateMask).toBe(16);
    await answer(() => bo.press(gone, '🌀'), picture(4));
    expect((await newest()).task!.request.params.maskedContent).toBe('latent nothing');
    await answer(() => bo.command('remove', { target: 'hat' }, { about: first }), /⚠/); // where, nobody said
  });

  test('without a picture there is a sample to draw on; what is gone leads to the newest one', async () => {
    const { bo, answer } = await chat.enter();
    const isAlone = platform !== 'web'; // in the one room of the web chat pictures of others are there
    const begun = async () => {
      const none = await answer(() => bo.command('edit', { prompt: 'winter' }), /Which picture/);
      return answer(() => bo.press(none, 'Try a sample'), /Reply to it with what it shall become/);
    };
    const sample = isAlone ? await begun() : undefined;
    const along = sample ? { about: sample } : { picture: original };
    const winter = await answer(() => bo.command('edit', { prompt: 'winter' }, along), picture(1));
    const gone = await answer(() => bo.forge(winter, ['ag', '0000000000', '']), /That is gone/);
    await answer(() => bo.press(gone, 'Newest picture'), /^#1 · [\s\S]*"winter"/);
  });

  test('/mask reads what is sent, combines it with one from before, and shows the last one', async () => {
    const room = await chat.enter();
    const { bo, answer } = room;
    const first = await painted(room);
    const half = await halfMask(SIDE, SIDE);
    const upload = (mode: string, mask: Buffer) => () => bo.command('mask upload', { mode }, { mask, about: first });
    const left = await answer(upload('white', half), /50 % of the picture/);
    await answer(() => bo.fill(left, '✅', { prompt: 'a pond' }), picture(2));
    expect(await changed(room)).toEqual({ left: true, right: false });
    const alpha = await sharp({ create: { width: SIDE, height: SIDE, channels: 4, background: '#00000000' } })
      .composite([{ input: await solidPng(SIDE / 2, SIDE), left: 0, top: 0 }])
      .png()
      .toBuffer();
    const clear = await answer(upload('alpha', alpha), /50 % of the picture/);
    await answer(() => bo.fill(clear, '✅', { prompt: 'a lake' }), picture(3));
    expect(await changed(room)).toEqual({ left: true, right: false });
    const dark = await answer(upload('black', half), /50 % of the picture/);
    await answer(() => bo.fill(dark, '✅', { prompt: 'a hill' }), picture(4));
    expect(await changed(room)).toEqual({ left: false, right: true });
    const shape = await sharp({ create: { width: 320, height: 160, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const misfit = await answer(upload('white', shape), /The mask does not fit the picture/);
    const stretched = await answer(() => bo.press(misfit, 'Stretch'), /The mask covers everything/);
    await bo.press(stretched, '✖️');
    const black = await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    const right = await answer(upload('black', half), /50 % of the picture/);
    await answer(() => bo.command('mask combine', { op: 'intersect', with: '#2' }), /The mask is empty/);
    const both = await answer(() => bo.command('mask combine', { op: 'union', with: '#2' }), /covers everything/);
    expect(room.messages().map(({ id }) => id)).not.toContain(right.id);
    await bo.press(both, '✖️');
    const shown = await answer(() => bo.command('mask show'), /of the picture/);
    expect(shown.pictures).toHaveLength(1);
    const empty = await answer(upload('white', black), /The mask is empty/);
    const whole = await answer(() => bo.press(empty, 'Invert the mask'), /The mask covers everything/);
    await answer(() => bo.fill(whole, '✅', { prompt: 'a sky' }), /^#5 · img2img · [\s\S]*The mask covers everything/);
    expect((await room.newest()).task!.request.mask).toBeNull();
  });

  test('the outpaint dialog grows a side, and the seam it leaves is repaired', async () => {
    const room = await chat.enter();
    const { bo, answer, newest } = room;
    const first = await painted(room);
    const dialog = await answer(() => bo.press(first, '↔️'), /Enlarge #1/);
    expect(dialog.pictures).toHaveLength(1);
    const ratio = await answer(() => bo.press(dialog, '16:9'), /Enlarge #1/);
    const wide = await answer(() => bo.press(ratio, 'Go'), picture(2));
    const grown = await newest();
    expect(grown).toMatchObject({ op: 'outpaint', image: { width: 576, height: SIDE } });
    await answer(() => bo.press(wide, '🩹'), picture(3));
    const repaired = await newest();
    expect(repaired).toMatchObject({ op: 'seam repair', parent: grown.id });
    expect(repaired.task!.request.params).toMatchObject({ softInpainting: true, denoisingStrength: 0.7 });
    const { share, isMiddle } = await repainted(room);
    expect({ isMiddle, isBand: share > 0.1 && share < 0.4 }).toEqual({ isMiddle: false, isBand: true });
    const narrow = await answer(() => bo.press(first, '↔️'), /320×320 → 576×576/);
    const sides = await answer(() => bo.press(narrow, '⬆️'), /320×320 → 576×448/);
    const less = await answer(() => bo.press(sides, '64 px'), /320×320 → 448×384/);
    const far = await answer(() => bo.press(less, '21:9'), /320×320 → 768×320/);
    expect(far.pictures[0]!.bytes.equals(less.pictures[0]!.bytes)).toBe(false);
    await answer(() => bo.press(far, 'Go'), picture(4));
    expect(await newest()).toMatchObject({ op: 'outpaint', image: { width: 768, height: SIDE } });
    await answer(() => bo.forge(first, ['se', grown.parent!, '']), /That button is too old/);
  });
});
