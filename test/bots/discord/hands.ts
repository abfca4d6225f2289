import { afterAll, beforeAll, expect } from 'vitest';
import type { DiscordStandIn } from '../../support/discord-stand-in/stand-in.ts';
import type { Seen } from '../../support/discord-stand-in/view.ts';
import { channelJson } from '../../support/discord-stand-in/wire.ts';
import { solidPng } from '../../support/jobs.ts';
import { patience } from '../../support/running-bot.ts';
import { type Chat, isResult, openChat } from './chat.ts';

/** Open while the tests of a file run. */
export let chat: Chat;
export let black: { readonly name: string; readonly bytes: Buffer };
let people = 0;

/** Opens the bot before the tests of a file and closes it after them. */
export function openHands(): void {
  beforeAll(async () => {
    chat = await openChat();
    black = { name: 'black.png', bytes: await solidPng(64, 64, '#000000') };
  });
  afterAll(() => chat[Symbol.asyncDispose]());
}

/** Somebody new in a channel of their own. */
export function somebody(locale = 'en-US') {
  const { dc } = chat;
  people += 1;
  const user = dc.user(`Ann${people}`, { locale });
  const channel = dc.addChannel(`room${people}`, { guild: dc.guild });
  dc.gateway.dispatch('CHANNEL_CREATE', channelJson(dc.world, channel), channel);
  return { user, channel };
}
type Somebody = Pick<ReturnType<typeof somebody>, 'user' | 'channel'>;

export const newest = (where: Somebody, condition: (seen: Seen) => boolean) =>
  chat.dc.waitCard((seen) => seen.channel === where.channel && condition(seen), patience.timeout);

/** What only this person was told. */
export const told = (ann: Somebody, pattern: RegExp) =>
  newest(ann, ({ onlyFor, text }) => onlyFor === ann.user.name && pattern.test(text));

/** Opens what stands behind "⋯". */
export async function further(ann: Somebody, on: Seen) {
  chat.dc.button(ann.user, on, '⋯');
  return told(ann, /^\*\*More for/);
}

type Options = NonNullable<Parameters<DiscordStandIn['slash']>[2]>;

/** Edits a black picture by command, and waits for the result. */
export async function edited(ann: Somebody, options: Options = { prompt: 'a red hat' }) {
  const asked = chat.dc.slash(ann.user, 'edit', { ...options, image: black }, ann);
  return { asked, result: await newest(ann, isResult(1)) };
}

/** Agrees to the mask that is shown. */
export async function useMask(ann: Somebody): Promise<Seen> {
  const asked = await newest(ann, ({ text }) => text.includes('Red is repainted'));
  expect(asked.pictures).toHaveLength(1);
  chat.dc.button(ann.user, asked, 'Use');
  return asked;
}

export const paramsOf = async (seen: Seen) => (await chat.nodeOf(seen)).task!.request.params;
