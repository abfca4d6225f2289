import { expect } from 'vitest';
import type { Card, Clock } from '../../../src/bots/core/index.ts';
import { solidPng } from '../../support/jobs.ts';
import type { TestChat } from '../../support/test-chat.ts';
import { ann, room } from '../../support/test-platform.ts';

/** Somebody's edit in the room. */
export async function ask({ platform }: TestChat, words = 'a red hat'): Promise<void> {
  await platform.say(ann, words, { in: room, files: [await solidPng(64, 64)] });
}

/** Exactly one outcome stands, no progress card does, and nothing is left to do. */
export async function expectOneResult(chat: TestChat): Promise<void> {
  await chat.result(room);
  await chat.until(async () => (await chat.storage.jobs.unfinished()).length === 0);
  expect(chat.platform.standing(room).map((p) => p.card.tone)).toEqual(['done']);
}

/** The machine's clock, moved ahead by hand; whoever waits is woken soon. */
export function shifted(): Clock & { shift: number } {
  return {
    shift: 0,
    now() {
      return Date.now() + this.shift;
    },
    setTimeout(wake, ms) {
      const timer = setTimeout(wake, Math.min(ms, 20));
      return { [Symbol.dispose]: () => clearTimeout(timer) };
    },
  };
}

/** Fails the first posts of a tone. */
export function failing(tone: Card['tone'], times: number, fail: () => never, when: 'before' | 'after' = 'before') {
  let left = times;
  return (card: Card, now: 'before' | 'after') => {
    if (card.tone === tone && now === when && left-- > 0) fail();
  };
}
