import {
  DiscordAPIError,
  HTTPError,
  type RateLimitData,
  RateLimitError,
  type RawFile,
  REST,
  RESTEvents,
  type RequestMethod,
  type RouteLike,
} from 'discord.js';
import type { Log } from '../../log.ts';
import { DeliveryError } from '../core/platform.ts';

/** Discord refused a call. Holds neither its address, in which tokens stand, nor its body, in which people's words do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Discord's own number: 10008, 50013 …; 0 where there is none. */
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(`${status} ${code}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

/** Nobody answered, or the line broke. */
export class LineError extends Error {
  override readonly name = 'LineError';
  /** The system's word for it (`ECONNREFUSED`), where there is one. */
  readonly code: string | null;
  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

export interface Calling {
  readonly body?: object;
  readonly files?: readonly RawFile[];
  /** False on routes that carry a token of their own. */
  readonly auth?: boolean;
  readonly query?: URLSearchParams;
}

/** Calls of Discord's REST interface, all through one queue that keeps the platform's limits. */
export interface Api extends Disposable {
  /** @throws ApiError, LineError */
  call<T>(method: `${RequestMethod}`, route: RouteLike, calling?: Calling): Promise<T>;
}

export interface ApiOptions {
  readonly token: string;
  /** `https://discord.com/api`. */
  readonly root: string;
  readonly log: Log;
  /** Told of every limit that was run into. */
  readonly limited?: () => void;
}

/** Uploads of 10 MB on a slow line take longer than the library's own 15 s. */
const timeout = 60_000;

/** Edits of messages never wait in line: by the time they were let through they would be out of date. */
const rejectOnRateLimit = ({ method, route }: RateLimitData) => method === 'PATCH' && route.startsWith('/channels');

export function openApi({ token, root, log, limited = () => {} }: ApiOptions): Api {
  const options = { version: '10', api: root, timeout, retries: 3, globalRequestsPerSecond: 50, rejectOnRateLimit };
  const rest = new REST(options).setToken(token);
  rest.on(RESTEvents.RateLimited, limited);
  return {
    call: async <T>(method: `${RequestMethod}`, route: RouteLike, { files, ...calling }: Calling = {}): Promise<T> => {
      try {
        const request = { ...calling, ...(files && { files: [...files] }) };
        return (await rest.request({ method: method as RequestMethod, fullRoute: route, ...request })) as T;
      } catch (error) {
        if (error instanceof DiscordAPIError && error.status === 401 && calling.auth !== false) {
          rest.setToken(token); // the library forgets it, and then refuses every call itself
          log.error({ platform: 'discord' }, 'Discord did not accept the token');
        }
        throw asOwnError(error);
      }
    },
    [Symbol.dispose]: () => {
      rest.clearHandlerSweeper();
      rest.clearHashSweeper();
    },
  };
}

function asOwnError(error: unknown): unknown {
  if (error instanceof DiscordAPIError) return new ApiError(error.status, Number(error.code), error.message);
  if (error instanceof HTTPError) return new ApiError(error.status, 0, error.message);
  if (error instanceof RateLimitError) return new DeliveryError('retry', error.timeToReset);
  if (!(error instanceof Error)) return error;
  const code = (error as { readonly code?: unknown }).code;
  return new LineError(error.message, typeof code === 'string' ? code : null);
}

/** Source: discord.com/developers/docs/topics/opcodes-and-status-codes, "JSON Error Codes". */
export const codes = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  tooBig: 40005,
  alreadyAnswered: 40060,
  tooManyFollowUps: 40094,
  missingAccess: 50001,
  noPrivateMessages: 50007,
  missingPermissions: 50013,
  tokenExpired: 50027,
  invalidBody: 50035,
  hasThread: 160004,
} as const;

export function refusedWith(error: unknown, ...wanted: readonly (keyof typeof codes)[]): boolean {
  return error instanceof ApiError && wanted.some((name) => codes[name] === error.code);
}

export function isTooBig(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 413 || error.code === codes.tooBig);
}

/** Before these, nothing has left this machine. */
const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];

/**
 * Why a delivery failed, in the core's terms; errors that are none of those come back as they are.
 * @param repeatable  doing it twice does no harm: edits, and posts with a nonce
 */
export function asDeliveryError(error: unknown, repeatable: boolean): unknown {
  const because = (reason: DeliveryError['reason']) => new DeliveryError(reason, null, { cause: error });
  if (error instanceof LineError) {
    return because(repeatable || neverSent.includes(error.code ?? '') ? 'retry' : 'uncertain');
  }
  if (!(error instanceof ApiError)) return error;
  if (isTooBig(error)) return because('too-big');
  if (refusedWith(error, 'unknownMessage', 'unknownWebhook')) return because('gone');
  if (error.code === codes.tokenExpired) return because('no-way');
  if (error.status === 401 || error.status === 429) return because('retry');
  if (error.status >= 500) return because(repeatable ? 'retry' : 'uncertain');
  return because('unreachable'); // what else is refused would be refused again
}

/** Runs the calls of a delivery. @throws DeliveryError */
export async function delivered<T>(repeatable: boolean, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asDeliveryError(error, repeatable);
  }
}
