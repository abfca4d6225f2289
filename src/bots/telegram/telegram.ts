import { Telegraf } from 'telegraf';
import type { BlobStore } from '../../edit/blob.ts';
import type { Log } from '../../log.ts';
import type { MessageStore, PostedFileStore } from '../../storage/index.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Capabilities, Platform } from '../core/platform.ts';
import { openActivity } from './activity.ts';
import { patiently } from './answers.ts';
import { delivered, openApi } from './api.ts';
import { openConnection, webhookHandler } from './connection.ts';
import { openLine } from './line.ts';
import { registerMenu } from './menu.ts';
import { directPlace, linkTo, spotOf } from './places.ts';
import { documentLimit, editCard, type Fit, type Post, removeMessage, sendCard } from './sending.ts';
import { openUpgrades } from './upgrades.ts';

const cloud = 'https://api.telegram.org';

const capabilities: Capabilities = {
  maxUpload: documentLimit,
  maxText: 100_000, // what a message does not hold goes out as a file
  buttonsPerRow: 3,
  rows: 8,
  selectMenus: false,
  menus: 'in place',
  forms: false,
  painting: false,
  pairs: 'ask',
  ephemeral: false,
  resultsInPlace: false,
  hidesFiles: false,
  // A room takes 20 messages a minute, edits counted; most of them are left to results.
  editIntervalMs: { private: 1500, room: 5000 },
  previewIntervalMs: { private: 6000, room: null },
};

export interface TelegramOptions {
  /** From @BotFather. Never logged. */
  readonly token: string;
  /** A Bot API server of one's own, without limits on downloads; Telegram's, when not given. */
  readonly apiRoot?: string;
  /** Where Telegram brings updates, https; null: they are polled. */
  readonly webhook?: string | null;
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly posted: PostedFileStore;
  readonly messages: Pick<MessageStore, 'placeOf'>;
  readonly fit: Fit;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Telegram, and the handler for its deliveries, to be mounted under the webhook's address. Null when updates are polled. */
export interface TelegramPlatform extends Platform {
  readonly webhook: ((request: Request) => Promise<Response>) | null;
}

/** A bot on Telegram. Connects at `start`; disposing stops listening and hands out albums that were still being gathered. */
export function openTelegram(options: TelegramOptions): TelegramPlatform {
  const { token, apiRoot = cloud, webhook = null, log, clock = systemClock } = options;
  const bot = new Telegraf(token, { telegram: { apiRoot, webhookReply: false } });
  const upgrades = openUpgrades();
  const api = openApi(bot.telegram, upgrades);
  const { blobs, posted, messages, fit } = options;
  const post: Post = { api, blobs, posted, fit, albumsSent: new Map(), shownSent: new Map(), pictured: new Set() };
  const line = openLine({ bot, api, post, posted, messages, upgrades, clock, log, isCloud: apiRoot === cloud });
  const connection = openConnection({ bot, webhook, clock, log, connected: () => registerMenu(api) });
  const activity = openActivity(api, clock);
  const closing = new AbortController();
  return {
    name: 'telegram',
    capabilities,
    webhook: webhook === null ? null : webhookHandler(bot),
    start: (receive, moved) => {
      if (moved) upgrades.listen(moved);
      line.hear(receive);
      return connection.open();
    },
    send: (place, card, how) => delivered(() => sendCard(post, place, card, how)),
    edit: async (place, message, card) => {
      activity[card.tone === 'busy' ? 'goesOn' : 'ended'](place, message);
      await delivered(() => editCard(post, place, message, card));
    },
    remove: async (place, message) => {
      activity.ended(place, message);
      await patiently({ clock, closing: closing.signal }, () => removeMessage(post, place, message));
    },
    directPlace: async (user) => directPlace(user),
    paceOf: (place) => spotOf(place).chat,
    linkTo,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      activity[Symbol.dispose]();
      await connection[Symbol.asyncDispose]();
      await line[Symbol.asyncDispose]();
    },
  };
}
