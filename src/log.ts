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

/** JSON lines, on stdout unless told otherwise. Tokens, image bytes and, above debug level, prompts are never passed to it. */
export function openLog(level: string, destination?: DestinationStream): Log {
  const redact = ['token', '*.token', 'authorization', '*.authorization'];
  const serializers = { err: toldError, error: toldError };
  const options = { level, base: null, redact, serializers };
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
