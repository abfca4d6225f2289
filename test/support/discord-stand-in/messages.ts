import { checkComponents } from './components.ts';
import type { Desk } from './desk.ts';
import type { SentFile } from './http.ts';
import { asArray, asNumber, asObject, asText, fault, invalid, type JsonObject } from './json.ts';
import { dispatchedMessage, messageJson } from './wire.ts';
import { flags, type StandInChannel, type StandInUser, type StoredFile, type StoredMessage } from './world.ts';

/** Where a message comes from, besides its body. */
export interface Posting {
  readonly channel: StandInChannel;
  readonly author: StandInUser;
  readonly interaction?: StoredMessage['interaction'];
  readonly onlyFor?: StandInUser | null;
  readonly type?: number;
  readonly replyTo?: string | null;
  readonly ping?: boolean;
  readonly mentions?: readonly StandInUser[];
}
export interface Body {
  readonly body: JsonObject;
  readonly files: ReadonlyMap<string, SentFile>;
}

const wholeLimit = 25 * 1024 * 1024;

/** Source: discord.com/developers/docs/resources/message, "Create Message"; docs/reference, "Uploading Files". */
export function storeMessage(desk: Desk, { body, files }: Body, posting: Posting): StoredMessage {
  const { world } = desk;
  const id = world.newId();
  const message: StoredMessage = {
    id,
    channel: posting.channel,
    author: posting.author,
    createdAt: world.clock.now(),
    type: posting.type ?? (posting.replyTo ? 19 : 0),
    replyTo: posting.replyTo ?? null,
    ping: posting.ping ?? false,
    mentions: posting.mentions ?? [],
    interaction: posting.interaction ?? null,
    onlyFor: posting.onlyFor ?? null,
    nonce: body.nonce === undefined ? null : String(body.nonce),
    content: asText(body.content),
    embeds: asArray(body.embeds).map(asObject),
    components: asArray(body.components).map(asObject),
    files: takeFiles(desk, { body, files }, posting.channel, posting.onlyFor != null),
    flags: asNumber(body.flags) & (flags.v2 | flags.suppressEmbeds | flags.suppressNotifications | flags.ephemeral),
    editedAt: null,
    lateEdits: 0,
  };
  if (message.nonce !== null && message.nonce.length > 25) throw invalid('nonce', 'Must be 25 or fewer in length.');
  if (posting.author.bot) check(desk, message);
  world.messages.set(id, message);
  for (const file of message.files) world.files.set(file.id, file);
  if (!message.onlyFor) announce(desk, 'MESSAGE_CREATE', message);
  return message;
}

/**
 * Changes what the body names. `attachments` lists what stays (by id) and what is new (by part number); without it everything stays.
 * Source: discord.com/developers/docs/resources/message, "Edit Message".
 */
export function patchMessage(desk: Desk, message: StoredMessage, { body, files }: Body): void {
  const { world } = desk;
  const added = takeFiles(desk, { body, files }, message.channel, message.onlyFor !== null);
  const listed = new Set(asArray(body.attachments).map((item) => String(asObject(item).id)));
  const kept = body.attachments === undefined ? message.files : message.files.filter((file) => listed.has(file.id));
  const isV2 = ((message.flags | asNumber(body.flags)) & flags.v2) !== 0;
  const next: StoredMessage = {
    ...message,
    content: body.content === undefined ? message.content : asText(body.content),
    embeds: body.embeds === undefined ? message.embeds : asArray(body.embeds).map(asObject),
    components: body.components === undefined ? message.components : asArray(body.components).map(asObject),
    files: [...kept, ...added],
    flags: (message.flags & ~flags.loading) | (isV2 ? flags.v2 : 0),
    editedAt: world.clock.now(),
  };
  check(desk, next);
  Object.assign(message, next);
  for (const file of added) world.files.set(file.id, file);
  if (!message.onlyFor) announce(desk, 'MESSAGE_UPDATE', message);
}

export function removeMessage(desk: Desk, message: StoredMessage): void {
  desk.world.messages.delete(message.id);
  const place = message.channel.guild ? { guild_id: message.channel.guild.id } : {};
  const gone = { id: message.id, channel_id: message.channel.id, ...place };
  if (!message.onlyFor) desk.gateway.dispatch('MESSAGE_DELETE', gone, message.channel);
}

function announce(desk: Desk, event: string, message: StoredMessage): void {
  desk.gateway.dispatch(event, dispatchedMessage(desk.world, desk.cdn, message), message.channel);
}

/** As an API answer. */
export function shownMessage(desk: Desk, message: StoredMessage): JsonObject {
  return messageJson(desk.world, desk.cdn, message);
}

function takeFiles(
  desk: Desk,
  { body, files }: Body,
  channel: StandInChannel,
  ephemeral: boolean,
): readonly StoredFile[] {
  const meta = new Map(asArray(body.attachments).map((item) => [String(asObject(item).id), asObject(item)]));
  const sizes = [...files.values()].map((file) => file.bytes.length);
  if (files.size > 10) throw invalid('attachments', 'Must be 10 or fewer in length.');
  const tooBig =
    sizes.some((size) => size > desk.options.uploadLimit) || sizes.reduce((sum, size) => sum + size, 0) > wholeLimit;
  if (tooBig) throw fault(40005);
  return [...files].map(([part, file]) => {
    const name = asText(meta.get(part)?.filename) || file.name;
    const description = asText(meta.get(part)?.description);
    if (description.length > 1024) throw invalid('attachments', 'Description must be 1024 or fewer in length.');
    return { ...file, id: desk.world.newId(), name, description, channel: channel.id, ephemeral };
  });
}

/** Every limit a message must keep. Source: discord.com/developers/docs/resources/message; docs/components/reference. */
function check(desk: Desk, message: StoredMessage): void {
  const isV2 = (message.flags & flags.v2) !== 0;
  if (message.content.length > 2000) throw invalid('content', 'Must be 2000 or fewer in length.');
  checkEmbeds(message.embeds);
  if (isV2 && (message.content || message.embeds.length > 0)) {
    throw invalid('flags', 'The "content" and "embeds" fields cannot be used with IS_COMPONENTS_V2.');
  }
  const links = [...checkComponents(message.components, isV2)].filter((link) => link.startsWith('attachment://'));
  const names = new Set(message.files.map((file) => `attachment://${file.name}`));
  const missing = links.find((link) => !names.has(link));
  if (missing !== undefined) throw invalid('components', `The referenced attachment ${missing} was not found.`);
  const isEmpty = !message.content && message.files.length + message.embeds.length + message.components.length === 0;
  if (isEmpty) throw fault(50006);
  if (!isV2) return;
  for (const name of names) if (!links.includes(name)) desk.violations.push(`file sent but not shown: ${name}`);
}

/** Source: discord.com/developers/docs/resources/message, "Embed Limits". */
function checkEmbeds(embeds: readonly JsonObject[]): void {
  if (embeds.length > 10) throw invalid('embeds', 'Must be 10 or fewer in length.');
  let total = 0;
  embeds.forEach((embed, at) => {
    const fields = asArray(embed.fields).map(asObject);
    const texts = [asText(embed.title), asText(embed.description), asText(asObject(embed.footer).text)];
    const [title, description] = texts;
    if (title!.length > 256) throw invalid(`embeds.${at}.title`, 'Must be 256 or fewer in length.');
    if (description!.length > 4096) throw invalid(`embeds.${at}.description`, 'Must be 4096 or fewer in length.');
    if (fields.length > 25) throw invalid(`embeds.${at}.fields`, 'Must be 25 or fewer in length.');
    total += [...texts, ...fields.flatMap((field) => [asText(field.name), asText(field.value)])].join('').length;
  });
  if (total > 6000) throw invalid('embeds', 'Embed size exceeds maximum size of 6000');
}
