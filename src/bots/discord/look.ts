import { type APIMessage, Routes } from 'discord.js';
import type { PlaceId } from '../../edit/lineage.ts';
import type { RepliedTo } from '../core/platform.ts';
import { type Api, ApiError } from './api.ts';
import { picturesIn } from './pictures.ts';
import { located } from './places.ts';

/**
 * A message somebody linked to. Of other people's messages Discord shows a bot the pictures only where it was mentioned, and in private.
 * @returns null when there is no such message, or the bot may not read there @throws LineError
 */
export async function lookAt(api: Api, me: string | null, place: PlaceId, message: string): Promise<RepliedTo | null> {
  const { channel, id } = located(place, message);
  try {
    const found = (await api.call('GET', Routes.channelMessage(channel, id))) as APIMessage;
    const ours = found.author.id === me;
    return { message, ours, files: ours ? [] : picturesIn(found) };
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}
