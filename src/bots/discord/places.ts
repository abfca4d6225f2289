import type { PlaceId } from '../../edit/lineage.ts';
import type { Whereabouts } from '../core/platform.ts';
import { whereIs } from '../core/threads.ts';

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

/** The channel a message is in, which may be a thread of the place, and its id there. */
export function located(place: PlaceId, message: string): { readonly channel: string; readonly id: string } {
  const there = whereIs(place, message);
  return { channel: channelOf(there.place), id: there.message };
}

/** The server of a place; undefined for private messages. */
export const guildOf = (place: PlaceId): string | undefined => /^d:([1-9]\d*):/.exec(place)?.[1];

/** Who shares a turn and limits: a server, or everybody's private messages together. */
export const groupOf = (guild: string | undefined): string => (guild === undefined ? 'd:dm' : `d:${guild}`);

/** Where a message or an interaction comes from. `isShared`: more people than one read there. */
export function whereaboutsOf(
  at: {
    readonly guild: string | undefined;
    readonly channel: string;
    /** The channel a thread hangs on. */
    readonly parent: string | null;
    readonly isShared: boolean;
  },
  locale: string | null,
): Whereabouts {
  const kind = at.isShared ? 'room' : 'private';
  const within = at.parent === null ? {} : { within: placeOf(at.guild, at.parent) };
  return { place: placeOf(at.guild, at.channel), group: groupOf(at.guild), kind, locale, ...within };
}

/** The address of a message, as Discord's clients open it. */
export function linkTo(place: PlaceId, message: string): string {
  const { channel, id } = located(place, message);
  return `https://discord.com/channels/${guildOf(place) ?? '@me'}/${channel}/${id}`;
}
