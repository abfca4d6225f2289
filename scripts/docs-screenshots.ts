import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import { openWeb } from '../src/bots/web/web.ts';
import { silentLog } from '../src/log.ts';
import { bytesOf, cardOf, dropFile, openBrowser, openPage } from '../test/bots/web/page.ts';
import { compileClient } from '../test/bots/web/web-chat.ts';
import { freePort } from '../test/support/process.ts';
import { findChromium } from '../test/support/services.ts';
import { action, fill, further, photo, say, shown } from './screenshots/hands.ts';
import { wordedHelp, wordlessHelp } from './screenshots/help.ts';
import { inStudio, meadow, ring } from './transcript/studio.ts';

// The pictures of docs/guide/together and of /help: the web chat in Chromium, with the built-in model behind it, in each language.

const out = resolve('docs/guide/pictures');
const told = {
  en: {
    locale: 'en-GB',
    people: ['Ann', 'Bo'],
    words: ['a tree on the left, grass, blue sky', 'a snowman, grass, blue sky', '+ sunset'],
    branch: 'evening',
    preset: 'Snowman',
  },
  zh: {
    locale: 'zh-CN',
    people: ['小安', '小波'],
    words: ['a tree on the left, grass, blue sky', 'a snowman, grass, blue sky', '+ sunset'],
    branch: '傍晚',
    preset: '雪人',
  },
} as const;
type Language = keyof typeof told;

/** A part of the page as a small PNG. */
async function shoot(what: Locator, name: string): Promise<void> {
  const png = await sharp(await photo(what))
    .png({ palette: true, quality: 90 })
    .toBuffer();
  await writeFile(join(out, `${name}.png`), png);
}

async function tell(url: string, language: Language): Promise<void> {
  const { locale, people, words, branch, preset } = told[language];
  await using browser = await openBrowser(await findChromium());
  const seen = (name: string) => openPage(browser, url, { locale, name, width: 860, height: 1500 });
  const [ann, bo] = [await seen(people[0]), await seen(people[1])];
  const name = (what: string) => `${what}.${language}`;
  const settings = {
    strength: ' --strength 0.85 --seed 3 --cfg 5',
    fill: ' --strength 1 --fill "latent noise" --seed 3 --cfg 5',
  };

  const photograph = await meadow();
  await dropFile(ann.locator('.transcript'), { bytes: photograph, name: 'meadow.png' });
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
  const marked = await bytesOf(asked.locator('.gallery img').first());
  await action(asked, 'mu').click();

  await shown(cardOf(ann, 2));
  await further(cardOf(ann, 2), 'br');
  await fill(ann, branch);
  await ann.locator('.card', { hasText: branch }).first().waitFor();
  await say(bo, `${words[2]} --strength 0.75 --seed 1`, cardOf(bo, 2));
  await shown(cardOf(ann, 3));

  await further(cardOf(ann, 3), 'hs');
  const history = ann.locator('.card.private').last();
  await history.locator('[data-action="hs"]').last().click();
  await history.locator('img').first().waitFor();
  await shoot(history, name('history'));

  await action(cardOf(bo, 2), 'cp').click();
  const compared = '.card:has([data-action="cp"]):not(:has([data-action="ag"]))'; // it compares, and is no version
  await shoot(await shown(bo.locator(compared).last()), name('compare'));

  await further(cardOf(ann, 1), 'tg');
  await shoot(await shown(ann.locator('.card.private').last()), name('together'));

  await ann.setViewportSize({ width: 520, height: 1500 }); // help is read in messengers, on phones
  await wordedHelp(ann, language, preset);
  if (language === 'en') await wordlessHelp(ann, { sent: photograph, drawn, marked }, 5);
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
