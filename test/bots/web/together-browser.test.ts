import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { freePort } from '../../support/process.ts';
import { chromium } from '../../support/services.ts';
import { bytesOf, cardOf, dropFile, openBrowser, openPage, settled } from './page.ts';
import { landscape } from './pictures.ts';
import { openWebChat, type WebChat } from './web-chat.ts';

const screenshots = new URL('../../../.run/web/', import.meta.url).pathname;
const complaints: string[] = [];
const complain = (what: string) => void complaints.push(what);

let chat: WebChat;
let browser: Browser;
/** In English by day, in English by night, and in Chinese on a phone. */
let ann: Page;
let bo: Page;
let li: Page;

beforeAll(async () => {
  await mkdir(screenshots, { recursive: true });
  [chat, browser] = await Promise.all([openWebChat(await freePort()), openBrowser(await chromium())]);
  ann = await openPage(browser, chat.web.url, { name: 'Ann', complain });
  bo = await openPage(browser, chat.web.url, { name: 'Bo', colorScheme: 'dark', complain });
  li = await openPage(browser, chat.web.url, { name: '小丽', locale: 'zh-CN', width: 400, complain });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await chat?.[Symbol.asyncDispose]();
});

async function look(name: string, of: Page): Promise<void> {
  await settled(of);
  await of.screenshot({ path: join(screenshots, `together-${name}.png`) });
}

async function say(page: Page, words: string): Promise<void> {
  await page.getByRole('textbox', { name: /Message|消息/ }).fill(words);
  await page.keyboard.press('Enter');
}

const further = async (card: Locator, button: string) => {
  await card.getByRole('button', { name: 'Further buttons' }).click();
  await card.getByRole('button', { name: button }).click();
};

test('a copy that was drawn on, dropped onto a result, asks whether that part is meant; somebody else agrees', async () => {
  await dropFile(ann.locator('.transcript'), { bytes: await landscape(), name: 'photo.png' });
  await ann.getByRole('button', { name: 'Remove photo.png' }).waitFor();
  await say(ann, 'oil painting');
  const shown = cardOf(bo, 1).getByRole('img').first();
  await shown.waitFor();
  const original = await bytesOf(shown);
  const { width = 0, height = 0 } = await sharp(original).metadata();
  const ring = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><circle cx="${width / 2}" cy="${height / 2}" r="${height / 5}" fill="none" stroke="#ff3b30" stroke-width="${height / 25}"/></svg>`;
  const drawn = await sharp(original)
    .composite([{ input: Buffer.from(ring) }])
    .png()
    .toBuffer();
  await dropFile(shown, { bytes: drawn, name: 'drawn.png' });
  await bo.getByText('Replying to #1').waitFor();
  await bo.getByRole('button', { name: /^Picture\. Use as mask/ }).waitFor();
  await say(bo, 'a red balloon');
  const asked = ann.locator('.card', { hasText: 'Repaint this part of #1?' });
  await asked.waitFor();
  expect(await asked.textContent()).toMatch(/Red is repainted: \d+/);
  await look('mask-card', bo);
  await asked.getByRole('button', { name: 'Use', exact: true }).click();
  await cardOf(ann, 2).waitFor();
  expect(await cardOf(ann, 2).textContent()).toMatch(/inpaint.*a red balloon.*mask by @Bo/s);
});

test('a branch is begun in a form, the history shows it as a tree and in pictures, and two versions are compared', async () => {
  await further(cardOf(ann, 2), 'Branch…');
  const form = ann.getByRole('dialog', { name: 'Branch from #2' });
  await form.getByLabel('Name').fill('balloon');
  await form.getByRole('button', { name: 'Apply' }).click();
  await ann.getByText('The branch "balloon" begins here.').waitFor();
  await further(cardOf(ann, 2), 'History');
  const history = ann.locator('.card.private', { hasText: 'History · 3 pictures' });
  await history.waitFor();
  expect(await history.textContent()).toMatch(/└─ #2 inpaint "a red balloon".*balloon/s);
  await history.getByRole('button', { name: 'Thumbnails' }).click();
  await history.getByRole('img').first().waitFor();
  await look('history', ann);
  await cardOf(bo, 2).getByRole('button', { name: 'Compare' }).click();
  const compared = bo.locator('.card', { hasText: '#1 and #2' });
  await compared.getByRole('img').first().waitFor();
  const painting = { name: 'Paint a mask' }; // over a version, and over nothing else
  expect(await cardOf(bo, 2).getByRole('button', painting).count()).toBe(1);
  expect(await compared.getByRole('button', painting).count()).toBe(0);
  await look('compared', bo);
});

test('a vote stands before everybody, on every screen, and moves on when enough agree', async () => {
  await chat.storage.together.setRules('w:main' as PlaceId, { votes: true });
  await cardOf(li, 2).getByRole('button', { name: 'Again' }).click();
  await cardOf(bo, 3)
    .getByRole('button', { name: /Again|再来一张/ })
    .click();
  await cardOf(bo, 4).getByRole('button', { name: 'Undo' }).click();
  const vote = ann.locator('.card', { hasText: /wants to go to #1/ });
  await vote.waitFor();
  expect(await vote.textContent()).toContain('1 of 2 agree');
  await look('vote', ann);
  await li
    .locator('.card', { hasText: /wants to go to #1/ })
    .getByRole('button', { name: /^Agree/ })
    .click();
  await ann.locator('.card', { hasText: 'Agreed.' }).waitFor();
  await ann.getByText('#1 is the current picture').first().waitFor();
  await look('phone', li);
});

test('who asked to move on is let in by a press, and everybody reads it', async () => {
  await further(cardOf(ann, 1), 'Together…');
  await ann.locator('.card.private').getByRole('button', { name: 'Owner only' }).click();
  await ann.getByText('@Ann alone moves it on').waitFor();
  await cardOf(bo, 1).getByRole('button', { name: 'Undo' }).click();
  await bo.locator('.toast').getByRole('button', { name: 'Ask' }).waitFor();
  await look('refused', bo);
  await bo.locator('.toast').getByRole('button', { name: 'Ask' }).click();
  const asking = ann.locator('.card', { hasText: 'may I move #0 on?' });
  await asking.getByRole('button', { name: /^Allow/ }).click();
  await li.locator('.card', { hasText: '@Ann invited @Bo.' }).waitFor();
  expect(await li.locator('.card', { hasText: 'may I move #0 on?' }).count()).toBe(0);
  await look('allowed', bo);
});

test('no browser complained', () => {
  expect(complaints).toEqual([]);
});
