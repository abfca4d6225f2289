import type { APIInteraction, GatewayMessageCreateDispatchData } from 'discord.js';
import type { PlaceId } from '../../edit/lineage.ts';
import type { Log } from '../../log.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Capabilities, Incoming, Platform } from '../core/platform.ts';
import type { Suggestions } from '../core/suggestions.ts';
import { openApi } from './api.ts';
import { type Connection, openConnection } from './connection.ts';
import { openInteractionDesk } from './interactions.ts';
import { lookAt, lookBack } from './look.ts';
import { heard } from './messages.ts';
import { invitationTo } from './permissions.ts';
import { linkTo } from './places.ts';
import { registerCommands } from './registration.ts';
import { answers, directPlace, editCard, openThread, type Post, removeMessage, sendCard } from './sending.ts';
import { openTickets } from './tickets.ts';
import { type Fit, fileLimit, type Materials } from './uploads.ts';

const capabilities: Capabilities = {
  maxUpload: fileLimit,
  // 4000 characters and about 10 kB; the rest is for what keeps people's words from being markup.
  maxText: 3000,
  buttonsPerRow: 5,
  rows: 5,
  selectMenus: true,
  menus: 'beside',
  forms: true,
  painting: false,
  pairs: 'first',
  ephemeral: true,
  resultsInPlace: true,
  hidesFiles: true,
  // A channel takes five edits in five seconds; results go first.
  editIntervalMs: { private: 2000, room: 2000 },
  previewIntervalMs: { private: 6000, room: 6000 },
};

export interface DiscordOptions {
  /** From the developer portal. Never logged. */
  readonly token: string;
  /** Registers commands in this server only, at once; everywhere, when not said. */
  readonly guildId?: string | undefined;
  /** Where it is noted which commands were registered last. */
  readonly dataDir: string;
  readonly blobs: Materials['blobs'];
  readonly fit: Fit;
  /** What to suggest while somebody types; nothing, when not given. */
  readonly suggestions?: Suggestions;
  readonly log: Log;
  /** Told of every limit of Discord's that was run into. */
  readonly limited?: (() => void) | undefined;
  readonly clock?: Clock;
  /** The application has the privileged intent Message Content: what people post among themselves can be read. */
  readonly readsAll?: boolean | undefined;
  /** A proxy in front of Discord's API; Discord's own address, when not given. */
  readonly apiRoot?: string | undefined;
}

/** A bot on Discord. Connects at `start`; disposing stops listening and lets what is being answered come to its end. */
export function openDiscord(options: DiscordOptions): Platform {
  const { token, guildId, dataDir, log, clock = systemClock, readsAll = false } = options;
  const { apiRoot: root = 'https://discord.com/api' } = options;
  const api = openApi({ token, root, log, ...(options.limited && { limited: options.limited }) });
  const { blobs, fit } = options;
  const post: Post = { api, clock, blobs, fit, tickets: openTickets(clock), shown: new Map() };
  const ears = openEars(options, post, clock);
  const connection = openConnection({
    ...{ token, root, clock, log, readsAll, interaction: ears.interaction, message: ears.message },
    connected: (application) => {
      log.info({ platform: 'discord', invitation: invitationTo(application) }, 'connected');
      return registerCommands({ api, application, guild: guildId || null, dataDir });
    },
  });
  return {
    name: 'discord',
    capabilities,
    start: (receive) => {
      ears.listen(connection, receive);
      return connection.open();
    },
    send: async (place, card, how) => [await sendCard(post, place, card, how)],
    edit: (place, message, card) => editCard(post, place, message, card),
    look: (place, message) => lookAt(api, connection.me, place, message),
    ...(readsAll && { lookBack: (place: PlaceId) => lookBack(api, connection.me, place) }),
    remove: (place, message) => removeMessage(post, place, message),
    openThread: (place, message, name) => openThread(post, place, message, name),
    directPlace: (user) => directPlace(post, user),
    linkTo,
    answers: (place) => answers(post, place),
    [Symbol.asyncDispose]: async () => {
      await connection[Symbol.asyncDispose]();
      await ears[Symbol.asyncDispose]();
      api[Symbol.dispose]();
    },
  };
}

interface Listening {
  readonly connection: Connection;
  readonly receive: (incoming: Incoming) => Promise<void>;
}

/** What comes in, understood and handed on; disposing waits for what is under way. */
function openEars({ log, suggestions = { of: async () => [] } }: DiscordOptions, post: Post, clock: Clock) {
  const closing = new AbortController();
  const answering = { post, clock, closing: closing.signal };
  const pending = new Set<Promise<void>>();
  let listening: Listening | undefined;
  const isMember = (guild: string) => listening?.connection.isMember(guild) ?? false;
  const isNsfw = (channel: string) => listening?.connection.isNsfw(channel) ?? false;
  const isMe = (user: string) => listening?.connection.me === user;
  const desk = openInteractionDesk({ answering, suggestions, clock, log, isMember, isMe, isNsfw });
  const deal = (what: string, work: (listening: Listening) => Promise<void>) => {
    if (!listening || closing.signal.aborted) return;
    const dealt = work(listening)
      .catch((error: unknown) => log.error({ platform: 'discord', error }, `${what} not dealt with`))
      .finally(() => pending.delete(dealt));
    pending.add(dealt);
  };
  return {
    listen: (connection: Connection, receive: Listening['receive']) => {
      listening = { connection, receive };
    },
    interaction: (interaction: APIInteraction) => deal('interaction', ({ receive }) => desk.take(interaction, receive)),
    message: (message: GatewayMessageCreateDispatchData) =>
      deal('message', async ({ connection, receive }) => {
        const { me, localeOf, isModerator, parentOf } = connection;
        const ears = { answering, localeOf, isModerator, isNsfw, parentOf };
        const incoming = me === null ? undefined : heard({ me, ...ears }, message);
        if (incoming) await receive(incoming);
      }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pending);
      closing.abort();
    },
  };
}
