import type { LineageNode, PlaceId } from '../../src/edit/lineage.ts';
import type { Storage } from '../../src/storage/index.ts';
import { guildJson } from '../support/discord-stand-in/wire.ts';
import { permissions } from '../support/discord-stand-in/world.ts';
import type { Latch } from '../support/fake-engine.ts';
import { solidPng } from '../support/jobs.ts';
import { freePort } from '../support/process.ts';
import { discordRoom } from '../support/room/on-discord.ts';
import { telegramRoom } from '../support/room/on-telegram.ts';
import { httpRoom } from '../support/room/over-http.ts';
import { answered, type Person, picture, type Room, type RoomMessage } from '../support/room/room.ts';
import type { RunningBotOptions } from '../support/running-bot.ts';
import { openChat as openDiscordChat } from './discord/chat.ts';
import { openChat as openTelegramChat } from './telegram/chat.ts';
import { enter as enterWeb } from './web/visitor.ts';
import { openWebChat } from './web/web-chat.ts';

/** Where a server or a group is looked after by somebody. */
export const messengers = ['discord', 'telegram'] as const;
export const platforms = [...messengers, 'web'] as const;
type PlatformName = (typeof platforms)[number];

/** How long the bot may take to answer on a busy machine, ms. */
const PATIENCE_MS = 20_000;

/** A bot as it runs, over the real client library of a platform, and rooms with three people in them. */
export interface AnyChat extends AsyncDisposable {
  readonly latch: Latch;
  readonly storage: Storage;
  readonly dataDir: string;
  /** A room nobody has spoken in, and people nobody has met; the first looks after it. On Discord it may be marked as not safe for work. */
  enter(room?: { readonly nsfw?: boolean }): Promise<AnyRoom>;
  /** When messages were edited, ms of the platform's clock. */
  editsOfCards(): readonly number[];
  /** Makes every post fail, as on an overloaded server. @returns what ends that */
  refusePosts(): () => void;
  /** Stops the bot, does something meanwhile, and starts it over the same files. */
  restart(meanwhile?: () => Promise<void> | void): Promise<void>;
}

/** A room, and what tests do in it again and again. */
export interface AnyRoom extends Room {
  readonly place: PlaceId;
  readonly ann: Person;
  readonly bo: Person;
  readonly cy: Person;
  /** The bot's answer to what is done, like `answered`. */
  answer(act: () => unknown, wanted?: Parameters<typeof answered>[2]): Promise<RoomMessage>;
  /** A picture like no other, which somebody edits by command; its first result. */
  edited(person: Person, prompt?: string): Promise<RoomMessage>;
  /** The newest picture made in the room. */
  newest(): Promise<LineageNode>;
  /** A picture of the newest tree by its number. */
  numbered(number: number): Promise<LineageNode>;
  /** Numbers of the pictures that are HEAD, by branch, in the newest tree. */
  heads(): Promise<Readonly<Record<string, number>>>;
}

const names = ['Ann', 'Bo', 'Cy'] as const;

interface Entered {
  readonly place: PlaceId;
  readonly room: Room;
}
interface Opened {
  readonly chat: Pick<AnyChat, 'latch' | 'storage' | 'dataDir' | 'restart'> & AsyncDisposable;
  readonly refusePosts: AnyChat['refusePosts'];
  readonly editsOfCards: AnyChat['editsOfCards'];
  enter(nsfw: boolean): Entered | Promise<Entered>;
}

async function openOnDiscord(options: RunningBotOptions): Promise<Opened> {
  const chat = await openDiscordChat(options);
  const { dc } = chat;
  const enter = (nsfw: boolean) => {
    const guild = dc.addGuild('Studio');
    const channel = dc.addChannel('room', { guild, nsfw });
    dc.gateway.dispatch('GUILD_CREATE', guildJson(dc.world, guild), channel);
    const [ann, bo, cy] = names;
    const users = [dc.user(ann, { permissions: permissions.manageGuild }), dc.user(bo), dc.user(cy)] as const;
    return { place: `d:${guild.id}:${channel.id}` as PlaceId, room: discordRoom(dc, channel, users) };
  };
  const mishap = { kind: 'status', status: 500 } as const;
  const rule = { method: 'POST', path: /\/channels\/\d+\/messages$/, times: Number.POSITIVE_INFINITY, mishap };
  const editsOfCards = () => dc.calls('PATCH', /\/channels\/\d+\/messages\/\d+$/).map(({ at }) => at);
  return { chat, enter, refusePosts: () => dc.fail(rule), editsOfCards };
}

async function openOnTelegram(options: RunningBotOptions): Promise<Opened> {
  const chat = await openTelegramChat(options);
  const { tg } = chat;
  let rooms = 0;
  const enter = () => {
    rooms += 1;
    const [ann, bo, cy] = names;
    const users = [tg.user(ann), tg.user(bo), tg.user(cy)] as const;
    const group = tg.group(`Studio ${rooms}`, users, { administrators: [users[0]] });
    return { place: `t:${group.chat.id}:0` as PlaceId, room: telegramRoom(tg, group, users) };
  };
  const mishap = { kind: 'refuse', code: 500, description: 'Internal Server Error' } as const;
  const rule = { method: /^send(Photo|Message|Document|MediaGroup)$/, times: Number.POSITIVE_INFINITY, mishap };
  const edits = ['editMessageText', 'editMessageCaption', 'editMessageMedia'];
  const editsOfCards = () => edits.flatMap((method) => tg.calls(method).map(({ at }) => at));
  return { chat, enter, refusePosts: () => tg.fail(rule), editsOfCards };
}

/** The web chat has one room: whoever enters sees nothing of what was said before, and meets three new people. */
async function openOnWeb(options: RunningBotOptions): Promise<Opened> {
  const chat = await openWebChat(await freePort(), { speed: 20, ...options });
  const rooms: Disposable[] = [];
  const close = async () => {
    for (const room of rooms) room[Symbol.dispose]();
    await chat[Symbol.asyncDispose]();
  };
  const enter = async () => {
    const [ann, bo, cy] = names;
    const { url } = chat.web;
    const visitors = [await enterWeb(url, ann), await enterWeb(url, bo), await enterWeb(url, cy)] as const;
    const room = await httpRoom(visitors);
    rooms.push(room);
    return { place: 'w:main' as PlaceId, room };
  };
  const refusePosts = () => {
    throw new Error('the web chat posts to its own disk');
  };
  const { latch, dataDir, restart } = chat;
  const closing = {
    ...{ latch, dataDir, restart },
    get storage() {
      return chat.storage;
    },
    [Symbol.asyncDispose]: close,
  };
  return { chat: closing, enter, refusePosts, editsOfCards: () => [] };
}

/** Of the picture that was sent last. */
let colour = 0;

function anyRoom({ chat }: Opened, place: PlaceId, room: Room): AnyRoom {
  const answer: AnyRoom['answer'] = (act, wanted) => answered(room, act, wanted, PATIENCE_MS);
  const newest = async () => {
    const node = await chat.storage.lineage.newest(place, new Date(0));
    if (!node) throw new Error('no picture was made');
    return node;
  };
  const [ann, bo, cy] = room.people;
  return {
    ...room,
    ...{ place, ann, bo, cy, answer, newest },
    edited: async (person, prompt = 'a red hat') => {
      colour += 1;
      const sent = await solidPng(64, 64, `#${((colour * 0x3779b1) % 0x1000000).toString(16).padStart(6, '0')}`);
      return answer(() => person.command('edit', { prompt }, { picture: sent }), picture(1));
    },
    heads: async () => {
      const { lineage } = await newest();
      const found = Object.entries((await chat.storage.lineage.lineage(lineage))?.heads ?? {});
      const numbers = found.map(
        async ([branch, id]) => [branch, (await chat.storage.lineage.node(id))!.number] as const,
      );
      return Object.fromEntries(await Promise.all(numbers));
    },
    numbered: async (number) => {
      const [found] = await chat.storage.lineage.nodes((await newest()).lineage, number, 1);
      if (found?.number !== number) throw new Error(`there is no #${number}`);
      return found;
    },
  };
}

const open = { discord: openOnDiscord, telegram: openOnTelegram, web: openOnWeb } as const satisfies Record<
  PlatformName,
  (options: RunningBotOptions) => Promise<Opened>
>;

export async function openAnyChat(platform: PlatformName, options: RunningBotOptions = {}): Promise<AnyChat> {
  const opened = await open[platform](options);
  const { chat } = opened;
  return {
    latch: chat.latch,
    dataDir: chat.dataDir,
    get storage() {
      return chat.storage;
    },
    enter: async ({ nsfw = false } = {}) => {
      const { place, room } = await opened.enter(nsfw);
      return anyRoom(opened, place, room);
    },
    editsOfCards: () => opened.editsOfCards(),
    refusePosts: () => opened.refusePosts(),
    restart: (meanwhile) => chat.restart(meanwhile),
    [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose](),
  };
}
