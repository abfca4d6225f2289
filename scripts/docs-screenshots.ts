import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { openWeb } from '../src/bots/web/web.ts';
import { silentLog } from '../src/log.ts';
import { bytesOf, cardOf, dropFile, openBrowser, openPage, settled } from '../test/bots/web/page.ts';
import { compileClient } from '../test/bots/web/web-chat.ts';
import { freePort } from '../test/support/process.ts';
import { findChromium } from '../test/support/services.ts';
import { inStudio, meadow, ring } from './transcript/studio.ts';

// The pictures of docs/guide/together: the web chat in Chromium, with the built-in model behind it, once in each language.

const out = resolve('docs/guide/pictures');
/** ms; the model paints for seconds. */
const PATIENCE = 60_000;

const told = {
  en: {
    locale: 'en-GB',
    people: ['Ann', 'Bo'],
    words: ['a tree on the left, grass, blue sky', 'a snowman, grass, blue sky', '+ snow, winter'],
    branch: 'winter',
  },
  zh: {
    locale: 'zh-CN',
    people: ['小安', '小波'],
    words: ['a tree on the left, grass, blue sky', 'a snowman, grass, blue sky', '+ snow, winter'],
    branch: '冬天',
  },
} as const;
type Language = keyof typeof told;

const action = (card: Locator, id: string): Locator => card.locator(`[data-action="${id}"]`);

async function say(page: Page, words: string): Promise<void> {
  await page.locator('.composer textarea').fill(words);
  await page.keyboard.press('Enter');
}

/** What stands behind "⋯" of a card. */
async function further(card: Locator, id: string): Promise<void> {
  await action(card, 'mx').click();
  await action(card, id).click();
}

/** Waits for a card, and for everything on it. */
async function shown(card: Locator): Promise<Locator> {
  await card.waitFor({ timeout: PATIENCE });
  await card.page().locator('.card.tone-busy').first().waitFor({ state: 'detached', timeout: PATIENCE });
  await settled(card.page());
  return card;
}

/** A part of the page as a small PNG. */
async function shoot(what: Locator, name: string): Promise<void> {
  await what.scrollIntoViewIfNeeded();
  await settled(what.page());
  const png = await what.screenshot({ animations: 'disabled' });
  await writeFile(join(out, `${name}.png`), await sharp(png).png({ palette: true, quality: 90 }).toBuffer());
}

async function tell(url: string, language: Language): Promise<void> {
  const { locale, people, words, branch } = told[language];
  await using browser = await openBrowser(await findChromium());
  const seen = (name: string) => openPage(browser, url, { locale, name, width: 860, height: 1500 });
  const [ann, bo] = [await seen(people[0]), await seen(people[1])];
  const name = (what: string) => `${what}.${language}`;
  const settings = {
    strength: ' --strength 0.85 --seed 12 --cfg 5',
    fill: ' --strength 1 --fill "latent noise" --seed 4 --cfg 5',
  };

  await dropFile(ann.locator('.transcript'), { bytes: await meadow(), name: 'meadow.png' });
  await ann.locator('.tray .held').waitFor();
  await say(ann, words[0] + settings.strength);
  await shoot(await shown(cardOf(ann, 1)), name('result'));

  const picture = (await shown(cardOf(bo, 1))).locator('.gallery img').first();
  const drawn = await sharp(await bytesOf(picture))
    .composite([{ input: Buffer.from(ring()) }])
    .png()
    .toBuffer();
  await dropFile(picture, { bytes: drawn, name: 'drawn.png' });
  await bo.locator('.tray .held').waitFor();
  await say(bo, words[1] + settings.fill);
  const asked = ann.locator('.card', { has: ann.locator('[data-action="mu"]') });
  await shoot(await shown(asked), name('mask'));
  await action(asked, 'mu').click();

  await shown(cardOf(ann, 2));
  await further(cardOf(ann, 2), 'br');
  await ann.locator('dialog.form-dialog input').fill(branch);
  await ann.locator('dialog.form-dialog button[type=submit]').click();
  await ann.locator('.card', { hasText: branch }).first().waitFor();
  await cardOf(bo, 2).locator('button.reply').click();
  await say(bo, `${words[2]} --seed 3`);
  await shown(cardOf(ann, 3));

  await further(cardOf(ann, 3), 'hs');
  const history = ann.locator('.card.private').last();
  await history.locator('[data-action="hs"]').last().click();
  await history.locator('img').first().waitFor();
  await shoot(history, name('history'));

  await action(cardOf(bo, 2), 'cp').click();
  await shoot(await shown(bo.locator('.card', { has: bo.locator('[data-action="cp"]') }).last()), name('compare'));

  await further(cardOf(ann, 1), 'tg');
  await shoot(await shown(ann.locator('.card.private').last()), name('together'));
}

await mkdir(out, { recursive: true });
await compileClient();
for (const language of ['en', 'zh'] as const) {
  const port = await freePort();
  let url = '';
  const open: Parameters<typeof inStudio>[0] = async ({ storage, dataDir }) => {
    const metrics = async () => ({ contentType: 'text/plain', text: '' });
    const web = await openWeb({ host: '127.0.0.1', port, dataDir, blobs: storage.blobs, log: silentLog, metrics });
    url = web.url;
    return web;
  };
  await inStudio(open, () => tell(url, language));
}
console.log(`screenshots → ${out}`);
process.exit(); // the client library's timers would keep the process
