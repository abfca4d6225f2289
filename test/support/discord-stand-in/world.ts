import type { StandInClock } from './clock.ts';
import { snowflakes } from './clock.ts';
import type { SentFile } from './http.ts';
import type { JsonObject } from './json.ts';

/** Permission bits this server knows. Source: discord.com/developers/docs/topics/permissions. */
export const permissions = {
  manageGuild: 1n << 5n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readMessageHistory: 1n << 16n,
  createPublicThreads: 1n << 35n,
  sendMessagesInThreads: 1n << 38n,
} as const;
/** What the bot is invited with. */
export const invited = 309_237_763_072n;

export interface StandInUser {
  readonly id: string;
  readonly name: string;
  readonly bot: boolean;
  /** Of their client: `en-US`, `zh-CN`. */
  readonly locale: string;
  /** Besides those of everyone. */
  readonly permissions: bigint;
  /** Ids of their roles. */
  readonly roles: readonly string[];
  /** Refuses direct messages of bots. */
  dmClosed: boolean;
}
export interface StandInGuild {
  readonly id: string;
  readonly name: string;
  readonly locale: string;
  /** False: the bot was installed by a user only and knows nothing of this server. */
  readonly joined: boolean;
}
export interface StandInChannel {
  readonly id: string;
  /** 0 text, 1 direct messages, 3 a conversation of people among themselves, 11 public thread. */
  readonly type: 0 | 1 | 3 | 11;
  readonly name: string;
  readonly guild: StandInGuild | null;
  readonly nsfw: boolean;
  readonly parent: string | null;
  /** Of a direct message channel. */
  readonly recipient: StandInUser | null;
  /** Permission bits the bot lacks here. */
  denied: bigint;
  /** A thread that was archived and locked: nobody but moderators writes there any more. */
  locked: boolean;
}

/** An attachment with its bytes; `shown` are the fields a client gets. */
export interface StoredFile extends SentFile {
  readonly id: string;
  readonly channel: string;
  readonly description: string;
  readonly ephemeral: boolean;
}

/** A message as the server keeps it. */
export interface StoredMessage {
  readonly id: string;
  readonly channel: StandInChannel;
  readonly author: StandInUser;
  readonly createdAt: number;
  readonly type: number;
  readonly replyTo: string | null;
  /** The reply notifies the author of what it replies to. */
  readonly ping: boolean;
  readonly mentions: readonly StandInUser[];
  /** Answers an interaction; set for everything sent through its token. */
  readonly interaction: { readonly id: string; readonly user: StandInUser } | null;
  /** Only this person sees it. */
  readonly onlyFor: StandInUser | null;
  readonly nonce: string | null;
  content: string;
  embeds: readonly JsonObject[];
  /** As sent, with `attachment://` names. */
  components: readonly JsonObject[];
  files: readonly StoredFile[];
  flags: number;
  editedAt: number | null;
  /** Edits made when it was older than an hour. */
  lateEdits: number;
}

/** Message flags. Source: discord.com/developers/docs/resources/message, "Message Flags". */
export const flags = {
  suppressEmbeds: 4,
  ephemeral: 64,
  loading: 128,
  suppressNotifications: 4096,
  v2: 32_768,
} as const;

/** Everything there is: people, servers, channels, messages. */
export interface World {
  readonly clock: StandInClock;
  readonly newId: () => string;
  readonly bot: StandInUser;
  readonly users: Map<string, StandInUser>;
  readonly guilds: Map<string, StandInGuild>;
  readonly channels: Map<string, StandInChannel>;
  readonly messages: Map<string, StoredMessage>;
  readonly files: Map<string, StoredFile>;
  /** The bot was granted the words and pictures of everybody's messages. */
  showsContent: boolean;
}

export function newWorld(clock: StandInClock): World {
  const newId = snowflakes(clock);
  const bot: StandInUser = {
    id: newId(),
    name: 'Palimpsest',
    bot: true,
    locale: 'en-US',
    permissions: 0n,
    roles: [],
    dmClosed: false,
  };
  return {
    clock,
    newId,
    bot,
    users: new Map([[bot.id, bot]]),
    guilds: new Map(),
    channels: new Map(),
    messages: new Map(),
    files: new Map(),
    showsContent: false,
  };
}

export function addUser(world: World, name: string, more: Partial<Omit<StandInUser, 'id' | 'name'>> = {}): StandInUser {
  const user = {
    id: world.newId(),
    name,
    bot: false,
    locale: 'en-US',
    permissions: 0n,
    roles: [],
    dmClosed: false,
    ...more,
  };
  world.users.set(user.id, user);
  return user;
}

export function addGuild(
  world: World,
  name: string,
  more: Partial<Omit<StandInGuild, 'id' | 'name'>> = {},
): StandInGuild {
  const guild = { id: world.newId(), name, locale: 'en-US', joined: true, ...more };
  world.guilds.set(guild.id, guild);
  return guild;
}

export function addChannel(world: World, name: string, more: Partial<Omit<StandInChannel, 'name'>>): StandInChannel {
  const defaults = { type: 0, guild: null, nsfw: false, parent: null, recipient: null, denied: 0n } as const;
  const channel = { id: world.newId(), name, ...defaults, locked: false, ...more };
  world.channels.set(channel.id, channel);
  return channel;
}

/** The private conversation with somebody, opened when there is none. */
export function privateChannel(world: World, user: StandInUser): StandInChannel {
  const known = [...world.channels.values()].find((channel) => channel.recipient === user);
  return known ?? addChannel(world, user.name, { type: 1, recipient: user });
}

/** What the bot may do in a channel: all it was invited with, less what the channel denies it. */
export function botPermissions(channel: StandInChannel): bigint {
  if (channel.type === 3 || (channel.guild && !channel.guild.joined)) return 0n;
  return invited & ~channel.denied;
}

export function messagesIn(world: World, channel: StandInChannel): readonly StoredMessage[] {
  return [...world.messages.values()].filter((message) => message.channel === channel);
}
