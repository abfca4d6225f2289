import { type APIInteraction, ChannelType, PermissionFlagsBits } from 'discord.js';
import type { Ticket } from './tickets.ts';

/** Whether somebody may cancel others' edits and the like. */
export function isModerator(permissions: string | undefined): boolean {
  const bits = BigInt(permissions ?? '0');
  const { Administrator, ManageGuild, ManageMessages } = PermissionFlagsBits;
  return (bits & (Administrator | ManageGuild | ManageMessages)) !== 0n;
}

/** Whether somebody may change the rules of a server. */
export function isManager(permissions: string | undefined): boolean {
  const { Administrator, ManageGuild } = PermissionFlagsBits;
  return (BigInt(permissions ?? '0') & (Administrator | ManageGuild)) !== 0n;
}

/** Types of channels that are threads. */
export const threads: readonly number[] = [
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
];

const {
  ViewChannel,
  SendMessages,
  SendMessagesInThreads: InThreads,
  AttachFiles,
  CreatePublicThreads,
  EmbedLinks,
  ReadMessageHistory,
} = PermissionFlagsBits;

/** What the bot asks a server for: all it can make use of there. */
const wanted =
  ViewChannel | SendMessages | InThreads | CreatePublicThreads | AttachFiles | EmbedLinks | ReadMessageHistory;

/** The address at which somebody adds the bot to a server. Source: discord.com/developers/docs/topics/oauth2, "Bot Authorization Flow". */
export const invitationTo = (application: string): string =>
  `https://discord.com/oauth2/authorize?client_id=${application}&scope=bot+applications.commands&permissions=${wanted}`;
const sendInThreads = ['Send Messages in Threads', InThreads] as const;

/** What the bot needs for what was asked of it: to post pictures, or to give each a thread of its own. */
export type Need = 'posting' | 'threads';

/** What the bot lacks where it was called, by the names Discord's settings show. A guest posts otherwise. */
export function missingPermissions(
  { app_permissions, guild_id, channel }: APIInteraction,
  { isGuest }: Ticket,
  need: Need,
): string[] {
  const bits = BigInt(app_permissions);
  if (guild_id === undefined || isGuest || (bits & PermissionFlagsBits.Administrator) !== 0n) return [];
  const sending = threads.includes(channel?.type ?? -1) ? sendInThreads : (['Send Messages', SendMessages] as const);
  const posting = [['View Channel', ViewChannel], sending, ['Attach Files', AttachFiles]] as const;
  const needed =
    need === 'posting'
      ? posting
      : ([...posting, ['Create Public Threads', CreatePublicThreads], sendInThreads] as const);
  return needed.filter(([, bit]) => (bits & bit) === 0n).map(([name]) => name);
}
