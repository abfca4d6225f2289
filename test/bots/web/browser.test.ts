import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../support/process.ts';
import { chromium } from '../../support/services.ts';
import { dropFile, openBrowser, openPage, type PageOptions, settled } from './page.ts';
import { landscape, sunMask } from './pictures.ts';
import { openWebChat, type WebChat } from './web-chat.ts';

const screenshots = new URL('../../../.run/web/', import.meta.url).pathname;
let chat: WebChat;
let browser: Browser;
let page: Page;
/** What the browser complained about. */
const complaints: string[] = [];

const open = (options: PageOptions = {}): Promise<Page> =>
  openPage(browser, chat.web.url, { ...options, complain: (what) => complaints.push(what) });

const look = (name: string, of: Page = page) => of.screenshot({ path: join(screenshots, `${name}.png`) });
const results = (of: Page = page) => of.locator('.card.tone-done');

const drop = (selector: string, bytes: Uint8Array, name: string) =>
  dropFile(page.locator(selector).first(), { bytes, name }, () => look(`drop-${name}`));

beforeAll(async () => {
  await mkdir(screenshots, { recursive: true });
  [chat, browser] = await Promise.all([openWebChat(await freePort()), openBrowser(await chromium())]);
  page = await open();
});
afterAll(async () => {
  await browser?.close();
  await chat?.[Symbol.asyncDispose]();
});

const settle = (of: Page = page) => settled(of);

async function say(words: string, of: Page = page): Promise<void> {
  await of.getByRole('textbox', { name: 'Message' }).fill(words);
  await of.keyboard.press('Enter');
}

/** The `n`th result from the top, from 0, once nothing is on its way any more. */
async function result(n: number, of: Page = page): Promise<Locator> {
  await results(of).nth(n).waitFor();
  await of.locator('.card.tone-busy').first().waitFor({ state: 'detached' });
  return results(of).nth(n);
}

describe('the page', () => {
  test('shows how to begin, and the token no more', async () => {
    await page.getByRole('heading', { name: 'Drop a picture anywhere' }).waitFor();
    expect(page.url()).not.toContain(chat.web.url.split('#')[1]);
    await look('empty');
  });

  test('shows a dropped photo, its edit on the way, and the result', async () => {
    await drop('.transcript', await landscape(), 'photo.png');
    await page.getByRole('button', { name: 'Remove photo.png' }).waitFor();
    chat.latch.close();
    await page.getByRole('textbox', { name: 'Message' }).fill('oil painting, warm light');
    await look('composed');
    await page.keyboard.press('Enter');
    const bar = page.getByRole('progressbar');
    await bar.waitFor();
    chat.latch.release(2);
    await expect.poll(() => bar.getAttribute('aria-valuenow'), { timeout: 5000 }).toBe('40');
    await look('progress');
    chat.latch.open();
    const card = await result(0);
    await settle();
    expect(await card.locator('.number').textContent()).toBe('#1');
    expect(await card.locator('.prompt').textContent()).toBe('oil painting, warm light');
    expect(await card.getByRole('img').first().getAttribute('alt')).toBe('Picture #1: oil painting, warm light');
    await look('result');
  });

  test('does what the buttons of a card say', async () => {
    await results().first().getByRole('button', { name: 'More' }).click();
    expect(await (await result(1)).textContent()).toContain('strength 0.60');
    await results().nth(1).getByRole('button', { name: 'Again' }).click();
    expect(await (await result(2)).textContent()).toContain('#3');
    await results().nth(2).getByRole('button', { name: 'Undo' }).click();
    await page.locator('.card.tone-plain').getByText('#0 is the current picture').waitFor();
    await settle();
    await look('undone');
  });

  test('asks in a form, filled in with what the picture was made with', async () => {
    await results().first().getByRole('button', { name: 'Edit…' }).click();
    const form = page.getByRole('dialog', { name: 'Edit #1' });
    expect(await form.getByLabel('Prompt', { exact: true }).inputValue()).toBe('oil painting, warm light');
    await look('form');
    await form.getByLabel('Prompt', { exact: true }).fill('a watercolour');
    await form.getByLabel('Denoising strength').fill('lots');
    await form.getByRole('button', { name: 'Apply' }).click();
    await form.getByRole('alert').getByText('strength cannot be lots').waitFor();
    await look('form-refused');
    expect(await form.getByLabel('Prompt', { exact: true }).inputValue()).toBe('a watercolour');
    await form.getByLabel('Denoising strength').fill('0.9');
    await form.getByRole('button', { name: 'Apply' }).click();
    expect(await (await result(3)).textContent()).toMatch(/a watercolour.*strength 0\.90/s);
  });

  test('repaints what a mask covers that is dropped onto a picture', async () => {
    await drop('[data-message]:has(.tone-done) .gallery img', await sunMask(), 'sun.png');
    await page.getByText('Replying to #1').waitFor();
    await page.getByRole('button', { name: /^Mask\. Use as picture/ }).waitFor();
    await page.getByRole('textbox', { name: 'Message' }).fill('a red balloon');
    await look('mask');
    await page.keyboard.press('Enter');
    const card = await result(4);
    expect(await card.textContent()).toMatch(/inpaint.*a red balloon.*from #1/s);
    await card.getByRole('button', { name: 'Same mask' }).waitFor();
  });

  test('lets a mask be painted over a picture', async () => {
    await results().first().locator('.frame').click();
    const viewer = page.locator('dialog.viewer');
    await viewer.waitFor();
    await look('viewer');
    await viewer.getByRole('button', { name: 'Paint a mask' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await results().first().getByRole('button', { name: 'Region…' }).click();
    const region = page.locator('.card.private', { hasText: 'Which part of #1?' });
    await region.getByRole('button', { name: 'Paint…' }).click();
    const canvas = page.locator('dialog.painter canvas');
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 8 });
    await page.mouse.up();
    await look('painter');
    await page.getByRole('button', { name: 'Use this mask' }).click();
    await page.getByRole('button', { name: /^Mask\. Use as picture/ }).waitFor();
    await region.getByRole('button', { name: 'Dismiss' }).click();
    await say('a flock of birds');
    expect(await (await result(5)).textContent()).toMatch(/inpaint.*a flock of birds.*from #1/s);
  });

  test('sends chosen parameters along, and says so', async () => {
    await page.getByRole('button', { name: 'Settings', exact: true }).last().click();
    const panel = page.getByRole('complementary', { name: 'Settings' });
    await panel.getByLabel('Denoising strength', { exact: true }).fill('0.3');
    await panel.getByLabel('Batch size', { exact: true }).fill('4');
    await panel.getByText('Sampling', { exact: true }).click();
    await panel.getByLabel('Sampling method').selectOption('DPM++ 2M');
    await look('settings');
    await say('a charcoal drawing');
    const card = await result(6);
    expect(await card.textContent()).toMatch(/strength 0\.30.*DPM\+\+ 2M/s);
    expect(await card.locator('.frame').count()).toBe(4);
    await settle();
    await look('batch');
    await panel.getByRole('button', { name: 'Reset all' }).click();
    await panel.getByLabel('Seed', { exact: true }).press('Escape');
    await panel.waitFor({ state: 'hidden' });
    await card.getByRole('button', { name: '3', exact: true }).click();
    await page.locator('.card.tone-plain').nth(1).waitFor();
  });

  test('tells one person alone what only they asked', async () => {
    await results().first().getByRole('button', { name: 'Further buttons' }).click();
    await look('further');
    await results().first().getByRole('button', { name: 'Settings' }).click();
    const told = page.locator('.card.private');
    await told.getByText('Only you see this').waitFor();
    expect(await told.textContent()).toContain('Seed:');
    await look('told');
    const other = await open();
    await result(0, other);
    expect(await other.locator('.card.private').count()).toBe(0);
    await other.context().close();
    await told.getByRole('button', { name: 'Dismiss' }).click();
    await told.waitFor({ state: 'detached' });
    await say('/cancle');
    await page.locator('.toast').getByRole('button', { name: '/cancel' }).click();
    await page.locator('.toast').getByText('Too late to cancel').waitFor();
    await look('toast');
    await page.locator('.toast').getByRole('button', { name: 'Dismiss' }).press('Enter');
    expect(await page.evaluate<string>('document.activeElement.tagName')).toBe('TEXTAREA');
  });

  test('shows an answer that is taller than the room from its top', async () => {
    await say('/help');
    const help = page.locator('.card.private', { hasText: 'More: /help' });
    await help.getByText('/privacy').first().waitFor();
    await settle();
    const [card, room] = [(await help.boundingBox())!, (await page.locator('.scroll').boundingBox())!];
    expect(card.height).toBeGreaterThan(room.height);
    await expect.poll(async () => (await help.boundingBox())!.y - room.y).toBeCloseTo(12, 0);
    await results().first().getByRole('button', { name: 'Compare' }).click(); // what is asked for meanwhile is shown
    await page.locator('.card', { hasText: '#0 and #1' }).getByRole('img').first().waitFor();
    await page.getByRole('button', { name: 'Latest' }).waitFor({ state: 'hidden' });
    await help.getByRole('button', { name: 'Dismiss' }).click();
    await help.waitFor({ state: 'detached' });
  });

  test('has everything again after a reload and a restart, buttons included', async () => {
    const before = await page.locator('.message').count();
    await page.reload();
    await results().first().waitFor();
    expect(await page.locator('.message').count()).toBe(before);
    await page.route('**/api/conversation', (route) => route.abort(), { times: 1 }); // and once it does not answer
    await chat.restart();
    await page.locator('.status').waitFor({ state: 'hidden' });
    await results().first().getByRole('button', { name: 'Again' }).click();
    expect(await (await result(7)).textContent()).toContain('oil painting, warm light');
  });

  test('shows another person what happens, and whose it is', async () => {
    const other = await open({ locale: 'zh-CN', colorScheme: 'dark', width: 400 });
    await result(0, other);
    await settle(other);
    await look('phone', other);
    await other.getByRole('textbox', { name: '消息' }).fill('一幅水彩画');
    await other.keyboard.press('Enter');
    await page.locator('.bubble:not(.own)').getByText('一幅水彩画').waitFor();
    expect(await (await result(8)).textContent()).toContain('重绘幅度');
    await look('phone-after', other);
    await other.context().close();
  });

  test('keeps the focus on what is pressed from the keyboard, and puts it where one writes when that goes', async () => {
    await results().first().getByRole('button', { name: 'Outpaint…' }).click();
    const dialog = page.locator('.card', { hasText: 'Enlarge #1' }).last();
    await dialog.getByRole('button', { name: '64 px' }).press('Enter');
    await dialog.locator('.action.primary', { hasText: '64 px' }).waitFor();
    const focused = () => page.evaluate<string>('document.activeElement.textContent + document.activeElement.tagName');
    expect(await focused()).toBe('64 pxBUTTON');
    await dialog.getByRole('button', { name: 'Dismiss' }).press('Enter');
    await dialog.waitFor({ state: 'detached' });
    expect(await focused()).toBe('TEXTAREA');
  });

  test('completes commands from the keyboard, in a list that stays on the screen', async () => {
    const field = page.getByRole('textbox', { name: 'Message' });
    await field.fill('/');
    const list = page.getByRole('listbox', { name: 'Commands' });
    await field.press('ArrowUp');
    const last = list.getByRole('option').last();
    expect(await last.getAttribute('aria-selected')).toBe('true');
    const [{ y, height }, inside] = [(await list.boundingBox())!, (await last.boundingBox())!];
    expect(y).toBeGreaterThan(0);
    expect(inside.y + inside.height).toBeLessThanOrEqual(y + height);
    await look('commands');
    await field.press('Enter');
    expect(await field.inputValue()).toBe('/privacy '); // nobody looks after the web chat: there is no /server
    await field.fill('');
  });

  test('asks for the link where nobody brought it', async () => {
    const context = await browser.newContext({ locale: 'en-GB' });
    const gate = await context.newPage();
    await gate.goto(new URL('/', chat.web.url).href);
    await gate.getByLabel('Link or token').fill('http://127.0.0.1/#wrong');
    await gate.getByRole('button', { name: 'Open' }).click();
    await gate.getByText('That is not the link of this chat.').waitFor();
    await look('gate', gate);
    await gate.getByLabel('Link or token').fill(chat.web.url);
    await gate.getByRole('button', { name: 'Open' }).click();
    await results(gate).first().waitFor();
    await context.clearCookies();
    await results(gate).first().getByRole('button', { name: 'Compare' }).click();
    await gate.getByLabel('Link or token').waitFor();
    await context.close();
  });

  test('shows people’s words as words', async () => {
    const hostile = '<img src=x onerror="document.title=1"><b>bold</b>';
    await say(hostile);
    await page.locator('.said').getByText(hostile).waitFor();
    expect(await (await result(9)).locator('.prompt').textContent()).toBe(hostile);
    expect(await page.title()).toBe('Palimpsest');
  });

  test('never made the browser complain', () => {
    const expected = /401|net::ERR_|ERR_CONNECTION/; // the closed gate, and the server that was restarted
    expect(complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
  });
});
