import { type APIMessage, type GatewayMessageCreateDispatchData, MessageType } from 'discord.js';
import type { UserId } from '../../edit/request.ts';
import type { MessageIncoming, RepliedTo } from '../core/platform.ts';
import { type Answering, answerToMessage } from './answers.ts';
import { picturesIn } from './pictures.ts';
import { whereaboutsOf } from './places.ts';

/** What is needed to understand a message. */
export interface Ears {
  /** The bot's own id. */
  readonly me: string;
  readonly answering: Answering;
  /** Language of a server. */
  readonly localeOf: (guild: string) => string | null;
  /** Whether roles make somebody a moderator of a server. */
  readonly isModerator: (guild: string, user: string, roles: readonly string[]) => boolean;
  /** The channel a thread hangs on. */
  readonly parentOf: (channel: string) => string | null;
  /** Whether a channel is marked as not safe for work. */
  readonly isNsfw: (channel: string) => boolean;
}

/**
 * What somebody wrote, when it is meant for us: in private, with a mention, or in reply to a message of ours. Discord keeps words and
 * pictures of other messages to itself; a reply that does not notify us arrives empty.
 * Source: discord.com/developers/docs/events/gateway, "Message Content Intent".
 */
export function heard(ears: Ears, message: GatewayMessageCreateDispatchData): MessageIncoming | undefined {
  const { author, guild_id: guild, member, channel_id: channel } = message;
  const isSpoken = message.type === MessageType.Default || message.type === MessageType.Reply;
  if (!isSpoken || author.bot || author.id === ears.me || message.webhook_id !== undefined) return undefined;
  const repliedTo = repliedToOf(ears, message);
  const isMeant = guild === undefined || repliedTo?.ours || message.mentions.some(({ id }) => id === ears.me);
  if (!isMeant) return undefined;
  const locale = guild ? ears.localeOf(guild) : null;
  const where = {
    ...whereaboutsOf({ guild, channel, parent: ears.parentOf(channel), isShared: guild !== undefined }, locale),
    nsfw: ears.isNsfw(channel),
  };
  return {
    kind: 'message',
    key: `d:${message.id}`,
    speaker: {
      user: `discord:${author.id}` satisfies UserId,
      name: member?.nick ?? author.global_name ?? author.username,
      locale: null,
      moderator: guild === undefined || ears.isModerator(guild, author.id, member?.roles ?? []),
      roles: member?.roles ?? [],
      alias: (member?.roles ?? []).map((role) => `discord-role:${role}`),
    },
    where,
    answer: answerToMessage(ears.answering, { message: message.id, user: author.id, where, locale }),
    text: withoutMention(ears, message.content),
    files: picturesIn(message),
    repliedTo,
    message: message.id,
  };
}

function repliedToOf(ears: Ears, message: APIMessage): RepliedTo | null {
  const { message_reference: reference, referenced_message: replied } = message;
  if (message.type !== MessageType.Reply || reference?.message_id === undefined) return null;
  const { message_id: id } = reference;
  if (!replied) return { message: id, ours: false, files: [] };
  const ours = replied.author.id === ears.me;
  return { message: id, ours, by: `discord:${replied.author.id}`, files: ours ? [] : picturesIn(replied) };
}

const withoutMention = ({ me }: Ears, text: string): string =>
  text
    .replaceAll(new RegExp(`<@!?${me}>`, 'g'), ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
