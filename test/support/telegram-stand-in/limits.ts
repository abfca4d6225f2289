import { tooMany } from './refusal.ts';
import type { StandInChat, StandInClock } from './world.ts';

/** Messages in a time; a group counts edits too. Source: core.telegram.org/bots/faq, "My bot is hitting limits". */
export interface Limits {
  /** Into one chat: this many at once, then one a second. */
  readonly burst: number;
  /** Into one group in a minute, edits counted. */
  readonly perMinute: number;
  /** Of the bot altogether in a second. */
  readonly perSecond: number;
}
export const telegramLimits: Limits = { burst: 3, perMinute: 20, perSecond: 30 };

export interface RateLimits {
  /** Counts posts or edits into a chat. @throws ApiRefusal 429 */
  take(chat: StandInChat, kind: 'post' | 'edit', count?: number): void;
}

export function openRateLimits(clock: StandInClock, limits: Limits): RateLimits {
  const posts = new Map<number, { left: number; at: number }>();
  const minutes = new Map<number, number[]>();
  let second: number[] = [];

  const burst = (chat: StandInChat, count: number, now: number): number => {
    const bucket = posts.get(chat.id) ?? { left: limits.burst, at: now };
    const left = Math.min(limits.burst, bucket.left + (now - bucket.at) / 1000);
    posts.set(chat.id, { left: left < 1 ? left : left - count, at: now });
    return left < 1 ? Math.ceil(1 - left) : 0;
  };
  const minute = (chat: StandInChat, count: number, now: number): number => {
    const recent = (minutes.get(chat.id) ?? []).filter((at) => at > now - 60_000);
    const isFull = recent.length >= limits.perMinute;
    minutes.set(chat.id, isFull ? recent : [...recent, ...Array<number>(count).fill(now)]);
    return isFull ? Math.max(1, Math.ceil((recent[0]! + 60_000 - now) / 1000)) : 0;
  };

  return {
    take: (chat, kind, count = 1) => {
      const now = clock.now();
      second = second.filter((at) => at > now - 1000);
      const waits = [
        second.length >= limits.perSecond ? 1 : 0,
        kind === 'post' ? burst(chat, count, now) : 0,
        chat.type === 'private' ? 0 : minute(chat, count, now),
      ];
      const wait = Math.max(...waits);
      if (wait > 0) throw tooMany(wait);
      second.push(now);
    },
  };
}
