import type { Telegraf } from 'telegraf';
import type { CallbackQuery, Message, Update } from 'telegraf/types';
import type { Log } from '../../log.ts';
import type { MessageStore, PostedFileStore } from '../../storage/index.ts';
import { type Clock, pause } from '../core/clock.ts';
import type { Incoming } from '../core/platform.ts';
import { openAdministrators } from './administrators.ts';
import { type AlbumItem, type Albums, openAlbums } from './albums.ts';
import { answerTo } from './answers.ts';
import { type Api, isTooOld } from './api.ts';
import { type Ears, heard, heardLate, pressed } from './incoming.ts';
import { answerInline } from './inline.ts';
import { spotOf } from './places.ts';
import type { Post } from './sending.ts';
import type { Upgrades } from './upgrades.ts';

/** How long an update may hold up the ones after it, ms: until it is written down, but not for a long download. */
const holdMs = 500;

/** So many updates are remembered: one that Telegram brings again, for its answer got lost, was dealt with. */
const remembered = 1000;

/** A message may be corrected for this long, s. */
const correctWithinS = 60;

export interface LineOptions {
  readonly bot: Telegraf;
  readonly api: Api;
  readonly post: Post;
  readonly posted: Pick<PostedFileStore, 'madeBy'>;
  readonly messages: Pick<MessageStore, 'placeOf'>;
  readonly upgrades: Upgrades;
  readonly clock: Clock;
  readonly log: Log;
  readonly isCloud: boolean;
}

/** What comes in: understood, gathered where it is an album, and handed to the core. */
export interface Line extends AsyncDisposable {
  hear(receive: (incoming: Incoming) => Promise<void>): void;
}

export function openLine({ bot, api, post, posted, messages, upgrades, clock, log, isCloud }: LineOptions): Line {
  const closing = new AbortController();
  const pending = new Set<Promise<void>>();
  let receive: (incoming: Incoming) => Promise<void> = () => Promise.resolve();
  const isAdministrator = openAdministrators(api, clock);
  const files = { telegram: bot.telegram, api, cloud: isCloud };
  const ears = (): Ears => ({
    me: bot.botInfo!, // known before the first update is handled
    files,
    isAdministrator,
    spotOfOurs: async (chat, message) => {
      const place = await messages.placeOf(`t:${chat}:`, message);
      return place && spotOf(place);
    },
    answerTo: (person, message, where) =>
      answerTo({ post, clock, closing: closing.signal }, { person, message, where }),
  });
  const deal = async (listening: () => Promise<Incoming | undefined>): Promise<void> => {
    const work = listening()
      .then((incoming) => incoming && receive(incoming))
      .catch((error: unknown) => log.error({ platform: 'telegram', error }, 'update not understood'))
      .finally(() => pending.delete(work));
    pending.add(work);
    await work;
  };
  const albums = openAlbums({
    clock,
    complete: (items) => deal(() => heard(ears(), items)),
    late: (item, album) => deal(() => heardLate(ears(), item, album)),
  });
  const seen = new Set<number>();
  const isRepeated = ({ update_id: id }: Update): boolean => {
    if (seen.has(id)) return true;
    seen.add(id);
    const [oldest = id] = seen;
    if (seen.size > remembered) seen.delete(oldest);
    return false;
  };
  bot.use(async ({ update }) => {
    if (isRepeated(update)) return;
    const held = pause(clock, holdMs, closing.signal);
    await Promise.race([takeUpdate({ update, albums, api, posted, upgrades, log, ears, deal }), held]);
  });
  bot.catch((error) => log.error({ platform: 'telegram', error }, 'update not handled'));
  return {
    hear: (listener) => {
      receive = listener;
    },
    [Symbol.asyncDispose]: async () => {
      await albums[Symbol.asyncDispose]();
      await Promise.all(pending);
      closing.abort();
    },
  };
}

interface Taking {
  readonly update: Update;
  readonly albums: Albums;
  readonly api: Api;
  readonly posted: LineOptions['posted'];
  readonly upgrades: Upgrades;
  readonly log: Log;
  readonly ears: () => Ears;
  readonly deal: (listening: () => Promise<Incoming | undefined>) => Promise<void>;
}

const isOfAlbum = (message: Message): message is AlbumItem =>
  'media_group_id' in message && message.media_group_id !== undefined;

/** The group that became a supergroup, as the notice says in either of them. */
function upgradeIn(message: Message): { readonly from: string; readonly to: string } | undefined {
  const here = String(message.chat.id);
  if ('migrate_to_chat_id' in message) return { from: here, to: String(message.migrate_to_chat_id) };
  if ('migrate_from_chat_id' in message) return { from: String(message.migrate_from_chat_id), to: here };
  return undefined;
}

/** One update. A press is answered before anything else: the client shows a clock until then. */
async function takeUpdate({ update, albums, api, posted, upgrades, log, ears, deal }: Taking): Promise<void> {
  if ('message' in update) {
    const { message } = update;
    const upgrade = upgradeIn(message);
    if (upgrade) await upgrades.note(upgrade.from, upgrade.to);
    else if (isOfAlbum(message)) albums.add(message);
    else await deal(() => heard(ears(), [message]));
  } else if ('edited_message' in update) {
    const { edited_message: edited } = update;
    const isSoon = (edited.edit_date ?? 0) - edited.date <= correctWithinS;
    if (!isSoon) return;
    if (isOfAlbum(edited)) albums.correct(edited);
    else await deal(() => heard(ears(), [edited]));
  } else if ('callback_query' in update) {
    await acknowledge(api, log, update.callback_query);
    await deal(() => pressed(ears(), update.callback_query));
  } else if ('inline_query' in update) {
    await answerInline(api, posted, update.inline_query);
  }
}

async function acknowledge(api: Api, log: Log, { id }: CallbackQuery): Promise<void> {
  try {
    await api.call('answerCallbackQuery', { callback_query_id: id });
  } catch (error) {
    if (!isTooOld(error)) log.warn({ platform: 'telegram', error }, 'press not acknowledged');
  }
}
