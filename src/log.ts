import { createHmac, randomBytes } from 'node:crypto';
import { type DestinationStream, pino } from 'pino';

/** What our parts log through; passed in as an argument, never imported as a value. */
export interface Log {
  debug(bindings: object, message: string): void;
  info(bindings: object, message: string): void;
  warn(bindings: object, message: string): void;
  error(bindings: object, message: string): void;
  child(bindings: object): Log;
}

/**
 * An error as it is logged: what it says, where it came from, and what caused it. What libraries hang onto their errors besides –
 * requests, with prompts and pictures in them – stays out.
 */
function toldError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? { code: error.code } : {};
  return { name, message, ...code, stack, ...(cause === undefined ? {} : { cause: toldError(cause) }) };
}

/** Who and where, as parts of a longer name too: `discord:1`, `t:-1:0`; not `d:dm`, which is everybody's. */
const ids = /\b(discord|telegram|web|[dtw]):(?!dm\b)([\w@:-]+)/g;
const DAY_MS = 86_400_000;

/**
 * Takes people and places out of what is logged: lines about the same one can be told on the same day, whose they are on none. The salt is
 * drawn anew each day and kept nowhere.
 * @param now  ms since 1970
 */
export function openVeil(now: () => number = Date.now): (bindings: object) => Record<string, unknown> {
  let salt = randomBytes(16);
  let day = Math.floor(now() / DAY_MS);
  const veiled = (text: string) =>
    text.replace(ids, (_, platform: string, id: string) => {
      const hash = createHmac('sha256', salt).update(`${platform}:${id}`).digest('hex');
      return `${platform}:${hash.slice(0, 12)}`;
    });
  return (bindings) => {
    const today = Math.floor(now() / DAY_MS);
    if (today !== day) [salt, day] = [randomBytes(16), today];
    const entries = Object.entries(bindings).map(([name, value]) => [
      name,
      typeof value === 'string' ? veiled(value) : value,
    ]);
    return Object.fromEntries(entries);
  };
}

/**
 * JSON lines, on stdout unless told otherwise. Tokens, image bytes and, above debug level, prompts are never passed to it; ids of people
 * and places are hashed.
 */
export function openLog(level: string, destination?: DestinationStream): Log {
  const redact = ['token', '*.token', 'authorization', '*.authorization'];
  const serializers = { err: toldError, error: toldError };
  const options = { level, base: null, redact, serializers, formatters: { log: openVeil() } };
  return destination ? pino(options, destination) : pino(options);
}

/** Swallows everything: for command line tools whose own output is the point. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
