import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Desk, LogLine, StoredQuery } from './desk.ts';
import { type FaultRule, type Mishap, openFaults } from './faults.ts';
import { type Call, readCall, sendRefusal, sendResult } from './http.ts';
import { type Limits, openRateLimits, telegramLimits } from './limits.ts';
import { type ChatKind, menuFor } from './menus.ts';
import { methods } from './methods.ts';
import { type Conversation, notify, openConversation } from './people.ts';
import { ApiRefusal, refuse } from './refusal.ts';
import { openUpdates } from './updates.ts';
import { type Seen, see, transcript } from './view.ts';
import {
  type Fields,
  messagesIn,
  newWorld,
  openClock,
  type StandInChat,
  type StandInClock,
  type StandInUser,
  storeMessage,
  type World,
} from './world.ts';

export { telegramLimits } from './limits.ts';
export type { Conversation } from './people.ts';
export type { Seen } from './view.ts';
export type { StandInChat } from './world.ts';

export interface TelegramStandInOptions {
  readonly token?: string;
  /** `null`: none, for tests about other things. */
  readonly limits?: Limits | null;
  /** Behaves as a Bot API server of one's own: `getFile` names a file in this folder. */
  readonly localDir?: string;
  /** How much faster than the machine's its time runs. */
  readonly speed?: number;
}

export interface GroupOptions {
  readonly administrators?: readonly StandInUser[];
  /** The bot is an administrator: it hears everything and may delete. */
  readonly botAdministers?: boolean;
  readonly topics?: readonly string[];
  /** No supergroup yet. */
  readonly isBasic?: boolean;
}

/** A group, and its members' clients. */
export interface StandInGroup {
  readonly chat: StandInChat;
  /** Somebody in it: in General, or in a topic. */
  as(user: StandInUser, topic?: string): Conversation;
  /**
   * Makes it a supergroup: another chat, with ids of messages that the group has had too. What was written in the group can still be
   * seen and pressed. Source: Bot API, `Message.migrate_to_chat_id`, `migrate_from_chat_id`
   */
  upgrade(): StandInGroup;
}

/**
 * A Telegram of our own on a loopback port: the Bot API, and the people who use it. What no bot should do is kept in `violations`
 * and fails the test when the stand-in is closed.
 */
export interface TelegramStandIn extends AsyncDisposable {
  /** For the client's `apiRoot`. */
  readonly apiRoot: string;
  readonly token: string;
  readonly bot: StandInUser;
  readonly world: World;
  readonly clock: StandInClock;
  /** In order, both ways. */
  readonly log: readonly LogLine[];
  readonly violations: string[];
  user(name: string, language?: string | null): StandInUser;
  /** The private chat of a person with the bot. */
  private(user: StandInUser): Conversation;
  group(title: string, members: readonly StandInUser[], options?: GroupOptions): StandInGroup;
  /** Takes the bot's place to write away, in Telegram's words: `bot was blocked by the user`. Null gives it back. */
  bar(chat: StandInChat, why: string | null): void;
  messages(chat: StandInChat): readonly Seen[];
  /** The chat as people see it, as text. */
  view(chat: StandInChat): string;
  /** Delivers the newest updates once more, as after a lost offset. */
  replay(count?: number): void;
  /** Brings updates to a webhook's handler, with the secret given to `setWebhook`; null ends that. */
  bring(handler: ((request: Request) => Promise<Response>) | null): void;
  fail(rule: FaultRule): () => void;
  /** Calls of a method, as they came. */
  calls(method: string): readonly LogLine[];
  /** Commands behind "/" as a client in that language shows them. */
  menu(language: string, where?: ChatKind): readonly Fields[];
  readonly queries: readonly StoredQuery[];
}

const unlimited: Limits = { burst: 1e9, perMinute: 1e9, perSecond: 1e9 };

export async function openTelegramStandIn(options: TelegramStandInOptions = {}): Promise<TelegramStandIn> {
  const desk = openDesk(options);
  const { world, updates } = desk;
  const server = createServer((request, response) => void serve(desk, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiRoot = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{
      apiRoot,
      token: desk.token,
      bot: world.bot,
      world,
      clock: world.clock,
      log: desk.log,
      violations: desk.violations,
    },
    ...people(desk),
    messages: (chat) => messagesIn(world, chat).map(see),
    view: (chat) => {
      const shown = desk.actions.get(chat.id);
      return transcript(world, chat, shown && shown.until > world.clock.now() ? shown.action : null);
    },
    replay: (count = 1) => updates.replay(count),
    bring: (handler) => updates.bring(handler && ((update) => bringTo(desk, handler, update))),
    fail: (rule) => desk.faults.add(rule),
    calls: (method) => desk.log.filter(({ way, what }) => way === 'call' && what === method),
    menu: (language, where = 'private') => menuFor(desk, where, language),
    get queries() {
      return [...desk.queries.values()];
    },
    [Symbol.asyncDispose]: async () => {
      updates.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (desk.violations.length > 0) throw new Error(`Telegram would not have liked: ${desk.violations.join('; ')}`);
    },
  };
}

function openDesk({
  token = '4503599627300007:AAstand-in_loopback',
  limits = telegramLimits,
  localDir,
  speed,
}: TelegramStandInOptions): Desk {
  const world = newWorld(openClock(speed));
  return {
    ...{ world, token, updates: openUpdates(), faults: openFaults(), log: [], violations: [] },
    ...{ limits: openRateLimits(world.clock, limits ?? unlimited), localDir: localDir ?? null },
    ...{
      queries: new Map(),
      inlineQueries: new Map(),
      links: new Map(),
      menus: new Map(),
      actions: new Map(),
      allowedUpdates: null,
    },
    webhook: { url: '', secret: '' },
  };
}

function people(desk: Desk) {
  const { world } = desk;
  const addChat: AddChat = (chat) => {
    const fresh = { barred: null, forbidden: new Set<never>(), upgradedTo: null };
    const added = { ...chat, ...fresh, lastMessage: 100 + world.chats.size * 1000 };
    world.chats.set(added.id, added);
    return added;
  };
  return {
    user: (name, language = 'en') => {
      const user = { id: world.newId(), name, username: `${name.toLowerCase()}_here`, language, bot: false };
      world.users.set(user.id, user);
      return user;
    },
    private: (user) => {
      const type = 'private' as const;
      const chat =
        world.chats.get(user.id) ??
        addChat({ id: user.id, type, title: user.name, members: [user], administrators: new Set(), topics: null });
      return openConversation(desk, { user, chat, topic: null });
    },
    group: (title, members, { administrators = [], botAdministers = false, topics, isBasic = false } = {}) => {
      const ids = [...administrators, ...(botAdministers ? [world.bot] : [])].map(({ id }) => id);
      const chat = addChat({
        ...(isBasic
          ? { id: -5_147_483_640 - world.chats.size, type: 'group' }
          : { id: -1_002_147_483_640 - world.chats.size, type: 'supergroup' }),
        ...{ title, members, administrators: new Set(ids), topics: topics ? new Map<number, string>() : null },
      });
      for (const topic of topics ?? []) openTopic(world, chat, members[0] ?? world.bot, topic);
      return groupOf(desk, chat, addChat);
    },
    bar: (chat, why) => {
      chat.barred = why;
    },
  } satisfies Partial<TelegramStandIn>;
}

type AddChat = (chat: Omit<StandInChat, 'lastMessage' | 'barred' | 'forbidden' | 'upgradedTo'>) => StandInChat;

function groupOf(desk: Desk, chat: StandInChat, addChat: AddChat): StandInGroup {
  return {
    chat,
    as: (user, topic) => {
      const thread = [...(chat.topics ?? [])].find(([, name]) => name === topic)?.[0] ?? null;
      if (topic !== undefined && thread === null) throw new Error(`no topic ${topic}`);
      return openConversation(desk, { user, chat, topic: thread });
    },
    upgrade: () => {
      const { title, members, administrators } = chat;
      const id = -1_002_147_483_640 - desk.world.chats.size;
      const above = addChat({ ...{ id, type: 'supergroup', title, members, administrators, topics: null } });
      above.lastMessage = Math.min(...messagesIn(desk.world, chat).map((message) => message.id)) - 1;
      notify(desk, chat, { migrate_to_chat_id: id });
      chat.upgradedTo = id;
      notify(desk, above, { migrate_from_chat_id: chat.id });
      return groupOf(desk, above, addChat);
    },
  };
}

/** The thread id of a topic is the id of the notice that opened it. */
function openTopic(world: World, chat: StandInChat, from: StandInUser, name: string): void {
  const topic = chat.lastMessage + 1;
  chat.topics?.set(topic, name);
  storeMessage(world, { chat, from, text: '', topic, openedTopic: name });
}

async function bringTo(
  { webhook }: Desk,
  handler: (request: Request) => Promise<Response>,
  update: Fields,
): Promise<boolean> {
  if (webhook.url === '') throw new Error('no webhook is set');
  const headers = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': webhook.secret };
  const response = await handler(new Request(webhook.url, { method: 'POST', headers, body: JSON.stringify(update) }));
  return response.ok;
}

/** One request: a call of a method, or a download. */
async function serve(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  const [, token = '', method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
  const [, fileToken = '', filePath = ''] = /^\/file\/bot([^/]+)\/(.+)$/.exec(path) ?? [];
  if (method !== '') await serveCall(desk, await readCall(request, token, method), request, response);
  else if (filePath !== '') serveFile(desk, { token: fileToken, path: filePath }, response);
  else {
    desk.violations.push(`no such address: ${path}`);
    sendRefusal(response, refuse(404, 'Not Found'));
  }
}

async function serveCall(desk: Desk, call: Call, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const note = (way: 'call' | 'answer', status: number | null, fields: Fields) =>
    desk.log.push({ at: desk.world.clock.now(), way, what: call.method, fields, status });
  note('call', null, call.fields);
  const mishap = desk.faults.take(call.method);
  if (mishap?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, mishap.ms));
  if (mishap?.kind === 'drop' && mishap.when === 'before') return void request.socket.destroy();
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const result = await answer(desk, call, mishap, gone.signal);
    note('answer', 200, {});
    if (mishap?.kind === 'drop') return void request.socket.destroy();
    sendResult(response, result);
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    note('answer', error.code, { description: error.message });
    sendRefusal(response, error);
  }
}

async function answer(desk: Desk, call: Call, mishap: Mishap | undefined, gone: AbortSignal): Promise<unknown> {
  if (call.token !== desk.token) throw refuse(401, 'Unauthorized');
  if (mishap?.kind === 'refuse') {
    const { code, description, retryAfter } = mishap;
    throw new ApiRefusal(code, description, retryAfter === undefined ? null : { retry_after: retryAfter });
  }
  const method = methods[call.method];
  if (method) return method(desk, call, gone);
  desk.violations.push(`no such method: ${call.method}`);
  throw refuse(404, 'Not Found');
}

function serveFile(desk: Desk, { token, path }: { token: string; path: string }, response: ServerResponse): void {
  const mishap = desk.faults.take('file');
  const link = desk.links.get(path);
  const file = link && link.until > desk.world.clock.now() ? desk.world.files.get(link.file) : undefined;
  const how = mishap?.kind === 'bytes' ? mishap.how : undefined;
  if (token !== desk.token || !file || how === 'expired') {
    sendRefusal(response, refuse(404, 'Not Found'));
    return;
  }
  const bytes =
    how === 'corrupt' ? Buffer.from(file.bytes.map((byte, at) => (at > 40 ? byte ^ 0x5a : byte))) : file.bytes;
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length });
  if (how !== 'partial') response.end(bytes);
  else response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}
