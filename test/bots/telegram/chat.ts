import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTelegram } from '../../../src/bots/telegram/telegram.ts';
import type { LineageNode } from '../../../src/edit/lineage.ts';
import { silentLog } from '../../../src/log.ts';
import type { Storage } from '../../../src/storage/index.ts';
import { Latch } from '../../support/fake-engine.ts';
import { fastClock, fit, openRunningBot, type RunningBotOptions } from '../../support/running-bot.ts';
import {
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
  return openRunningBot(dataDir, fastClock(options.speed ?? 20), latch, options, ({ blobs, clock }) =>
    openTelegram({ token, apiRoot, blobs, fit, log: silentLog, clock }),
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
      await tg[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A result of that number in its tree, when it is not given any. */
export const isResult = (number?: number) => (seen: Seen) =>
  seen.picture !== null && new RegExp(`^#${number ?? '\\d+'} · `).test(seen.text) && seen.buttons.length > 1;
