import { pino } from 'pino';

/** What our parts log through; passed in as an argument, never imported as a value. */
export interface Log {
  debug(bindings: object, message: string): void;
  info(bindings: object, message: string): void;
  warn(bindings: object, message: string): void;
  error(bindings: object, message: string): void;
  child(bindings: object): Log;
}

/** JSON lines on stdout. Tokens, image bytes and, above debug level, prompts are never passed to it. */
export function openLog(level: string): Log {
  return pino({ level, base: null, redact: ['token', '*.token', 'authorization', '*.authorization'] });
}

/** Swallows everything: for command line tools whose own output is the point. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
