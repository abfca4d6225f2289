import {
  type APIInteraction,
  Client,
  Events,
  GatewayDispatchEvents,
  GatewayIntentBits,
  type GatewayMessageCreateDispatchData,
  type GatewayReadyDispatchData,
  Options,
  PermissionFlagsBits,
} from 'discord.js';
import type { Log } from '../../log.ts';
import { type Clock, pause } from '../core/clock.ts';

const firstWaitMs = 5000;
const longestWaitMs = 5 * 60 * 1000;
/** A connection that held this long was a good one: the next wait is short again. */
const goodMs = 60_000;
/** As long as the library waits for Discord to say READY. */
const readyMs = 15_000;

/** Nothing privileged: words of messages come where Discord shows them to everybody they are meant for. */
const intents = GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages | GatewayIntentBits.DirectMessages;
const withContent = intents | GatewayIntentBits.MessageContent;

export interface ConnectionOptions {
  readonly token: string;
  readonly root: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Asks for the words of all messages, which is privileged. */
  readonly readsAll: boolean;
  /** Called after every successful connecting, with the application's id. */
  readonly connected: (application: string) => Promise<void>;
  readonly interaction: (interaction: APIInteraction) => void;
  readonly message: (message: GatewayMessageCreateDispatchData) => void;
}

/** The line on which everything comes in. */
export interface Connection extends AsyncDisposable {
  /** Resolves when connected, or when the first try failed; then trying goes on. @throws Error when Discord does not know the token */
  open(): Promise<void>;
  /** The bot's own id; null before the first connecting. */
  readonly me: string | null;
  isMember(guild: string): boolean;
  localeOf(guild: string): string | null;
  isModerator(guild: string, user: string, roles: readonly string[]): boolean;
  /** The channel a thread hangs on; null for what is no thread, and where the bot is no member. */
  parentOf(channel: string): string | null;
  /** Whether a channel, or the one a thread hangs on, is marked as not safe for work. */
  isNsfw(channel: string): boolean;
}

/**
 * Keeps the bot connected. The library resumes what can be resumed; what it gives up (a token that is no longer valid, 4004) is begun
 * anew, after 5 s at first and up to 5 min.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { clock, log } = options;
  const closing = new AbortController();
  const state: State = { client: null, me: null, application: null };
  let loop: Promise<void> | undefined;

  const why = (error: unknown) => (error instanceof Error ? error.message : String(error));
  /** Until the connection is lost or could not be made. @throws Error when Discord refuses the very first try */
  const once = async (told: () => void, waitMs: number): Promise<void> => {
    try {
      await connect(options, state, closing.signal, told);
    } catch (error) {
      if (closing.signal.aborted) return;
      if (state.me === null && isRefusal(error)) throw new Error(`Discord does not accept ${refused(error)}`);
      log.error({ platform: 'discord', why: why(error), waitMs }, 'connection lost');
    }
  };
  const keep = async (told: () => void): Promise<void> => {
    for (let waitMs = firstWaitMs; !closing.signal.aborted; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      const since = clock.now();
      await once(told, waitMs);
      told();
      if (clock.now() - since > goodMs) waitMs = firstWaitMs;
      await pause(clock, waitMs, closing.signal);
    }
  };

  const guildOf = (id: string) => state.client?.guilds.cache.get(id);
  return {
    open: () =>
      new Promise((resolve, reject) => {
        loop = keep(resolve).catch(reject);
      }),
    get me() {
      return state.me;
    },
    isMember: (guild) => guildOf(guild) !== undefined,
    localeOf: (guild) => guildOf(guild)?.preferredLocale ?? null,
    isModerator: (id, user, roles) => {
      const guild = guildOf(id);
      const { Administrator, ManageGuild, ManageMessages } = PermissionFlagsBits;
      const isHigh = (role: string) =>
        guild?.roles.cache.get(role)?.permissions.any(Administrator | ManageGuild | ManageMessages);
      return guild?.ownerId === user || [id, ...roles].some((role) => isHigh(role) === true);
    },
    parentOf: (id) => {
      const channel = state.client?.channels.cache.get(id);
      return channel?.isThread() ? channel.parentId : null;
    },
    isNsfw: (id) => {
      const channel = state.client?.channels.cache.get(id);
      const marked = channel?.isThread() ? channel.parent : channel;
      return marked !== null && marked !== undefined && 'nsfw' in marked && marked.nsfw;
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await loop;
    },
  };
}

interface State {
  client: Client | null;
  me: string | null;
  application: string | null;
}

const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && /token|intents/i.test(error.message) && !('errno' in error);

/** What of ours Discord refused, and what can be done about it. */
function refused({ message }: Error): string {
  return /intents/i.test(message)
    ? `the intents: switch Message Content on at the developer portal, or DISCORD_MESSAGE_CONTENT off (${message})`
    : `DISCORD_TOKEN: ${message}`;
}

/** One connection, until the library gives it up. Rejects when it could not be made or is lost for good. */
async function connect(
  options: ConnectionOptions,
  state: State,
  closing: AbortSignal,
  told: () => void,
): Promise<void> {
  const { token, clock, log } = options;
  const client = newClient(options, state);
  state.client = client;
  const ended = new Promise<never>((_, reject) => {
    client.on(Events.ShardDisconnect, ({ code }) => reject(new Error(`Discord closed the connection: ${code}`)));
    closing.addEventListener('abort', () => reject(new Error('closing')), { once: true });
  });
  ended.catch(() => {}); // told below, or after the login failed
  let greeting: Promise<void> | undefined;
  const login = client.login(token);
  try {
    await Promise.race([login, ended]); // READY has come by then
    told();
    greeting = options.connected(state.application!).catch((error: unknown) => {
      log.warn({ platform: 'discord', error }, 'commands not registered');
    });
    await ended;
  } finally {
    if (closing.aborted) await settled(login, clock);
    await client.destroy();
    await greeting;
  }
}

/** A client that is destroyed while it waits for READY never comes to an end, and connects again. */
async function settled(login: Promise<unknown>, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([login.catch(() => {}), pause(clock, readyMs, over.signal)]);
  over.abort();
}

/**
 * The library's gateway client, without its picture of the world: what comes in is read as it came, so that a server the bot is no
 * member of, a thread nobody has heard of and a private channel are nothing special.
 */
function newClient({ root, log, readsAll, interaction, message }: ConnectionOptions, state: State): Client {
  const client = new Client({
    intents: readsAll ? withContent : intents,
    shards: 'auto',
    rest: { api: root },
    makeCache: Options.cacheWithLimits({ ...Options.DefaultMakeCacheSettings, MessageManager: 0 }),
  });
  const { ws } = client;
  ws.on(GatewayDispatchEvents.Ready, ({ user, application }: GatewayReadyDispatchData) => {
    state.me = user.id;
    state.application = application.id;
  });
  ws.on(GatewayDispatchEvents.InteractionCreate, interaction);
  ws.on(GatewayDispatchEvents.MessageCreate, message);
  client.on(Events.Error, ({ message: why }) => log.warn({ platform: 'discord', why }, 'gateway'));
  client.on(Events.ShardError, ({ message: why }) => log.warn({ platform: 'discord', why }, 'gateway'));
  client.on(Events.ShardReconnecting, (shard) => log.info({ platform: 'discord', shard }, 'reconnecting'));
  client.on(Events.ShardResume, (shard, replayed) => log.info({ platform: 'discord', shard, replayed }, 'resumed'));
  return client;
}
