import { checkCommands } from './commands.ts';
import type { Desk } from './desk.ts';
import type { Call, Reply } from './http.ts';
import { answerInteraction, changeTokenMessage, followUp } from './interactions.ts';
import { asArray, asNumber, asObject, asText, fault, invalid, type JsonObject } from './json.ts';
import { patchMessage, removeMessage, shownMessage, storeMessage } from './messages.ts';
import { channelJson, guildJson, memberJson, seesContent, threadJson, userJson, veiled } from './wire.ts';
import {
  addChannel,
  botPermissions,
  messagesIn,
  permissions,
  privateChannel,
  type StandInChannel,
  type StandInUser,
  type StoredMessage,
} from './world.ts';

/** Named parts of the path. */
type Parts = Readonly<Record<string, string>>;
interface Route {
  readonly method: string;
  readonly path: RegExp;
  /** Routes that carry a token in their path need no Authorization. */
  readonly open?: boolean;
  readonly answer: (desk: Desk, call: Call, parts: Parts) => Reply;
}

const route = (method: string, path: string, answer: Route['answer'], open = false): Route => ({
  method,
  path: new RegExp(`^/api/v10${path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`),
  answer,
  open,
});

/** Source: discord.com/developers/docs, the reference page of each resource. */
const routes: readonly Route[] = [
  route('GET', '/gateway/bot', (desk) => ({ status: 200, body: gatewayInfo(desk) })),
  route('PUT', '/applications/:app/commands', (desk, call) => registerCommands(desk, call, 'global')),
  route('PUT', '/applications/:app/guilds/:guild/commands', (desk, call, { guild }) =>
    registerCommands(desk, call, guild!),
  ),
  route('GET', '/applications/:app/commands', (desk) => ({
    status: 200,
    body: [...(desk.commands.get('global') ?? [])],
  })),
  route('GET', '/applications/:app/guilds/:guild/commands', (desk, _call, { guild }) => ({
    status: 200,
    body: [...(desk.commands.get(guild!) ?? [])],
  })),
  route('GET', '/applications/@me', ({ world }) => ({
    status: 200,
    body: { id: world.bot.id, name: world.bot.name, flags: 0 },
  })),
  route(
    'POST',
    '/interactions/:id/:token/callback',
    (desk, call, p) => answerInteraction(desk, call, p.id!, p.token!),
    true,
  ),
  ...['GET', 'PATCH', 'DELETE'].map((method) =>
    route(
      method,
      '/webhooks/:app/:token/messages/:id',
      (desk, call, p) => changeTokenMessage(desk, call, p.token!, p.id!),
      true,
    ),
  ),
  route('POST', '/webhooks/:app/:token', (desk, call, p) => followUp(desk, call, p.token!), true),
  route('POST', '/channels/:channel/messages', (desk, call, p) => postMessage(desk, call, channelOf(desk, p))),
  route('GET', '/channels/:channel/messages', (desk, call, p) => listMessages(desk, call, channelOf(desk, p))),
  route('GET', '/channels/:channel/messages/:message', (desk, _call, p) => ({
    status: 200,
    body: asRead(desk, messageOf(desk, p)),
  })),
  route('PATCH', '/channels/:channel/messages/:message', (desk, call, p) =>
    editMessage(desk, call, messageOf(desk, p)),
  ),
  route('DELETE', '/channels/:channel/messages/:message', (desk, _call, p) => deleteMessage(desk, messageOf(desk, p))),
  route('GET', '/channels/:channel', (desk, _call, p) => ({
    status: 200,
    body: channelJson(desk.world, channelOf(desk, p)),
  })),
  route('POST', '/channels/:channel/typing', (desk, _call, p) => done(channelOf(desk, p))),
  route('POST', '/users/@me/channels', openPrivate),
  route('POST', '/channels/:channel/threads', (desk, call, p) => openThread(desk, call, channelOf(desk, p))),
  route('POST', '/channels/:channel/messages/:message/threads', (desk, call, p) =>
    openThread(desk, call, channelOf(desk, p), messageOf(desk, p)),
  ),
  ...['PUT', 'DELETE'].map((method) =>
    route(method, '/channels/:channel/messages/:message/reactions/:emoji/@me', (desk, _call, p) =>
      done(messageOf(desk, p)),
    ),
  ),
  route('GET', '/guilds/:guild', (desk, _call, { guild }) => ({ status: 200, body: guildOf(desk, guild!) })),
  route('GET', '/guilds/:guild/members/:user', (desk, _call, p) => {
    const user = userOf(desk, p.user!);
    return { status: 200, body: { ...memberJson(user), user: userJson(user) } };
  }),
  route('GET', '/users/:user', (desk, _call, { user }) => ({ status: 200, body: userJson(userOf(desk, user!)) })),
];

/** Answers a call below `/api`. @throws ApiFault */
export function answerCall(desk: Desk, call: Call): Reply {
  const found = routes.find(({ method, path }) => method === call.method && path.test(call.path));
  if (!found) {
    desk.violations.push(`unexpected call: ${call.method} ${call.path}`);
    return { status: 404, body: { message: '404: Not Found', code: 0 } };
  }
  if (!found.open && call.headers.authorization !== `Bot ${desk.options.token}`) {
    return { status: 401, body: { message: '401: Unauthorized', code: 0 } };
  }
  return found.answer(desk, call, found.path.exec(call.path)?.groups ?? {});
}

/** Nothing to tell, once the thing it is about was found. */
const done = (_found: StandInChannel | StoredMessage): Reply => ({ status: 204 });

/** Source: discord.com/developers/docs/events/gateway, "Get Gateway Bot". */
function gatewayInfo(desk: Desk): JsonObject {
  const session_start_limit = { total: 1000, remaining: 999, reset_after: 0, max_concurrency: 1 };
  return { url: desk.gateway.url, shards: 1, session_start_limit };
}

function registerCommands(desk: Desk, call: Call, scope: string): Reply {
  const named = checkCommands(call.list).map((command) => ({
    default_member_permissions: null,
    type: 1,
    ...command,
    id: desk.world.newId(),
    application_id: desk.world.bot.id,
    version: desk.world.newId(),
    ...(scope !== 'global' && { guild_id: scope }),
  }));
  desk.commands.set(scope, named);
  return { status: 200, body: named };
}

function channelOf(desk: Desk, { channel: id }: Parts): StandInChannel {
  const channel = desk.world.channels.get(id!);
  if (!channel) throw fault(10003);
  if (channel.type !== 1 && (botPermissions(channel) & permissions.viewChannel) === 0n) throw fault(50001);
  return channel;
}

function messageOf(desk: Desk, parts: Parts): StoredMessage {
  const channel = channelOf(desk, parts);
  const message = desk.world.messages.get(parts.message!);
  if (message?.channel !== channel || message.onlyFor) throw fault(10008);
  return message;
}

function userOf(desk: Desk, id: string): StandInUser {
  const user = id === '@me' ? desk.world.bot : desk.world.users.get(id);
  if (!user) throw fault(10013);
  return user;
}

function guildOf(desk: Desk, id: string): JsonObject {
  const guild = desk.world.guilds.get(id);
  if (!guild?.joined) throw fault(10004);
  return guildJson(desk.world, guild);
}

/** Repeated nonces return the earlier message. Source: discord.com/developers/docs/resources/message, "Create Message": `enforce_nonce`. */
function postMessage(desk: Desk, call: Call, channel: StandInChannel): Reply {
  const { world } = desk;
  const nonce = call.body.nonce === undefined ? null : String(call.body.nonce);
  const since = world.clock.now() - 5 * 60 * 1000;
  const earlier = messagesIn(world, channel).find(
    (message) => message.author === world.bot && message.nonce === nonce && message.createdAt >= since,
  );
  if (nonce !== null && call.body.enforce_nonce === true && earlier)
    return { status: 200, body: shownMessage(desk, earlier) };
  mayPost(call, channel);
  const message = storeMessage(desk, call, {
    channel,
    author: world.bot,
    ...replyTarget(desk, call, channel),
    mentions: pinged(desk, call),
  });
  return { status: 200, body: shownMessage(desk, message) };
}

/** Source: discord.com/developers/docs/resources/message, "Create Message", its list of needed permissions. */
function mayPost(call: Call, channel: StandInChannel): void {
  if (channel.recipient?.dmClosed) throw fault(50007);
  if (channel.locked) throw fault(50083);
  if (channel.type === 1) return;
  const has = (bit: bigint) => (botPermissions(channel) & bit) !== 0n;
  const send = channel.type === 11 ? permissions.sendMessagesInThreads : permissions.sendMessages;
  if (!has(send)) throw fault(50013);
  if (call.files.size > 0 && !has(permissions.attachFiles)) throw fault(50013);
  if (call.body.message_reference !== undefined && !has(permissions.readMessageHistory)) throw fault(50013);
}

function replyTarget(desk: Desk, call: Call, channel: StandInChannel): { replyTo: string | null } {
  const reference = asObject(call.body.message_reference);
  const id = asText(reference.message_id);
  if (!id) return { replyTo: null };
  const isThere = desk.world.messages.get(id)?.channel === channel;
  if (!isThere && reference.fail_if_not_exists !== false) throw fault(10008);
  return { replyTo: isThere ? id : null };
}

/** Whom `allowed_mentions` lets a message notify; a message without it notifies everybody it names. */
function pinged(desk: Desk, call: Call): readonly StandInUser[] {
  const text = JSON.stringify([call.body.content ?? '', call.body.components ?? []]);
  const named = [...text.matchAll(/<@!?(\d+)>/g)].map((match) => match[1]!);
  const rules = call.body.allowed_mentions === undefined ? undefined : asObject(call.body.allowed_mentions);
  const parsesUsers = rules === undefined || asArray(rules.parse).includes('users');
  const listed = asArray(rules?.users).map(asText);
  const ids = named.filter((id) => parsesUsers || listed.includes(id));
  return ids.flatMap((id) => desk.world.users.get(id) ?? []);
}

/** Source: discord.com/developers/docs/resources/message, "Edit Message"; old messages: JSON error 30046. */
function editMessage(desk: Desk, call: Call, message: StoredMessage): Reply {
  if (message.author !== desk.world.bot) throw fault(50005);
  if (desk.world.clock.now() - message.createdAt > 60 * 60 * 1000) message.lateEdits += 1;
  if (message.lateEdits > desk.options.lateEdits) throw fault(30046);
  patchMessage(desk, message, call);
  return { status: 200, body: shownMessage(desk, message) };
}

function deleteMessage(desk: Desk, message: StoredMessage): Reply {
  const mayDelete = (botPermissions(message.channel) & permissions.manageMessages) !== 0n;
  if (message.author !== desk.world.bot && !mayDelete) throw fault(50013);
  removeMessage(desk, message);
  return { status: 204 };
}

/** A message fetched by REST: foreign ones come without content, as they are dispatched. */
const asRead = (desk: Desk, message: StoredMessage): JsonObject =>
  veiled(shownMessage(desk, message), seesContent(desk.world, message));

function listMessages(desk: Desk, call: Call, channel: StandInChannel): Reply {
  const before = call.query.get('before');
  const known = messagesIn(desk.world, channel).filter((message) => !message.onlyFor);
  const end = before === null ? known.length : known.findIndex((message) => message.id === before);
  const limit = Number(call.query.get('limit') ?? 50);
  const page = known.slice(0, Math.max(end, 0)).reverse().slice(0, limit);
  return { status: 200, body: page.map((message) => asRead(desk, message)) };
}

function openPrivate(desk: Desk, call: Call): Reply {
  const user = userOf(desk, asText(call.body.recipient_id));
  return { status: 200, body: channelJson(desk.world, privateChannel(desk.world, user)) };
}

/**
 * A thread that is begun at a message has the message's id, and there is one at most; threads hang on channels of servers only.
 * Source: discord.com/developers/docs/resources/channel, "Start Thread from Message".
 */
function openThread(desk: Desk, call: Call, parent: StandInChannel, message?: StoredMessage): Reply {
  if (parent.type !== 0) throw fault(50024);
  if ((botPermissions(parent) & permissions.createPublicThreads) === 0n) throw fault(50013);
  const name = asText(call.body.name);
  if (name.length < 1 || name.length > 100) throw invalid('name', 'Must be between 1 and 100 in length.');
  const lasts = call.body.auto_archive_duration;
  if (lasts !== undefined && ![60, 1440, 4320, 10080].includes(asNumber(lasts)))
    throw invalid('auto_archive_duration', 'Value must be one of {60, 1440, 4320, 10080}.');
  if (message && desk.world.channels.has(message.id)) throw fault(160004);
  const about = { type: 11, guild: parent.guild, parent: parent.id, ...(message && { id: message.id }) } as const;
  const channel = addChannel(desk.world, name, about);
  desk.gateway.dispatch('THREAD_CREATE', threadJson(desk.world, channel), channel);
  return { status: 201, body: threadJson(desk.world, channel) };
}
