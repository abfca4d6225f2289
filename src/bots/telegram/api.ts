import { type Telegram, TelegramError } from 'telegraf';
import { DeliveryError } from '../core/platform.ts';
import type { Upgrades } from './upgrades.ts';

/** Nobody answered, or not in words of the Bot API. `code` is the system's (`ECONNREFUSED`) where there is one. */
class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: string | null;
  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

/** Calls of the Bot API. */
export interface Api {
  /** @throws TelegramError as Telegram refused it; ConnectionError without the token, which stands in every address */
  readonly call: Telegram['callApi'];
}

/** Uploads of 50 MB on a slow line take long; a hanging connection must end all the same. */
const timeoutMs = 120_000;

/**
 * The library's client, with what it does not do: objects survive uploads, calls time out, errors do not tell the token, and what is
 * meant for a group that became a supergroup goes there.
 */
export function openApi(telegram: Telegram, upgrades: Upgrades): Api {
  const once: Api['call'] = async (method, payload, options) => {
    try {
      return await telegram.callApi(method, wholeInUploads(payload), { signal: timeout(), ...options });
    } catch (error) {
      throw error instanceof TelegramError ? error : connectionError(error, telegram.token);
    }
  };
  const call: Api['call'] = async (method, payload, options) => {
    const chat = 'chat_id' in payload ? String(payload.chat_id) : null;
    const before = chat === null ? undefined : await upgrades.of(chat);
    if (before !== undefined) return once(method, inSupergroup(payload, before), options);
    try {
      return await once(method, payload, options);
    } catch (error) {
      const now = migratedTo(error);
      if (chat === null || now === undefined) throw error;
      await upgrades.note(chat, now);
      return once(method, inSupergroup(payload, now), options);
    }
  };
  return { call };
}

/** The supergroup that took the place of the group a call was about. Source: Bot API, `ResponseParameters` */
function migratedTo(error: unknown): string | undefined {
  const to = error instanceof TelegramError ? error.parameters?.migrate_to_chat_id : undefined;
  return to === undefined ? undefined : String(to);
}

/** A call as the supergroup takes it, which numbers its messages anew. @throws DeliveryError 'gone' when it is about a message of the group */
function inSupergroup<P extends object>(payload: P, chat: string): P {
  if ('message_id' in payload) throw new DeliveryError('gone', null);
  return { ...payload, chat_id: chat, reply_parameters: undefined };
}

type CallSignal = NonNullable<NonNullable<Parameters<Telegram['callApi']>[2]>['signal']>;
/** Node's signal does what the library's polyfill types ask for. */
const timeout = () => AbortSignal.timeout(timeoutMs) as unknown as CallSignal;

function connectionError(error: unknown, token: string): ConnectionError {
  const { message, code } = error as { message?: string; code?: string };
  return new ConnectionError(redacted(message ?? 'no connection', token), code ?? null);
}

/** A text without the bot's token. */
export function redacted(text: string, token: string): string {
  return text.replaceAll(token, '<token>').replace(/\/bot\d+:[^/\s]+/g, '/bot<token>');
}

/**
 * telegraf silently drops most object parameters (`reply_parameters`, `link_preview_options`) from calls that carry files: as JSON
 * texts they arrive.
 */
function wholeInUploads<P extends object>(payload: P): P {
  const entries: readonly (readonly [string, unknown])[] = Object.entries(payload);
  if (!entries.some(([, value]) => carriesFile(value))) return payload;
  const asText = (value: unknown) => (isObject(value) && !carriesFile(value) ? JSON.stringify(value) : value);
  return Object.fromEntries(entries.map(([key, value]) => [key, asText(value)])) as P;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function carriesFile(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(carriesFile);
  return isObject(value) && ('source' in value || carriesFile(value.media));
}

/** Before these, nothing has left this machine. */
const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'];
const tooBig = /too big|too large/i;
/** A group can forbid its members, and us, pictures or files alone. Source: Bot API, `ChatPermissions` */
const barred =
  /not enough rights to send (photos|documents|animations|videos)|CHAT_SEND_(PHOTOS|DOCS|GIFS|MEDIA)_FORBIDDEN/i;
const gone = /message to (edit|reply|be replied) not found|message can't be edited|MESSAGE_ID_INVALID/i;

/** Why a post failed, in the core's terms; errors that are none of those come back as they are. */
export function asDeliveryError(error: unknown): unknown {
  if (error instanceof ConnectionError) {
    return new DeliveryError(neverSent.includes(error.code ?? '') ? 'retry' : 'uncertain', null, { cause: error });
  }
  if (!(error instanceof TelegramError)) return error;
  const { code, description, parameters } = error;
  const because = (reason: DeliveryError['reason'], waitMs: number | null = null) =>
    new DeliveryError(reason, waitMs, { cause: error });
  if (code === 429) return because('retry', (parameters?.retry_after ?? 1) * 1000);
  if (code === 401 || code === 409) return because('retry');
  if (code >= 500) return because('uncertain');
  if (isTooBig(error)) return because('too-big');
  if (isBarred(error)) return because('no-pictures');
  // What else is refused would be refused again.
  return because(gone.test(description) ? 'gone' : 'unreachable');
}

export function isTooBig(error: unknown): boolean {
  return error instanceof TelegramError && (error.code === 413 || tooBig.test(error.description));
}

/** Whether pictures, or files, are what may not be sent. */
export const isBarred = (error: unknown): boolean => refusedFor(error, barred);

/** Whether Telegram refused in these words. */
export function refusedFor(error: unknown, words: RegExp): boolean {
  return error instanceof TelegramError && error.code === 400 && words.test(error.description);
}

/** Runs the calls of a delivery. @throws DeliveryError */
export async function delivered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asDeliveryError(error);
  }
}

/** Whether Telegram calls a callback query too old to be answered: the press counts all the same. */
export function isTooOld(error: unknown): boolean {
  return error instanceof TelegramError && /query is too old|query ID is invalid/i.test(error.description);
}
