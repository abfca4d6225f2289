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

/** The address of a message, as Discord's clients open it. */
export function linkTo(place: PlaceId, message: string): string {
  const guild = /^d:(\d+):/.exec(place)?.[1] ?? '0';
  return `https://discord.com/channels/${guild === '0' ? '@me' : guild}/${channelOf(place)}/${message}`;
}
