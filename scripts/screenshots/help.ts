import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import type { HelpTopic } from '../../src/bots/core/commands.ts';
import { helpFile } from '../../src/bots/core/help-picture.ts';
import { bytesOf, cardOf, dropFile } from '../../test/bots/web/page.ts';
import { action, fill, further, photo, say, shown } from './hands.ts';
import { stack, strip, type Tile } from './strip.ts';

/** Bytes of a picture in help at most. */
const LIMIT = 60_000;
/** px; messengers show no more of a picture beside words. */
const WIDEST = 900;

type Language = 'en' | 'zh';

async function keep(topic: HelpTopic, language: Language, png: Uint8Array): Promise<void> {
  const file = helpFile(topic, language);
  await mkdir(new URL('.', file), { recursive: true });
  const small = await sharp(png).resize({ width: WIDEST, withoutEnlargement: true }).png().toBuffer();
  let bytes: Buffer;
  let quality = 92;
  do {
    quality -= 8;
    bytes = await sharp(small).jpeg({ quality, chromaSubsampling: '4:4:4', mozjpeg: true }).toBuffer();
  } while (bytes.length > LIMIT);
  await writeFile(file, bytes);
}

const pictureOf = async (card: Locator): Promise<Buffer> =>
  bytesOf((await shown(card)).locator('.gallery img').first());

/** What stands on cards, in words of ours: once in each language. */
export async function wordedHelp(page: Page, language: Language, presetName: string): Promise<void> {
  const took = async (topic: HelpTopic, card: Locator) => keep(topic, language, await photo(await shown(card)));
  await took('buttons', cardOf(page, 1));

  await further(cardOf(page, 1), 'tg');
  await took('together', page.locator('.card.private').last());

  await further(cardOf(page, 2), 'ps');
  await fill(page, presetName);
  await page.locator('.card.private', { hasText: presetName }).last().waitFor();
  await say(page, `/preset share ${presetName}`);
  await took('presets', page.locator('.card:not(.private)', { has: page.locator('[data-action="ps"]') }).last());

  await say(page, '/privacy show');
  await took('privacy', page.locator('.card.private').last());

  await say(page, 'a house, grass, blue sky --strength 0.8 --steps 16 --cfg 5 --seed 8', cardOf(page, 1));
  const result = await shown(cardOf(page, 4));
  const words = [page.locator('.bubble.own').last(), result.locator('.card-head'), result.locator('.lines')];
  const parts: Buffer[] = [];
  for (const part of words) parts.push(await photo(part));
  await keep('options', language, await stack(parts, '#fff'));
}

/** Pictures of the evening so far: what was sent at its beginning, its copy with a ring, and the card that asked about the ring. */
export interface Evening {
  readonly sent: Buffer;
  readonly drawn: Buffer;
  readonly marked: Buffer;
}

/** Tells the numbers of what is made from now on. `first`: the next one. */
function countingFrom(page: Page, first: number) {
  let next = first;
  const made = () => pictureOf(cardOf(page, next++));
  const said = async (words: string, about: Locator) => {
    await say(page, words, about);
    return made();
  };
  return { made, said };
}

/** A white rectangle on black. */
function maskOf(left: number, top: number, width: number, height: number): Promise<Buffer> {
  const white = { input: { create: { width, height, channels: 3, background: '#fff' } }, left, top } as const;
  return sharp({ create: { width: 256, height: 256, channels: 3, background: '#000' } })
    .composite([white])
    .png()
    .toBuffer();
}

/** Waits until a choice shows. */
async function expectChange(button: Locator, look: string | null): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await delay(50))
    if (((await button.getAttribute('class')) ?? '').includes('primary') !== look?.includes('primary')) return;
  throw new Error('the choice does not show');
}

async function outpainted(page: Page, card: Locator): Promise<Buffer> {
  await action(card, 'op').click();
  const ratio = page.getByRole('button', { name: '16:9', exact: true });
  const dialog = page.locator('.card', { has: ratio }).last();
  // All sides are chosen to begin with, by 128 px.
  for (const name of ['↑', '↓', '64 px']) {
    const button = dialog.getByRole('button', { name, exact: true });
    await button.waitFor();
    const look = await button.getAttribute('class');
    await button.click();
    await expectChange(button, look);
  }
  const frame = await pictureOf(dialog);
  await dialog.getByRole('button', { name: 'Go', exact: true }).click();
  return frame;
}

/** What needs no words: pictures side by side, and the tree of all of them. `next`: the number of what is made next. */
export async function wordlessHelp(page: Page, { sent, drawn, marked }: Evening, next: number): Promise<void> {
  const took = (topic: HelpTopic, png: Uint8Array) => keep(topic, 'en', png);
  const { made, said } = countingFrom(page, next);
  const [first, second] = [cardOf(page, 1), cardOf(page, 2)];
  const [tree, snowman] = [await pictureOf(first), await pictureOf(second)];

  const sunset = { image: await said('+ sunset --strength 0.75 --seed 1', first), caption: '+ sunset' };
  await took('start', await strip([{ image: sent }, { image: tree, caption: 'a tree on the left' }, sunset]));

  await further(first, 'hs');
  const history = page.locator('.card.private').last();
  await action(history, 'hs').last().click();
  await history.locator('img').first().waitFor();
  await took('history', await pictureOf(history));

  await took('scribble', await strip([{ image: drawn }, { image: marked }, { image: snowman, caption: 'a snowman' }]));

  const house = 'a red house, grass, blue sky --seed 8 --cfg 5';
  const edits: Tile[] = [];
  for (const strength of [0.3, 0.6, 0.9]) {
    const flag = `--strength ${strength}`;
    edits.push({ image: await said(`${house} ${flag}`, first), caption: flag, width: 200 });
  }
  await took('edit', await strip([{ image: tree, width: 200 }, ...edits]));

  const mask = await maskOf(128, 104, 116, 132);
  await dropFile(first.locator('.gallery img').first(), { bytes: mask, name: 'mask.png' });
  await page.locator('.tray .held').waitFor();
  await say(page, 'a cat face, grass, blue sky --strength 1 --fill "latent noise" --seed 4 --cfg 5');
  await took('region', await strip([{ image: tree }, { image: mask }, { image: await made(), caption: 'a cat face' }]));

  const frame = await outpainted(page, first);
  const wide = { image: await made(), width: 270 };
  await took('outpaint', await strip([{ image: tree, width: 180 }, { image: frame, width: 270 }, wide]));

  const large = { image: await said('upscale 2', second), width: 360, caption: 'upscale 2' };
  await took('upscale', await strip([{ image: snowman, width: 180 }, large]));
}
