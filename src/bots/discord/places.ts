import type { PlaceId } from '../../edit/lineage.ts';
import type { Whereabouts } from '../core/platform.ts';

/** `d:<guild or 0>:<channel>`; a thread is a channel. */
export function placeOf(guild: string | undefined, channel: string): PlaceId {
  return `d:${guild ?? '0'}:${channel}` as PlaceId;
}

/** @throws RangeError for a place of another platform */
export function channelOf(place: PlaceId): string {
  const channel = /^d:\d+:(\d+)$/.exec(place)?.[1];
  if (channel === undefined) throw new RangeError(`not a place on Discord: ${place}`);
  return channel;
}

/** Who shares a turn and limits: a server, or everybody's private messages together. */
export const groupOf = (guild: string | undefined): string => (guild === undefined ? 'd:dm' : `d:${guild}`);

/** Where a message or an interaction comes from. `isShared`: more people than one read there. */
export function whereaboutsOf(
  at: { readonly guild: string | undefined; readonly channel: string; readonly isShared: boolean },
  locale: string | null,
): Whereabouts {
  const kind = at.isShared ? 'room' : 'private';
  return { place: placeOf(at.guild, at.channel), group: groupOf(at.guild), kind, locale };
}

/**
 * Our ids of messages: Discord's own where the message is in the place it belongs to, else with the channel before it. So a result
 * that had to go to somebody's private messages is found there after a restart too.
 */
export function messageIn(channel: string, message: string): string {
  return `${channel}/${message}`;
}

/** The address of a message, as Discord's clients open it. */
export function linkTo(place: PlaceId, ours: string): string {
  const { channel, message } = addressOf(place, ours);
  const guild = /^d:(\d+):/.exec(place)?.[1] ?? '0';
  return `https://discord.com/channels/${guild === '0' ? '@me' : guild}/${channel}/${message}`;
}

/** The channel and Discord's id of one of our messages. @throws RangeError */
export function addressOf(place: PlaceId, message: string): { readonly channel: string; readonly message: string } {
  const [, channel, id] = /^(?:(\d+)\/)?(\d+)$/.exec(message) ?? [];
  if (id === undefined) throw new RangeError(`not a message id on Discord: ${message}`);
  return { channel: channel ?? channelOf(place), message: id };
}
