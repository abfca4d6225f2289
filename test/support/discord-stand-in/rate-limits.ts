import type { StandInClock } from './clock.ts';
import type { Call, Reply } from './http.ts';

/** A number of calls per span. */
export interface Bucket {
  readonly limit: number;
  readonly windowMs: number;
}

/** Counts calls as the platform does and speaks its headers. */
export interface RateLimits {
  /** Takes one from the bucket of this call; `refused` when it was empty. */
  take(call: Call): { readonly headers: Readonly<Record<string, string>>; readonly refused: Reply | null };
}

/**
 * A bucket per channel for posting and another for editing messages; everything else is practically unlimited.
 * Source: discord.com/developers/docs/topics/rate-limits, "Header Format" and "Exceeding A Rate Limit".
 */
export function openRateLimits(clock: StandInClock, messages: Bucket): RateLimits {
  const open = new Map<string, { left: number; resetAt: number }>();
  return {
    take: (call) => {
      const channel = /\/channels\/(\d+)\/messages(?:\/\d+)?$/.exec(call.path)?.[1];
      const isCounted = channel !== undefined && (call.method === 'POST' || call.method === 'PATCH');
      const key = isCounted ? `${call.method}:${channel}` : 'other';
      const bucket = isCounted ? messages : { limit: 1000, windowMs: 1000 };
      const now = clock.now();
      let state = open.get(key);
      if (!state || state.resetAt <= now) state = { left: bucket.limit, resetAt: now + bucket.windowMs };
      open.set(key, state);
      const isRefused = state.left === 0;
      if (!isRefused) state.left -= 1;
      const waitMs = state.resetAt - now;
      const headers = bucketHeaders({ key, limit: bucket.limit, left: state.left, resetAt: state.resetAt, waitMs });
      return { headers, refused: isRefused ? tooMany(waitMs, 'user', headers) : null };
    },
  };
}

function bucketHeaders(of: { key: string; limit: number; left: number; resetAt: number; waitMs: number }) {
  return {
    'x-ratelimit-limit': String(of.limit),
    'x-ratelimit-remaining': String(of.left),
    'x-ratelimit-reset': String(of.resetAt / 1000),
    'x-ratelimit-reset-after': String(of.waitMs / 1000),
    'x-ratelimit-bucket': of.key.replace(/\d+/, '').replace(':', '-messages').toLowerCase(),
  };
}

/** 429 as the platform words it; a global one is told by its header. */
export function tooMany(
  waitMs: number,
  scope: 'user' | 'shared' | 'global',
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const seconds = waitMs / 1000;
  const isGlobal = scope === 'global';
  return {
    status: 429,
    headers: {
      ...headers,
      'retry-after': String(seconds),
      'x-ratelimit-scope': scope,
      ...(isGlobal && { 'x-ratelimit-global': 'true' }),
    },
    body: { message: 'You are being rate limited.', retry_after: seconds, global: isGlobal },
  };
}
