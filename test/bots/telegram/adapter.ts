import { expect } from 'vitest';
import type { Card, Incoming } from '../../../src/bots/core/platform.ts';
import { openTelegram, type TelegramOptions } from '../../../src/bots/telegram/telegram.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import type { Log } from '../../../src/log.ts';
import { type HandClock, handClock } from './hand-clock.ts';
import { openScriptedApi, type ScriptedApi, token } from './scripted-api.ts';

export const ann = { id: 7, is_bot: false, first_name: 'Ann', language_code: 'zh-hans' };
export const privately = { id: 7, type: 'private', first_name: 'Ann' };
export const room = { id: -1_002_147_483_647, type: 'supergroup', title: 'Studio' };
export const place = 't:7:0' as PlaceId;
export const how = { replyTo: '5', nonce: 'n1', repeated: false, language: 'en' } as const;

export const picture = { source: new Uint8Array(30), name: 'palimpsest_0123456789.png', description: 'a cat' };
export const again = { label: 'Again', emoji: '🎲', action: 'ag', target: '0123456789' } as const;
export const card: Card = {
  title: '#3',
  lines: ['"hat"'],
  images: [picture],
  rows: [[again]],
  tone: 'done',
  spoiler: false,
};

/** Keeps every line, as text. */
export function memoryLog(lines: string[]): Log {
  const write = (bindings: object, message: string) => {
    const { error } = bindings as { error?: Error };
    lines.push(`${message} ${JSON.stringify(bindings)} ${error?.stack ?? ''} ${String(error?.cause ?? '')}`);
  };
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
  return log;
}

export interface Bot extends AsyncDisposable {
  readonly api: ScriptedApi;
  readonly clock: HandClock;
  readonly telegram: ReturnType<typeof openTelegram>;
  readonly heard: Incoming[];
  readonly log: string[];
  /** The first incoming thing that comes. */
  next(): Promise<Incoming>;
  calls(method: string): ScriptedApi['calls'];
}

/** Telegram has got no picture yet, and nothing is remembered. */
export const nothingPosted: Pick<TelegramOptions, 'posted' | 'messages'> = {
  posted: { find: async () => undefined, keep: async () => {}, madeBy: async () => [] },
  messages: { placeOf: async () => undefined },
};

export async function openBot(
  options: Partial<TelegramOptions> = {},
  prepare: (api: ScriptedApi) => void = () => {},
): Promise<Bot> {
  const api = await openScriptedApi();
  prepare(api);
  const clock = handClock();
  const log: string[] = [];
  const heard: Incoming[] = [];
  const telegram = openTelegram({
    ...{ token, apiRoot: api.root, clock, log: memoryLog(log) },
    blobs: { get: async () => new Uint8Array(50) },
    ...nothingPosted,
    fit: async (bytes, limit) => ({ bytes: bytes.subarray(0, limit), ending: 'jpg' }),
    ...options,
  });
  await telegram.start(async (incoming) => void heard.push(incoming));
  return {
    ...{ api, clock, telegram, heard, log },
    next: async () => {
      await expect.poll(() => heard.length).toBeGreaterThan(0);
      return heard.shift()!;
    },
    calls: (method) => api.calls.filter((call) => call.method === method),
    [Symbol.asyncDispose]: async () => {
      await telegram[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
      expect(log.join('\n')).not.toContain('secret_secret');
    },
  };
}

export const message = (more: object) => ({ message: { message_id: 5, date: 1, chat: privately, from: ann, ...more } });
export const photo = [
  { file_id: 'small', file_unique_id: 's', width: 90, height: 60, file_size: 900 },
  { file_id: 'big', file_unique_id: 'b', width: 900, height: 600, file_size: 9000 },
];
