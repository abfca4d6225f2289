import { type APIMessage, Routes } from 'discord.js';
import type { PlaceId } from '../../edit/lineage.ts';
import type { RepliedTo } from '../core/platform.ts';
import { type Api, ApiError } from './api.ts';
import { picturesIn } from './pictures.ts';
import { channelOf, located } from './places.ts';

/**
 * A message somebody linked to. Of other people's messages Discord shows a bot the pictures only where it was mentioned, and in private.
 * @returns null when there is no such message, or the bot may not read there @throws LineError
 */
export async function lookAt(api: Api, me: string | null, place: PlaceId, message: string): Promise<RepliedTo | null> {
  const { channel, id } = located(place, message);
  try {
    const found = (await api.call('GET', Routes.channelMessage(channel, id))) as APIMessage;
    const ours = found.author.id === me;
    return { message, ours, by: `discord:${found.author.id}`, files: ours ? [] : picturesIn(found) };
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

/** Messages that are looked through for the last picture. */
const lookedThrough = 30;

/**
 * The newest message of somebody with a picture; needs the privileged intent, without which others' messages come empty.
 * @returns null when there is none, or the bot may not read there @throws LineError
 */
export async function lookBack(api: Api, me: string | null, place: PlaceId): Promise<RepliedTo | null> {
  try {
    const query = new URLSearchParams({ limit: String(lookedThrough) });
    const newest = await api.call<readonly APIMessage[]>('GET', Routes.channelMessages(channelOf(place)), { query });
    for (const { id, author, ...message } of newest) {
      const files = author.id === me ? [] : picturesIn(message);
      if (files.length > 0) return { message: id, ours: false, by: `discord:${author.id}`, files };
    }
    return null;
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}
