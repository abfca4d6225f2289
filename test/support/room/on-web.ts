import { setTimeout as delay } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import type { WireCard, WireConversation, WireMessage } from '../../../src/bots/web/client/wire.ts';
import { bytesOf, dropFile } from '../../bots/web/page.ts';
import { typed } from './on-telegram.ts';
import type { Along, Person, Room, RoomMessage } from './room.ts';

/** How often the pages are looked at, ms. */
const LOOK_MS = 40;

/** The pictures that stand on buttons elsewhere, by what the page's buttons do. */
const emojis: Readonly<Record<string, string>> = {
  ...{ ag: '🎲', ls: '➖', mo: '➕', ed: '✏️', sm: '♻️', un: '↩️', rd: '↪️', fl: '💾', cx: '✖️', rt: '🔁', rg: '🖌️' },
  ...{ up: '⬆️', op: '↔️', se: '🩹', mu: '✅', mi: '◐', mg: '⊕', mh: '⊖', sk: '🔁', no: '✖️', br: '🌿', tg: '👥' },
  ...{ lk: '🔒', vt: '👍', wp: '🌿', as: '🙋', al: '✅', cp: '🌓', sh: '🖼️', ps: '⭐', pn: '📍' },
};

/** What else such a picture stands for. */
const others: Readonly<Record<string, readonly string[]>> = { '➕': ['ps'], '🖼️': ['hs'] };

/** Somebody with a page of the web chat before them. */
export interface Reader {
  readonly name: string;
  readonly page: Page;
}

interface Place {
  readonly readers: readonly [Reader, Reader, Reader];
  /** Where notices stand that are no messages, by id. */
  readonly toasts: ReadonlyMap<string, Locator>;
  messages(): readonly RoomMessage[];
}

const textOf = ({ title, lines, block }: WireCard) => [title, ...lines, ...block].join('\n');

async function asMessage({ page, name }: Reader, { id, card, said, onlyYou }: WireMessage): Promise<RoomMessage> {
  const buttons = (card?.rows.flat() ?? []).filter(({ disabled }) => !disabled);
  const shown = (card?.images ?? []).filter(({ src }) => !src.startsWith('data:'));
  const pictures = shown.map(async ({ src, name: file }) => {
    const response = await page.context().request.get(new URL(src, page.url()).href);
    return { name: file, bytes: await response.body(), spoiler: card?.spoiler ?? false };
  });
  return {
    ...{ id, byBot: card !== null, onlyFor: onlyYou ? name : null },
    text: card ? textOf(card) : `${said?.name}: ${said?.text}`,
    buttons: buttons.map(({ action, label }) => `${emojis[action] ?? ''} ${label}`.trim()),
    pictures: await Promise.all(pictures),
  };
}

/** Everything that was said, as one reader may see it. */
async function conversationOf({ page }: Reader): Promise<readonly WireMessage[]> {
  const all: WireMessage[] = [];
  for (let query = ''; ; query = `?before=${all[0]!.id}`) {
    const response = await page.context().request.get(new URL(`/api/conversation${query}`, page.url()).href);
    const { messages, earlier } = (await response.json()) as WireConversation;
    all.unshift(...messages);
    if (!earlier) return all;
  }
}

/** A notice in the corner, read at one go: it may be gone the next moment. */
interface Notice {
  readonly text: string;
  readonly isWarning: boolean;
  readonly buttons: readonly (readonly [action: string, words: string])[];
}
const readNotices = `[...document.querySelectorAll('.toast')].map((toast) => ({
  text: [...toast.querySelectorAll('strong, p, pre')].map((part) => part.textContent).join('\\n'),
  isWarning: toast.classList.contains('tone-warning'),
  buttons: [...toast.querySelectorAll('.action')].map((button) => [button.dataset.action, button.textContent]),
}))`;

/** Keeps what stands on the pages: messages in their order, what is for one alone among them, then notices. */
function watch(readers: Place['readers'], toasts: Map<string, Locator>) {
  const known = new Map<string, { readonly looks: string; readonly message: RoomMessage }>();
  let now: readonly RoomMessage[] = [];
  const remembered = async (reader: Reader, wire: WireMessage): Promise<RoomMessage> => {
    const looks = JSON.stringify(wire);
    const before = known.get(wire.id);
    if (before?.looks === looks) return before.message;
    const message = await asMessage(reader, wire);
    known.set(wire.id, { looks, message });
    return message;
  };
  const noticesOf = async ({ page, name }: Reader): Promise<readonly RoomMessage[]> => {
    const notices = await page.evaluate<readonly Notice[]>(readNotices);
    return notices.map(({ text, isWarning, buttons }) => {
      const id = `notice for ${name}: ${text}`;
      toasts.set(id, page.locator('.toast', { hasText: text.split('\n')[0]! }).last());
      const labels = buttons.map(([action, words]) => `${emojis[action] ?? ''} ${words}`.trim());
      return { id, byBot: true, onlyFor: name, text: `${isWarning ? '⚠ ' : ''}${text}`, buttons: labels, pictures: [] };
    });
  };
  const look = async () => {
    const all = new Map<string, RoomMessage>();
    const notices: RoomMessage[] = [];
    const at = new Map<string, number>();
    for (const reader of readers) {
      for (const wire of await conversationOf(reader)) {
        at.set(wire.id, wire.at);
        if (!all.has(wire.id)) all.set(wire.id, await remembered(reader, wire));
      }
      notices.push(...(await noticesOf(reader)));
    }
    now = [...[...all.values()].sort((a, b) => at.get(a.id)! - at.get(b.id)!), ...notices];
  };
  return { look, messages: () => now };
}

/** What a message stands in on somebody's page: a card of the conversation, or a notice in the corner. */
const standingIn = ({ toasts }: Place, page: Page, { id }: RoomMessage): Locator =>
  toasts.get(id) ?? page.locator(`[data-message="${id}"]`);

/** A button by its words or by what stands for its picture elsewhere. */
async function buttonIn(where: Locator, wanted: string): Promise<Locator> {
  const usual = Object.keys(emojis).filter((action) => emojis[action] === wanted);
  const actions = [...usual, ...(others[wanted] ?? [])];
  const all = where.locator('.action:not(:disabled)');
  for (const button of await all.all()) {
    const [action, words] = [await button.getAttribute('data-action'), (await button.textContent()) ?? ''];
    if (actions.length > 0 ? actions.includes(action ?? '') : words.includes(wanted)) return button;
  }
  throw new Error(`no button ${wanted} among ${(await all.allTextContents()).join(' · ')}`);
}

/** Types into the field below, with pictures, and sends it. */
async function write(page: Page, words: string, { picture, mask }: Along): Promise<void> {
  const field = page.locator('.composer textarea');
  if (picture) await dropFile(page.locator('.transcript'), { bytes: picture, name: 'picture.png' });
  if (picture) await page.locator('.tray .held').waitFor();
  if (mask) await dropFile(page.locator('.mask-slot'), { bytes: mask, name: 'mask.png' });
  await field.fill(words);
  await field.press('Enter');
}

function personOf(place: Place, { name, page }: Reader): Person {
  const reply = async (to: RoomMessage) => {
    const button = page.locator(`[data-message="${to.id}"] button.reply`);
    await button.scrollIntoViewIfNeeded();
    await button.click();
  };
  const press = async (on: RoomMessage, button: string) => {
    const found = await buttonIn(standingIn(place, page, on), button);
    await found.scrollIntoViewIfNeeded();
    await found.click();
  };
  const open = async (on: RoomMessage) => {
    await page.keyboard.press('Escape');
    await standingIn(place, page, on).locator('[data-action="mx"]').click();
    await page.locator('.card-menu').waitFor();
  };
  const chooseFurther = async (on: RoomMessage, button: string) => {
    await open(on);
    await (await buttonIn(page.locator('.card-menu'), button)).click();
  };
  const answer = async (values: Parameters<Person['fill']>[2]) => {
    const form = page.locator('dialog.form-dialog');
    await form.waitFor();
    for (const [field, value] of Object.entries(values)) await form.locator(`[name="${field}"]`).fill(String(value));
    await form.locator('button[type=submit]').click();
  };
  return {
    ...{ name, handle: name, id: name, press, pressFurther: chooseFurther },
    command: async (command, values = {}, along = {}) => {
      if (along.about) await reply(along.about);
      await write(page, typed(command, values), along);
    },
    reply: async (to, words) => {
      await reply(to);
      await write(page, words, {});
    },
    draw: async (on, svg, words) => {
      const picture = page.locator(`[data-message="${on.id}"] .gallery img`).first();
      await picture.scrollIntoViewIfNeeded();
      const drawn = await sharp(await bytesOf(picture))
        .composite([{ input: Buffer.from(svg) }])
        .png()
        .toBuffer();
      await dropFile(picture, { bytes: drawn, name: 'drawn.png' });
      await page.locator('.tray .held').waitFor();
      await write(page, words, {});
    },
    fill: async (on, button, values) => {
      await press(on, button);
      await answer(values);
    },
    fillFurther: async (on, button, values) => {
      await chooseFurther(on, button);
      await answer(values);
    },
    forge: () => Promise.reject(new Error('a page presses what it shows')),
    privately: () => place.messages().filter(({ onlyFor }) => onlyFor === name),
  };
}

/** The web chat, open on three people's screens, for as long as it is used. */
export async function webRoom(readers: Place['readers']): Promise<Room & AsyncDisposable> {
  const toasts = new Map<string, Locator>();
  const { look, messages } = watch(readers, toasts);
  const place = { readers, toasts, messages };
  const closing = new AbortController();
  await look();
  const looking = (async () => {
    for (; !closing.signal.aborted; await delay(LOOK_MS)) await look();
  })();
  const [one, two, three] = readers;
  return {
    isLookedAfter: false,
    people: [personOf(place, one), personOf(place, two), personOf(place, three)],
    messages,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await looking;
    },
  };
}
