import type { JsonObject } from './json.ts';
import {
  botPermissions,
  flags,
  invited,
  permissions,
  type StandInChannel,
  type StandInGuild,
  type StandInUser,
  type StoredFile,
  type StoredMessage,
  type World,
} from './world.ts';

/** Where attachments are fetched from; links carry their expiry. */
export interface Cdn {
  readonly url: string;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Source: discord.com/developers/docs/reference, "Signed Attachment CDN URLs": `ex` hex seconds, `is` issued, `hm` signature. */
function fileUrl(world: World, cdn: Cdn, file: StoredFile): string {
  const seconds = Math.floor(world.clock.now() / 1000);
  const hex = (value: number) => value.toString(16);
  const query = `ex=${hex(seconds + dayMs / 1000)}&is=${hex(seconds)}&hm=${file.id}`;
  return `${cdn.url}/attachments/${file.channel}/${file.id}/${encodeURIComponent(file.name)}?${query}`;
}

export function userJson(user: StandInUser): JsonObject {
  return {
    id: user.id,
    username: user.name.toLowerCase(),
    global_name: user.bot ? null : user.name,
    discriminator: '0',
    avatar: null,
    bot: user.bot,
  };
}

export function memberJson(user: StandInUser): JsonObject {
  return {
    nick: null,
    avatar: null,
    roles: [...user.roles],
    joined_at: '2024-01-01T00:00:00.000000+00:00',
    premium_since: null,
    deaf: false,
    mute: false,
    flags: 0,
    permissions: String(everyone | user.permissions),
  };
}

/** What everybody may do in a server of these tests. */
const everyone = invited | permissions.attachFiles;

export function channelJson(world: World, channel: StandInChannel): JsonObject {
  if (channel.type === 3) return { id: channel.id, type: 3, name: channel.name, recipients: [], flags: 0 };
  if (channel.type === 1) {
    return { id: channel.id, type: 1, last_message_id: null, recipients: [userJson(channel.recipient!)], flags: 0 };
  }
  const denied = { id: world.bot.id, type: 1, allow: '0', deny: String(channel.denied) };
  return {
    id: channel.id,
    type: channel.type,
    guild_id: channel.guild?.id,
    name: channel.name,
    position: 0,
    permission_overwrites: channel.denied > 0n ? [denied] : [],
    nsfw: channel.nsfw,
    parent_id: channel.parent,
    topic: null,
    rate_limit_per_user: 0,
    last_message_id: null,
    flags: 0,
  };
}

/** Fields discord.js 14.28 reads of a server that became available. Source: discord.com/developers/docs/events/gateway-events, "Guild Create". */
export function guildJson(world: World, guild: StandInGuild): JsonObject {
  const channels = [...world.channels.values()].filter((channel) => channel.guild === guild && channel.type === 0);
  const threads = [...world.channels.values()].filter((channel) => channel.guild === guild && channel.type === 11);
  const role = { id: guild.id, name: '@everyone', permissions: String(everyone), position: 0, color: 0, hoist: false };
  return {
    id: guild.id,
    name: guild.name,
    owner_id: '1000000000000000001',
    icon: null,
    roles: [{ ...role, managed: false, mentionable: false, flags: 0 }],
    channels: channels.map((channel) => channelJson(world, channel)),
    threads: threads.map((channel) => threadJson(world, channel)),
    members: [{ ...memberJson(world.bot), user: userJson(world.bot) }],
    emojis: [],
    stickers: [],
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    features: [],
    member_count: world.users.size,
    large: false,
    unavailable: false,
    joined_at: '2024-01-01T00:00:00.000000+00:00',
    preferred_locale: guild.locale,
    premium_tier: 0,
    nsfw_level: 0,
    verification_level: 0,
    explicit_content_filter: 0,
    default_message_notifications: 0,
    mfa_level: 0,
    system_channel_flags: 0,
    afk_timeout: 300,
    afk_channel_id: null,
    system_channel_id: null,
    application_id: null,
  };
}

export function threadJson(world: World, channel: StandInChannel): JsonObject {
  const { locked } = channel;
  const thread_metadata = { archived: locked, auto_archive_duration: 1440, archive_timestamp: stamp(0), locked };
  return { ...channelJson(world, channel), owner_id: world.bot.id, member_count: 1, message_count: 1, thread_metadata };
}

const stamp = (ms: number): string => new Date(ms).toISOString().replace('Z', '000+00:00');

export function fileJson(world: World, cdn: Cdn, file: StoredFile): JsonObject {
  const url = fileUrl(world, cdn, file);
  return {
    id: file.id,
    filename: file.name,
    ...(file.description && { description: file.description }),
    size: file.bytes.length,
    url,
    proxy_url: url,
    content_type: contentType(file.name),
    ...pictureSize(file.bytes),
    ...(file.ephemeral && { ephemeral: true }),
  };
}

const contentTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  txt: 'text/plain; charset=utf-8',
};
export const contentType = (name: string): string =>
  contentTypes[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';

/** Width and height of a PNG, which is all that tests upload and look at. */
function pictureSize(bytes: Buffer): JsonObject {
  if (bytes.length < 24 || bytes.toString('latin1', 1, 4) !== 'PNG') return {};
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/**
 * A message as clients receive it. Component texts stay; `attachment://x` becomes the link, and such files leave `attachments`.
 * Source: discord.com/developers/docs/components/reference, "Unfurled Media Item".
 */
export function messageJson(world: World, cdn: Cdn, message: StoredMessage): JsonObject {
  const links = new Map(message.files.map((file) => [`attachment://${file.name}`, fileUrl(world, cdn, file)]));
  const used = new Set<string>();
  const components = resolveLinks(message.components, links, used);
  const shown = message.files.filter((file) => !used.has(`attachment://${file.name}`));
  return {
    id: message.id,
    channel_id: message.channel.id,
    type: message.type,
    author: userJson(message.author),
    content: message.content,
    timestamp: stamp(message.createdAt),
    edited_timestamp: message.editedAt === null ? null : stamp(message.editedAt),
    tts: false,
    mention_everyone: false,
    mentions: message.mentions.map(userJson),
    mention_roles: [],
    attachments: shown.map((file) => fileJson(world, cdn, file)),
    embeds: message.embeds,
    components,
    pinned: false,
    flags: message.flags,
    ...(message.nonce !== null && { nonce: message.nonce }),
    ...(message.interaction && {
      application_id: world.bot.id,
      webhook_id: world.bot.id,
      interaction_metadata: {
        id: message.interaction.id,
        type: 2,
        user: userJson(message.interaction.user),
        authorizing_integration_owners: installedBy(message.interaction.user, message.channel),
      },
    }),
    ...(message.replyTo !== null && {
      message_reference: {
        type: 0,
        message_id: message.replyTo,
        channel_id: message.channel.id,
        ...inGuild(message.channel),
      },
    }),
  };
}

/** Key 0: the server installed the application; 1: the person did. */
const installedBy = (user: StandInUser, { guild }: StandInChannel): JsonObject =>
  guild?.joined ? { '0': guild.id } : { '1': user.id };

const inGuild = (channel: StandInChannel): JsonObject => (channel.guild ? { guild_id: channel.guild.id } : {});

function resolveLinks(value: readonly JsonObject[], links: ReadonlyMap<string, string>, used: Set<string>) {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) => {
    const link = key === 'url' && typeof inner === 'string' ? links.get(inner) : undefined;
    if (link === undefined) return inner;
    used.add(inner as string);
    return link;
  }) as readonly JsonObject[];
}

/**
 * A message as it is dispatched to the bot without the privileged intent: words, pictures, embeds and buttons of others stay
 * hidden, except in private, when the bot is mentioned, and in replies that notify the author of an ordinary bot message.
 * Source: discord.com/developers/docs/events/gateway, "Message Content Intent".
 */
export function dispatchedMessage(world: World, cdn: Cdn, message: StoredMessage): JsonObject {
  const whole = { ...messageJson(world, cdn, message), ...context(message) };
  const repliedTo = message.replyTo === null ? undefined : world.messages.get(message.replyTo);
  const referenced = repliedTo && {
    referenced_message: veiled(messageJson(world, cdn, repliedTo), seesContent(world, repliedTo)),
  };
  return { ...veiled(whole, seesContent(world, message)), ...referenced };
}

function context(message: StoredMessage): JsonObject {
  if (!message.channel.guild) return { channel_type: 1 };
  return { guild_id: message.channel.guild.id, member: memberJson(message.author), channel_type: message.channel.type };
}

export function veiled(message: JsonObject, visible: boolean): JsonObject {
  return visible ? message : { ...message, content: '', attachments: [], embeds: [], components: [] };
}

export function seesContent(world: World, message: StoredMessage): boolean {
  if (world.showsContent || message.author === world.bot || message.channel.type === 1) return true;
  if (message.mentions.includes(world.bot)) return true;
  const repliedTo = message.replyTo === null ? undefined : world.messages.get(message.replyTo);
  return message.ping && repliedTo?.author === world.bot && repliedTo.interaction === null;
}

/** The context every interaction carries. Source: discord.com/developers/docs/interactions/receiving-and-responding, "Interaction Structure". */
export function interactionContext(
  world: World,
  user: StandInUser,
  channel: StandInChannel,
  uploadLimit: number,
): JsonObject {
  const { guild } = channel;
  return {
    application_id: world.bot.id,
    version: 1,
    channel_id: channel.id,
    channel: {
      ...(channel.type === 11 ? threadJson : channelJson)(world, channel),
      permissions: String(everyone | user.permissions),
    },
    locale: user.locale,
    app_permissions: String(botPermissions(channel)),
    entitlements: [],
    authorizing_integration_owners: installedBy(user, channel),
    context: guild ? 0 : channel.type === 3 ? 2 : 1,
    attachment_size_limit: uploadLimit,
    ...(guild
      ? {
          guild_id: guild.id,
          guild: { id: guild.id, locale: guild.locale, features: [] },
          guild_locale: guild.locale,
          member: { ...memberJson(user), user: userJson(user) },
        }
      : { user: userJson(user) }),
  };
}

export const isLoading = (message: StoredMessage): boolean => (message.flags & flags.loading) !== 0;
