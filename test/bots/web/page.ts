import { setTimeout as delay } from 'node:timers/promises';
import { type Browser, type Locator, type Page, chromium as playwright } from 'playwright-core';

const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

export function openBrowser(executablePath: string): Promise<Browser> {
  return playwright.launch({ executablePath, args: flags });
}

export interface PageOptions {
  readonly locale?: string;
  /** What they are called in the chat. */
  readonly name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** Told of everything the browser complains about. */
  readonly complain?: (what: string) => void;
}

/** A browser of somebody new, on the page. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<Page> {
  const { locale = 'en-GB', width = 1180, height = 860, colorScheme = 'light', complain = () => {} } = options;
  const context = await browser.newContext({ locale, colorScheme, viewport: { width, height } });
  const remembered = JSON.stringify(JSON.stringify({ name: options.name ?? '' }));
  await context.addInitScript(
    `localStorage.getItem('palimpsest') ?? localStorage.setItem('palimpsest', ${remembered})`,
  );
  const opened = await context.newPage();
  opened.setDefaultTimeout(8000);
  opened.on('console', (message) => message.type() === 'error' && complain(message.text()));
  opened.on('pageerror', (error) => complain(String(error)));
  await opened.goto(url);
  return opened;
}

/** Drags a file over something and drops it. `over`: called while it is held there. */
export async function dropFile(
  on: Locator,
  { bytes, name }: { readonly bytes: Uint8Array; readonly name: string },
  over: () => Promise<unknown> = async () => {},
): Promise<void> {
  const base64 = Buffer.from(bytes).toString('base64');
  const transfer = await on.page().evaluateHandle(`(() => {
    const data = new DataTransfer();
    const bytes = Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0));
    data.items.add(new File([bytes], '${name}', { type: 'image/png' }));
    return data;
  })()`);
  await on.dispatchEvent('dragover', { dataTransfer: transfer });
  await over();
  await on.dispatchEvent('drop', { dataTransfer: transfer });
}

/** Waits until every picture on the page has come. */
export async function settled(page: Page): Promise<void> {
  const haveCome = `[...document.images].every((img) => img.complete && img.naturalWidth > 0)`;
  for (const end = Date.now() + 8000; !(await page.evaluate<boolean>(haveCome)); await delay(50))
    if (Date.now() > end) throw new Error('a picture on the page does not come');
}

/** The bytes of a picture that is shown. */
export async function bytesOf(image: Locator): Promise<Buffer> {
  const src = await image.getAttribute('src');
  const response = await image
    .page()
    .context()
    .request.get(new URL(src ?? '', image.page().url()).href);
  return response.body();
}

/** The card of a picture by its number, the newest that shows it. */
export const cardOf = (page: Page, number: number): Locator =>
  page
    .locator('.message', { has: page.locator('.number', { hasText: new RegExp(`^#${number}$`) }) })
    .locator('.card')
    .last();
