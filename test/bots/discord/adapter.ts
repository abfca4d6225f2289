import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Card, Incoming, Platform, SendOptions } from '../../../src/bots/core/index.ts';
import { type DiscordOptions, openDiscord } from '../../../src/bots/discord/discord.ts';
import type { BlobRef } from '../../../src/edit/blob.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { type Log, silentLog } from '../../../src/log.ts';
import {
  type DiscordStandIn,
  openDiscordStandIn,
  type StandInOptions,
} from '../../support/discord-stand-in/stand-in.ts';
import { fastClock, fit } from '../../support/running-bot.ts';

/** The adapter alone: what it hears lands in `heard`, and `answer` says what is done about it. */
export interface Adapter extends AsyncDisposable {
  readonly dc: DiscordStandIn;
  readonly discord: Platform;
  readonly dataDir: string;
  readonly heard: Incoming[];
  /** The channel that is there from the start. */
  readonly place: PlaceId;
  readonly logged: { readonly bindings: object; readonly message: string }[];
  answer: (incoming: Incoming) => Promise<void>;
}

export interface AdapterOptions extends Partial<DiscordOptions> {
  readonly standIn?: StandInOptions;
  readonly blob?: Uint8Array;
}

function keepingLog(logged: { readonly bindings: object; readonly message: string }[]): Log {
  const keep = (bindings: object, message: string) => void logged.push({ bindings, message });
  return { ...silentLog, info: keep, warn: keep, error: keep };
}

export async function openAdapter({ standIn, blob, ...options }: AdapterOptions = {}): Promise<Adapter> {
  const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-adapter-'));
  const dc = await openDiscordStandIn({ messageBucket: { limit: 500, windowMs: 1000 }, ...standIn });
  const logged: Adapter['logged'] = [];
  const discord = openDiscord({
    ...{ token: dc.token, apiRoot: dc.api, dataDir, fit, log: keepingLog(logged), clock: fastClock(10, dc.clock) },
    blobs: { get: async () => blob ?? new Uint8Array() },
    ...options,
  });
  const heard: Incoming[] = [];
  const adapter: Adapter = {
    ...{ dc, discord, dataDir, heard, logged },
    place: `d:${dc.guild.id}:${dc.channel.id}` as PlaceId,
    answer: async () => {},
    [Symbol.asyncDispose]: async () => {
      await discord[Symbol.asyncDispose]();
      await dc[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await discord.start((incoming) => {
    heard.push(incoming);
    return adapter.answer(incoming);
  });
  for (const end = Date.now() + 5000; dc.commands().length === 0; await new Promise((done) => setTimeout(done, 10)))
    if (Date.now() > end) throw new Error('no commands were registered');
  return adapter;
}

/** Delivers without a gateway, as any process can. */
export function openUnconnected({ api, token }: DiscordStandIn): Platform {
  const blobs = { get: async () => new Uint8Array() };
  return openDiscord({ token, apiRoot: api, dataDir: tmpdir(), blobs, fit, log: silentLog });
}

export const plain: Card = { title: 'Title', lines: ['a line'], images: [], rows: [], tone: 'plain', spoiler: false };
export const stored = `sha256-${'0'.repeat(64)}` as BlobRef;

let nonces = 0;
export function sending(more: Partial<SendOptions> = {}): SendOptions {
  nonces += 1;
  return { replyTo: null, nonce: `nonce-${nonces}`, repeated: false, language: 'en', ...more };
}

/** A card with a stored picture. */
export function picturing(more: Partial<Card> = {}, name = 'palimpsest_0123456789.png'): Card {
  return { ...plain, images: [{ source: stored, name, description: 'a cat' }], ...more };
}
