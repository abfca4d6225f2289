import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Telegraf } from 'telegraf';
import type { Update } from 'telegraf/types';
import type { Log } from '../../log.ts';
import { type Clock, pause } from '../core/clock.ts';
import { redacted } from './api.ts';

const allowed = ['message', 'edited_message', 'callback_query', 'inline_query'] as const;
const firstWaitMs = 5000;
const longestWaitMs = 5 * 60 * 1000;
/** A connection that held this long was a good one: the next wait is short again. */
const goodMs = 60_000;
/** How long closing waits for the connection to end. */
const closeWithinMs = 2000;

/** Comes back in a header of every delivery: known to whoever has the token, and to nobody else. */
const secretOf = (token: string): string => createHmac('sha256', token).update('webhook').digest('base64url');

export interface ConnectionOptions {
  readonly bot: Telegraf;
  /** Where Telegram shall bring updates instead of being asked for them: https, port 443, 80, 88 or 8443. */
  readonly webhook: string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after every successful connecting. */
  readonly connected: () => Promise<void>;
}

/** The line on which updates come in. */
export interface Connection extends AsyncDisposable {
  /** Resolves when connected, or when the first try failed; then trying goes on. */
  open(): Promise<void>;
}

/**
 * Keeps the bot connected: whatever ends the connection (a bad token 401, another process polling 409, the network), it is tried
 * again, after 5 s at first and up to 5 min.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { bot, clock, log } = options;
  const closing = new AbortController();
  let loop: Promise<void> | undefined;

  const keep = async (told: () => void): Promise<void> => {
    let waitMs = firstWaitMs;
    while (!closing.signal.aborted) {
      const since = clock.now();
      try {
        await connect(options, closing.signal, told);
        return;
      } catch (error) {
        if (closing.signal.aborted) return;
        log.error({ platform: 'telegram', why: reasonOf(error, bot.telegram.token), waitMs }, 'connection lost');
      }
      told();
      if (clock.now() - since > goodMs) waitMs = firstWaitMs;
      await pause(clock, waitMs, closing.signal);
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    }
  };

  return {
    open: () =>
      new Promise((resolve) => {
        loop = keep(resolve);
      }),
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      const giveUp = Date.now() + closeWithinMs;
      let ended = loop === undefined;
      void loop?.finally(() => {
        ended = true;
      });
      while (!ended && Date.now() < giveUp) {
        stop(bot);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

function reasonOf(error: unknown, token: string): string {
  return redacted(error instanceof Error ? error.message : String(error), token);
}

/** Throws while the library is still on its way to polling; closing asks again. */
function stop(bot: Telegraf): void {
  try {
    bot.stop('closing');
  } catch {
    // not polling (yet)
  }
}

/** One connection, from the bot's own name to its end; with a webhook there is none to end. */
async function connect(
  { bot, webhook, connected, log }: ConnectionOptions,
  closing: AbortSignal,
  told: () => void,
): Promise<void> {
  const greet = () => {
    if (closing.aborted) throw new Error('closing');
    void connected().catch((error: unknown) => {
      log.warn({ platform: 'telegram', why: reasonOf(error, bot.telegram.token) }, 'commands not registered');
    });
    told();
  };
  if (!webhook) {
    await bot.launch({ allowedUpdates: [...allowed] }, greet);
    return;
  }
  bot.botInfo ??= await bot.telegram.getMe();
  const secret_token = secretOf(bot.telegram.token);
  await bot.telegram.setWebhook(webhook, { secret_token, allowed_updates: [...allowed] });
  greet();
}

/** Bytes of an update at most; real ones are far smaller. */
const updateLimit = 1_000_000;

/**
 * Takes a delivery of Telegram: 200 when it was taken on, 403 without the secret, 400 when it is no update. A 500 makes Telegram
 * deliver it again.
 */
export function webhookHandler(bot: Telegraf): (request: Request) => Promise<Response> {
  const secret = secretOf(bot.telegram.token);
  return async (request) => {
    const given = request.headers.get('x-telegram-bot-api-secret-token') ?? '';
    if (request.method !== 'POST' || !sameText(given, secret)) return new Response(null, { status: 403 });
    const text = await request.text();
    const update = text.length <= updateLimit ? parsedUpdate(text) : undefined;
    if (!update) return new Response(null, { status: 400 });
    await bot.handleUpdate(update);
    return new Response(null, { status: 200 });
  };
}

function sameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function parsedUpdate(text: string): Update | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isUpdate = typeof value === 'object' && value !== null && typeof (value as Update).update_id === 'number';
    return isUpdate ? (value as Update) : undefined;
  } catch {
    return undefined;
  }
}
