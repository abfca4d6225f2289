import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openClock, type StandInClock } from './clock.ts';
import type { Desk, DeskOptions, LogLine } from './desk.ts';
import { type FaultRule, type Mishap, openFaults } from './faults.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { type Call, type Reply, readCall, sendReply } from './http.ts';
import { ApiFault, fault, faultBody, type JsonObject } from './json.ts';
import * as people from './people.ts';
import { type Bucket, openRateLimits, tooMany } from './rate-limits.ts';
import { answerCall } from './routes.ts';
import { type Seen, see, transcript } from './view.ts';
import { channelJson, contentType } from './wire.ts';
import {
  addChannel,
  addGuild,
  addUser,
  messagesIn,
  newWorld,
  privateChannel,
  type StandInChannel,
  type StandInGuild,
  type StandInUser,
  type World,
} from './world.ts';

export interface StandInOptions extends Partial<DeskOptions> {
  /** Of posting and of editing messages, per channel. */
  readonly messageBucket?: Bucket;
}

/** Where somebody acts: the first server's text channel, when not said. */
interface Where {
  readonly channel?: StandInChannel;
}

/**
 * A Discord of our own on a loopback port: REST, gateway and CDN, and the people who use it. It holds clients to the platform's
 * rules; what no client should do is kept in `violations` and fails the test when the stand-in is closed.
 */
export interface DiscordStandIn extends AsyncDisposable {
  /** For the client's `rest: { api, cdn, mediaProxy }`. */
  readonly api: string;
  readonly cdn: string;
  readonly token: string;
  readonly applicationId: string;
  readonly world: World;
  readonly gateway: Gateway;
  readonly clock: StandInClock;
  readonly log: readonly LogLine[];
  readonly violations: string[];
  /** The server and the channel that are there from the start. */
  readonly guild: StandInGuild;
  readonly channel: StandInChannel;
  user(name: string, more?: Parameters<typeof addUser>[2]): StandInUser;
  addGuild(name: string, more?: Parameters<typeof addGuild>[2]): StandInGuild;
  addChannel(name: string, more: Parameters<typeof addChannel>[2]): StandInChannel;
  /** The private conversation of a person with the bot. */
  privately(user: StandInUser): StandInChannel;
  /** Takes permissions of the bot away in a channel, and tells it. */
  deny(channel: StandInChannel, bits: bigint): void;
  /** Registered commands, the global ones and those of servers. */
  commands(): readonly JsonObject[];

  slash(user: StandInUser, name: string, options?: people.Typed['options'], where?: Where): people.Interaction;
  autocomplete(user: StandInUser, name: string, typed: Omit<people.Typed, 'name'>, where?: Where): people.Interaction;
  button(user: StandInUser, message: Seen, wanted: string): people.Interaction;
  /** A custom id nobody was shown. */
  forge(user: StandInUser, message: Seen, customId: string): people.Interaction;
  select(user: StandInUser, message: Seen, chosen: { customId: string; values: readonly string[] }): people.Interaction;
  modal(interaction: people.Interaction, values: people.ModalValues): people.Interaction;
  context(user: StandInUser, name: string, target: Seen, where?: Where): people.Interaction;
  message(user: StandInUser, text: string, more?: people.Written & Where): Seen;

  /** Messages of a channel, oldest first; the whispers among them too. */
  messages(where?: Where): readonly Seen[];
  /** The newest message of the bot, anywhere, that a condition holds for. */
  waitCard(condition: (message: Seen) => boolean, ms?: number): Promise<Seen>;
  /** The channel as this person sees it, as text. */
  view(user: StandInUser, where?: Where): string;
  fail(rule: FaultRule): () => void;
  /** Calls that matched, of the wire log. */
  calls(method: string, path: RegExp): readonly LogLine[];
}

export async function openDiscordStandIn(options: StandInOptions = {}): Promise<DiscordStandIn> {
  const clock = openClock();
  const world = newWorld(clock);
  const guild = addGuild(world, 'Studio');
  const channel = addChannel(world, 'general', { guild });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const desk = openDesk(world, host, options);
  server.on('request', (request, response) => void serve(desk, request, response));
  server.on('upgrade', (request, socket, head) => desk.gateway.upgrade(request, socket, head));
  const close = async () => {
    await desk.gateway[Symbol.asyncDispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    if (desk.violations.length > 0) throw new Error(`Discord would not have liked: ${desk.violations.join('; ')}`);
  };
  return {
    ...{ api: `http://${host}/api`, cdn: desk.cdn.url, token: desk.options.token, applicationId: world.bot.id },
    ...{ world, gateway: desk.gateway, clock, log: desk.log, violations: desk.violations, guild, channel },
    ...places(desk),
    ...driver(desk, channel),
    [Symbol.asyncDispose]: close,
  };
}

function openDesk(world: World, host: string, options: StandInOptions): Desk {
  const violations: string[] = [];
  const log: LogLine[] = [];
  const token = options.token ?? 'c3RhbmQtaW4.Ynk.bG9vcGJhY2s';
  const { uploadLimit = 10_485_760, modalUploads = true, lateEdits = 3, messageContent = false } = options;
  world.showsContent = messageContent;
  return {
    world,
    options: { token, uploadLimit, modalUploads, lateEdits, messageContent },
    cdn: { url: `http://${host}/cdn` },
    gateway: openGateway({ world, token, url: () => `ws://${host}`, log, violations }),
    limits: openRateLimits(world.clock, options.messageBucket ?? { limit: 5, windowMs: 5000 }),
    faults: openFaults(),
    interactions: new Map(),
    commands: new Map(),
    violations,
    log,
  };
}

/** One call from socket to socket, with its mishap if one was ordered. */
async function serve(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = await readCall(request);
  const mishap = desk.faults.take(call);
  const what = `${call.method} ${call.path.replaceAll(/[0-9a-f-]{36}-\d+/g, '<token>')}`;
  desk.log.push({
    at: desk.world.clock.now(),
    way: 'request',
    what,
    body: call.list.length > 0 ? call.list : call.body,
  });
  if (mishap?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, mishap.ms));
  if (mishap?.kind === 'drop' && mishap.when === 'before') return void request.socket.destroy();
  const reply = mishapReply(mishap) ?? answer(desk, call, mishap);
  desk.log.push({
    at: desk.world.clock.now(),
    way: 'answer',
    what,
    status: reply.status,
    body: reply.status >= 400 ? reply.body : undefined,
  });
  if (mishap?.kind === 'drop') return void request.socket.destroy();
  if (mishap?.kind === 'bytes' && mishap.how === 'partial') return sendHalf(response, reply);
  sendReply(response, reply);
}

function mishapReply(mishap: Mishap | undefined): Reply | undefined {
  if (mishap?.kind === 'status') return { status: mishap.status, body: { message: `${mishap.status}`, code: 0 } };
  if (mishap?.kind === 'limit') return tooMany(mishap.waitMs, mishap.scope);
  return mishap?.kind === 'code' ? faultReply(fault(mishap.code)) : undefined;
}

/** How long somebody is to wait who edits old messages too often, s. */
const lateEditWait = 60;

/** An error as it is answered; one that is a limit says how long to wait, as every 429 does. */
function faultReply(error: ApiFault, headers: Reply['headers'] = {}): Reply {
  const wait = error.status === 429 ? { 'retry-after': String(lateEditWait), 'x-ratelimit-scope': 'user' } : {};
  return { status: error.status, body: faultBody(error), headers: { ...headers, ...wait } };
}

function answer(desk: Desk, call: Call, mishap: Mishap | undefined): Reply {
  if (call.path.startsWith('/cdn/')) return cdnFile(desk, call, mishap?.kind === 'bytes' ? mishap.how : undefined);
  const { headers, refused } = desk.limits.take(call);
  if (refused) return refused;
  try {
    const reply = answerCall(desk, call);
    return { ...reply, headers: { ...headers, ...reply.headers } };
  } catch (error) {
    if (!(error instanceof ApiFault)) throw error;
    return faultReply(error, headers);
  }
}

/** Source: discord.com/developers/docs/reference, "Signed Attachment CDN URLs": an expired link is answered 404. */
function cdnFile(desk: Desk, call: Call, how: 'corrupt' | 'expired' | 'partial' | undefined): Reply {
  const id = call.path.split('/').at(-2) ?? '';
  const file = desk.world.files.get(id);
  const expires = Number.parseInt(call.query.get('ex') ?? '0', 16) * 1000;
  const isGone = !file || how === 'expired' || expires < desk.world.clock.now() || call.query.get('hm') !== id;
  if (isGone)
    return {
      status: 404,
      body: Buffer.from('This content is no longer available.'),
      headers: { 'content-type': 'text/plain' },
    };
  const bytes =
    how === 'corrupt' ? Buffer.from(file.bytes.map((byte, at) => (at > 40 ? byte ^ 0x5a : byte))) : file.bytes;
  return { status: 200, body: bytes, headers: { 'content-type': contentType(file.name) } };
}

function sendHalf(response: ServerResponse, { body }: Reply): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}

function places(desk: Desk) {
  const { world } = desk;
  return {
    user: (name, more) => addUser(world, name, more),
    addGuild: (name, more) => addGuild(world, name, more),
    addChannel: (name, more) => addChannel(world, name, more),
    privately: (user) => privateChannel(world, user),
    deny: (where, bits) => {
      where.denied |= bits;
      desk.gateway.dispatch('CHANNEL_UPDATE', channelJson(world, where), where);
    },
    commands: () => [...desk.commands.values()].flat(),
  } satisfies Partial<DiscordStandIn>;
}

function driver(desk: Desk, home: StandInChannel) {
  const { world } = desk;
  const at = (user: StandInUser, where?: Where) => ({ user, channel: where?.channel ?? home });
  const byBot = () =>
    [...world.messages.values()]
      .map(see)
      .filter((message) => message.byBot)
      .reverse();
  return {
    slash: (user, name, options = {}, where) => people.slash(desk, at(user, where), { name, options }),
    autocomplete: (user, name, typed, where) => people.slash(desk, at(user, where), { name, ...typed }),
    button: (user, message, wanted) => people.button(desk, user, message, wanted),
    forge: (user, message, customId) => people.press(desk, user, message, customId),
    select: (user, message, chosen) => people.select(desk, user, message, chosen),
    modal: (interaction, values) => people.submitModal(desk, interaction, values),
    context: (user, name, target, where) => people.contextMenu(desk, at(user, where), name, target),
    message: (user, text, more = {}) => people.write(desk, at(user, more), text, more),
    messages: (where) => messagesIn(world, where?.channel ?? home).map(see),
    waitCard: async (condition, ms = 10_000) => {
      await people.until(
        () => byBot().some(condition),
        ms,
        `a message; there are:\n${byBot()
          .map((seen) => seen.text)
          .join('\n---\n')}`,
      );
      return byBot().find(condition)!;
    },
    view: (user, where) => transcript(world, where?.channel ?? home, user),
    fail: (rule) => desk.faults.add(rule),
    calls: (method, path) =>
      desk.log.filter(
        ({ way, what }) =>
          way === 'request' && what.startsWith(`${method} `) && path.test(what.slice(method.length + 1)),
      ),
  } satisfies Partial<DiscordStandIn>;
}
