import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InlineKeyboardMarkup } from 'telegraf/types';
import { expect } from 'vitest';
import { cells } from '../../../src/bots/telegram/render.ts';
import { openTelegram } from '../../../src/bots/telegram/telegram.ts';
import type { LineageNode } from '../../../src/edit/lineage.ts';
import { silentLog } from '../../../src/log.ts';
import type { Storage } from '../../../src/storage/index.ts';
import { Latch } from '../../support/fake-engine.ts';
import { fastClock, fit, openRunningBot, type RunningBotOptions } from '../../support/running-bot.ts';
import {
  type Conversation,
  openTelegramStandIn,
  type Seen,
  type TelegramStandIn,
  type TelegramStandInOptions,
} from '../../support/telegram-stand-in/index.ts';

/** The bot as it runs, over the real client library: chat core, storage, line, a worker with the fake engine. */
export interface Chat extends AsyncDisposable {
  readonly tg: TelegramStandIn;
  readonly latch: Latch;
  readonly storage: Storage;
  readonly dataDir: string;
  /** Stops everything but Telegram, does something meanwhile, and starts over the same files. */
  restart(meanwhile?: () => Promise<void> | void): Promise<void>;
  /** The node whose buttons a message has. */
  nodeOf(seen: Seen): Promise<LineageNode>;
}

export interface ChatOptions extends RunningBotOptions {
  readonly standIn?: TelegramStandInOptions;
}

function openBot(dataDir: string, { apiRoot, token }: TelegramStandIn, latch: Latch, options: ChatOptions) {
  return openRunningBot(dataDir, fastClock(options.speed ?? 20), latch, options, ({ storage, blobs, clock }) =>
    openTelegram({
      ...{ token, apiRoot, blobs, posted: storage.postedFiles, messages: storage.messages },
      ...{ fit, log: silentLog, clock },
    }),
  );
}

export async function openChat(options: ChatOptions = {}): Promise<Chat> {
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-telegram-'));
  const tg = await openTelegramStandIn({ limits: null, ...options.standIn });
  const latch = new Latch();
  let bot = await openBot(dataDir, tg, latch, options);
  return {
    tg,
    latch,
    dataDir,
    get storage() {
      return bot.storage;
    },
    restart: async (meanwhile) => {
      await bot.close();
      await meanwhile?.();
      bot = await openBot(dataDir, tg, latch, { ...options, worker: true });
    },
    nodeOf: (seen) => bot.nodeOf(seen.buttons.flat()[0]?.data?.split(':')[2]),
    [Symbol.asyncDispose]: async () => {
      await bot.close();
      for (const line of tg.log) checkLooks(line, tg.token);
      await tg[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What every message must hold: keyboards that fit a phone, words without holes in them, and no secret. */
function checkLooks({ way, fields }: TelegramStandIn['log'][number], token: string): void {
  if (way !== 'call') return;
  const { reply_markup = '{}', text = '', caption = '' } = fields;
  const { inline_keyboard: rows = [] } = (
    typeof reply_markup === 'string' ? JSON.parse(reply_markup) : reply_markup
  ) as InlineKeyboardMarkup;
  expect(rows.length, 'rows of buttons').toBeLessThanOrEqual(8);
  for (const row of rows) expect(row.length, 'buttons in a row').toBeLessThanOrEqual(5);
  for (const { text: label } of rows.flat()) expect(cells(label), label).toBeLessThanOrEqual(24);
  expect(`${text}${caption}`).not.toMatch(/undefined|\[object|\bNaN\b|\bnull\b/);
  expect(JSON.stringify(fields)).not.toContain(token);
}

/** A result of that number in its tree, when it is not given any. */
export const isResult = (number?: number) => (seen: Seen) =>
  seen.picture !== null && new RegExp(`^#${number ?? '\\d+'} · `).test(seen.text) && seen.buttons.length > 1;

let people = 0;

/** Somebody new, alone with the bot. */
export function somebodyNew({ tg }: Chat, language: string | null = 'en'): Conversation {
  people += 1;
  return tg.private(tg.user(`Ann${people}`, language));
}

/** Sends a picture with words, and waits for what becomes of it. */
export async function edited(ann: Conversation, picture: Buffer, caption = 'a red hat --steps 7') {
  const asked = await ann.photo(picture, { caption });
  return { asked, result: await ann.wait(isResult(1)) };
}
