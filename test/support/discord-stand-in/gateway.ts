import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { LogLine } from './desk.ts';
import { asNumber, asObject, asText, type Json, type JsonObject } from './json.ts';
import { guildJson, userJson } from './wire.ts';
import type { StandInChannel, World } from './world.ts';

/** Intents this server knows. Source: discord.com/developers/docs/events/gateway, "List of Intents". */
const intents = { guilds: 1, guildMessages: 1 << 9, directMessages: 1 << 12, messageContent: 1 << 15 } as const;
const privileged = (1 << 1) | (1 << 8) | (1 << 15);
const allIntents = (1 << 26) - 1;

interface Session {
  readonly id: string;
  readonly intents: number;
  /** Every dispatch so far, for resuming. */
  readonly sent: JsonObject[];
  socket: WebSocket | null;
}

/** The gateway: one bot, one shard, sessions that can be resumed. */
export interface Gateway extends AsyncDisposable {
  readonly url: string;
  /** ms between heartbeats, told at the next Hello. */
  heartbeatMs: number;
  /** False: heartbeats stay unanswered, as on a dead connection. */
  acknowledges: boolean;
  /** READY waits for it, as after an outage. */
  readyAfter: Promise<void> | null;
  /** Intents of the newest Identify; 0 before. */
  readonly identified: { intents: number; count: number; resumed: number };
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** To the session, if its intents ask for it; kept for resuming while it is away. */
  dispatch(event: string, data: JsonObject, channel: StandInChannel | null): void;
  /** The next dispatch of this event is delivered twice. */
  duplicateNext(event: string): void;
  /** Op 7: asks the client to reconnect and resume. */
  askToReconnect(): void;
  /** Op 9, not resumable. */
  invalidate(): void;
  /** Closes with a code (4004 …); without one the line just breaks (1006). */
  close(code?: number): void;
}

export interface GatewayOptions {
  readonly world: World;
  readonly token: string;
  readonly url: () => string;
  readonly log: LogLine[];
  readonly violations: string[];
}

/** Source: discord.com/developers/docs/events/gateway, "Connection Lifecycle" and "Resuming"; opcodes: docs/topics/opcodes-and-status-codes. */
export function openGateway({ world, token, url, log, violations }: GatewayOptions): Gateway {
  const server = new WebSocketServer({ noServer: true });
  const sessions = new Map<string, Session>();
  const twice: string[] = [];
  let current: Session | null = null;

  const send = (socket: WebSocket | null, payload: JsonObject): void => {
    if (socket?.readyState === socket?.OPEN) socket?.send(JSON.stringify(payload));
  };
  const push = (session: Session, event: string, data: JsonObject): void => {
    const payload = { op: 0, s: session.sent.length + 1, t: event, d: data };
    session.sent.push(payload);
    log.push({ at: world.clock.now(), way: 'dispatch', what: event, body: data });
    send(session.socket, payload);
  };
  const gateway: Gateway = {
    get url() {
      return url();
    },
    heartbeatMs: 41_250,
    acknowledges: true,
    readyAfter: null,
    identified: { intents: 0, count: 0, resumed: 0 },
    upgrade: (request, socket, head) => {
      server.handleUpgrade(request, socket, head, (client) => {
        client.on('message', (raw: RawData) => receive(client, asObject(JSON.parse(String(raw)) as Json)));
        client.on('close', (code) => left(client, code));
        send(client, { op: 10, d: { heartbeat_interval: gateway.heartbeatMs } });
      });
    },
    dispatch: (event, data, channel) => {
      if (!current || !wants(current.intents, event, channel)) return;
      push(current, event, data);
      const at = twice.indexOf(event);
      if (at < 0) return;
      twice.splice(at, 1);
      push(current, event, data);
    },
    duplicateNext: (event) => {
      twice.push(event);
    },
    askToReconnect: () => send(current?.socket ?? null, { op: 7, d: null }),
    invalidate: () => {
      sessions.clear();
      send(current?.socket ?? null, { op: 9, d: false });
    },
    close: (code) => {
      if (code === undefined) current?.socket?.terminate();
      else current?.socket?.close(code);
    },
    [Symbol.asyncDispose]: () => {
      for (const client of server.clients) client.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  /** A clean close by the client ends the session; any other can be resumed. */
  function left(client: WebSocket, code: number): void {
    for (const session of sessions.values()) {
      if (session.socket !== client) continue;
      session.socket = null;
      if (code === 1000 || code === 1001) sessions.delete(session.id);
      if (code === 1000 && session === current) current = null;
    }
  }

  function receive(client: WebSocket, { op, d }: JsonObject): void {
    if (op !== 1) log.push({ at: world.clock.now(), way: 'gateway', what: `op ${String(op)}` });
    if (op === 1) {
      if (gateway.acknowledges) send(client, { op: 11 });
    } else if (op === 2) identify(client, asObject(d));
    else if (op === 6) resume(client, asObject(d));
    else violations.push(`unexpected gateway op ${String(op)}`);
  }

  function identify(client: WebSocket, data: JsonObject): void {
    const wanted = asNumber(data.intents);
    const granted = world.showsContent ? intents.messageContent : 0;
    const refused = refusal(asText(data.token) === token, wanted & ~granted);
    if (refused !== null) {
      client.close(refused);
      return;
    }
    const session: Session = { id: randomUUID(), intents: wanted, sent: [], socket: client };
    sessions.set(session.id, session);
    current = session;
    gateway.identified.intents = wanted;
    gateway.identified.count += 1;
    if (gateway.readyAfter !== null) void gateway.readyAfter.then(() => welcome(session));
    else welcome(session);
  }

  function welcome(session: Session): void {
    const guilds = [...world.guilds.values()].filter((guild) => guild.joined);
    push(
      session,
      'READY',
      ready(
        session,
        guilds.map(({ id }) => id),
      ),
    );
    for (const guild of guilds)
      if ((session.intents & intents.guilds) !== 0) push(session, 'GUILD_CREATE', guildJson(world, guild));
  }

  function ready(session: Session, guilds: readonly string[]): JsonObject {
    return {
      v: 10,
      user: userJson(world.bot),
      guilds: guilds.map((id) => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: url(),
      session_type: 'normal',
      shard: [0, 1],
      application: { id: world.bot.id, flags: 0 },
      private_channels: [],
      relationships: [],
    };
  }

  function resume(client: WebSocket, data: JsonObject): void {
    const session = sessions.get(asText(data.session_id));
    if (!session || asText(data.token) !== token) {
      send(client, { op: 9, d: false });
      return;
    }
    session.socket = client;
    current = session;
    gateway.identified.resumed += 1;
    for (const payload of session.sent.slice(asNumber(data.seq))) send(client, payload);
    push(session, 'RESUMED', {});
  }
  return gateway;
}

/** Close codes 4004 authentication failed, 4013 invalid, 4014 disallowed intents. Source: docs/topics/opcodes-and-status-codes. */
function refusal(isKnown: boolean, wanted: number): number | null {
  if (!isKnown) return 4004;
  if ((wanted & ~allIntents) !== 0) return 4013;
  return (wanted & privileged) === 0 ? null : 4014;
}

/** Source: discord.com/developers/docs/events/gateway, "List of Intents". */
function wants(mask: number, event: string, channel: StandInChannel | null): boolean {
  if (event === 'INTERACTION_CREATE') return true;
  if (channel?.type === 3 || (channel?.guild && !channel.guild.joined)) return false; // no member there
  if (event.startsWith('MESSAGE_'))
    return (mask & (channel?.guild ? intents.guildMessages : intents.directMessages)) !== 0;
  return (mask & intents.guilds) !== 0;
}
