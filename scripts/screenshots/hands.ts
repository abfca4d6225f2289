import type { Locator, Page } from 'playwright-core';
import { settled } from '../../test/bots/web/page.ts';

/** ms; the model paints for seconds. */
const PATIENCE = 60_000;

/** A button of a card by what it does. */
export const action = (card: Locator, id: string): Locator => card.locator(`[data-action="${id}"]`);

/** Says something, in reply to a card if one is given. */
export async function say(page: Page, words: string, about?: Locator): Promise<void> {
  if (about) await about.locator('button.reply').click();
  await page.locator('.composer textarea').fill(words);
  await page.keyboard.press('Enter');
}

/** Presses what stands behind "⋯" of a card. */
export async function further(card: Locator, id: string): Promise<void> {
  await action(card, 'mx').click();
  await action(card, id).click();
}

/** Fills the only field of the form that is open, and sends it. */
export async function fill(page: Page, words: string): Promise<void> {
  await page.locator('dialog.form-dialog input').fill(words);
  await page.locator('dialog.form-dialog button[type=submit]').click();
}

/** Waits for a card, and for everything on it. */
export async function shown(card: Locator): Promise<Locator> {
  await card.waitFor({ timeout: PATIENCE });
  await card.page().locator('.card.tone-busy').first().waitFor({ state: 'detached', timeout: PATIENCE });
  await settled(card.page());
  return card;
}

/** A part of a page as it looks, PNG. */
export async function photo(what: Locator): Promise<Buffer> {
  await what.scrollIntoViewIfNeeded();
  await settled(what.page());
  return what.screenshot({ animations: 'disabled' });
}
