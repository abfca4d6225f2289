import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSuggestions } from '../../../src/bots/core/index.ts';
import { openDiscord } from '../../../src/bots/discord/discord.ts';
import type { LineageNode } from '../../../src/edit/lineage.ts';
import { silentLog } from '../../../src/log.ts';
import type { Storage } from '../../../src/storage/index.ts';
import {
  type DiscordStandIn,
  openDiscordStandIn,
  type StandInOptions,
} from '../../support/discord-stand-in/stand-in.ts';
import type { Seen } from '../../support/discord-stand-in/view.ts';
import { Latch } from '../../support/fake-engine.ts';
import { fastClock, fit, openRunningBot, type RunningBotOptions } from '../../support/running-bot.ts';

/** The bot as it runs, over the real client library: chat core, storage, line, a worker with the fake engine. */
export interface Chat extends AsyncDisposable {
  readonly dc: DiscordStandIn;
  readonly latch: Latch;
  readonly storage: Storage;
  readonly dataDir: string;
  /** Stops everything but Discord, does something meanwhile, and starts over the same files. */
  restart(meanwhile?: () => Promise<void> | void): Promise<void>;
  /** The node whose buttons a message has. */
  nodeOf(seen: Seen): Promise<LineageNode>;
}

export interface ChatOptions extends RunningBotOptions {
  readonly standIn?: StandInOptions;
}

/** A second in which forms must open is no shorter here than a busy machine needs. */
const adapterSpeed = 10;

async function openBot(dataDir: string, dc: DiscordStandIn, latch: Latch, options: ChatOptions) {
  const bot = await openRunningBot(dataDir, fastClock(options.speed ?? 20, dc.clock), latch, options, (parts) => {
    const { storage, queue } = parts;
    const clock = fastClock(adapterSpeed, dc.clock);
    const suggestions = openSuggestions({ catalog: () => queue.catalog(), storage, clock });
    const { token, api: apiRoot } = dc;
    const readsAll = options.standIn?.messageContent;
    return openDiscord({ ...parts, readsAll, clock, token, apiRoot, dataDir, fit, log: silentLog, suggestions });
  });
  await expectCommands(dc);
  return bot;
}

async function expectCommands(dc: DiscordStandIn): Promise<void> {
  for (const end = Date.now() + 5000; dc.commands().length === 0; await new Promise((done) => setTimeout(done, 10)))
    if (Date.now() > end) throw new Error('no commands were registered');
}

export async function openChat(options: ChatOptions = {}): Promise<Chat> {
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-discord-'));
  const dc = await openDiscordStandIn({ messageBucket: { limit: 500, windowMs: 1000 }, ...options.standIn });
  const latch = new Latch();
  let bot = await openBot(dataDir, dc, latch, options);
  return {
    dc,
    latch,
    dataDir,
    get storage() {
      return bot.storage;
    },
    restart: async (meanwhile) => {
      await bot.close();
      await meanwhile?.();
      bot = await openBot(dataDir, dc, latch, { ...options, worker: true });
    },
    nodeOf: (seen) => bot.nodeOf(seen.buttons[0]?.customId?.split('|')[2]),
    [Symbol.asyncDispose]: async () => {
      await bot.close();
      await dc[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A result, of that number in its tree when one is given. */
export const isResult = (number?: number) => (seen: Seen) =>
  seen.pictures.length > 0 && new RegExp(`^\\*\\*#${number ?? '\\d+'} · `).test(seen.text) && seen.buttons.length > 1;
