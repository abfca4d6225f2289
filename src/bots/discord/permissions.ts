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

const threads: readonly number[] = [
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
];

/** What the bot lacks to post pictures where it was called, by the names Discord's settings show. A guest posts otherwise. */
export function missingPermissions(
  { app_permissions, guild_id, channel }: APIInteraction,
  { isGuest }: Ticket,
): string[] {
  if (guild_id === undefined || isGuest) return [];
  const { ViewChannel, SendMessages, SendMessagesInThreads, AttachFiles, Administrator } = PermissionFlagsBits;
  const bits = BigInt(app_permissions);
  if ((bits & Administrator) !== 0n) return [];
  const sending = threads.includes(channel?.type ?? -1)
    ? (['Send Messages in Threads', SendMessagesInThreads] as const)
    : (['Send Messages', SendMessages] as const);
  const needed = [['View Channel', ViewChannel], sending, ['Attach Files', AttachFiles]] as const;
  return needed.filter(([, bit]) => (bits & bit) === 0n).map(([name]) => name);
}
