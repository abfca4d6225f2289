import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import type { Desk } from './desk.ts';
import type { InlineAnswer } from './inline.ts';
import { storeDocument, storePhoto } from './media.ts';
import { type Seen, see } from './view.ts';
import { detected, messageJson, userJson } from './wire.ts';
import {
  type Fields,
  findMessage,
  type Media,
  messagesIn,
  type NewMessage,
  type StandInChat,
  type StandInUser,
  type StoredMessage,
  storeMessage,
} from './world.ts';

export interface Saying {
  readonly replyTo?: Seen;
  /** Hidden until touched. */
  readonly spoiler?: boolean;
  /** Chosen from the list of members: stands in the text by name. Source: Bot API, `MessageEntity` of type `text_mention` */
  readonly mentions?: StandInUser;
}
export interface Picturing extends Saying {
  readonly caption?: string;
}
export interface Filing extends Picturing {
  readonly name?: string;
}

/** A button somebody pressed. */
export interface Press {
  readonly id: string;
  /** What the bot answered with; null while it has not. */
  readonly answer: string | null;
}

/** One person in one chat (and topic), with a client in their hands. */
export interface Conversation {
  readonly user: StandInUser;
  readonly chat: StandInChat;
  text(text: string, saying?: Saying): Seen;
  /** `/edit a red hat`; like `text`, but insists on the slash. */
  command(text: string, saying?: Saying): Seen;
  /** Changes the words of a message of theirs. */
  edit(message: Seen, text: string): void;
  /** Sends a picture the usual way: Telegram makes it smaller. */
  photo(bytes: Uint8Array, picturing?: Picturing): Promise<Seen>;
  /** Sends a picture as a file: byte for byte. */
  document(bytes: Uint8Array, filing?: Filing): Promise<Seen>;
  /** Pictures chosen together; the caption goes with the first. `held`: these arrive only when `release` is called. */
  album(pictures: readonly Uint8Array[], picturing?: Picturing & { readonly held?: readonly number[] }): Promise<Album>;
  /** Draws on a picture with the client's editor and sends it as a reply. */
  scribble(on: Seen, svg: string, picturing?: Picturing): Promise<Seen>;
  /** Asks the bot by its name for something to post here; what is sent is the client's matter. */
  inline(words: string): { readonly answer: InlineAnswer | null };
  /** Presses a button by its label or its emoji; of the newest message that has it, when not said. @throws Error */
  press(label: string, on?: Seen): Press;
  /** Sends callback data nobody was shown. */
  forge(data: string, on: Seen): Press;
  /** The newest message of the bot here that a condition holds for, as soon as there is one. @throws Error */
  wait(condition: (seen: Seen) => boolean, ms?: number): Promise<Seen>;
}
export interface Album {
  readonly messages: readonly Seen[];
  release(): void;
}

export interface Standing {
  readonly user: StandInUser;
  readonly chat: StandInChat;
  readonly topic: number | null;
}

export function openConversation(desk: Desk, standing: Standing): Conversation {
  const { world } = desk;
  const { user, chat } = standing;
  const say = (message: Omit<NewMessage, 'chat' | 'from' | 'entities'>, { replyTo, mentions }: Saying) => {
    const stored = written(desk, standing, message, replyTo);
    if (mentions) stored.entities = [...stored.entities, mentioned(message.text, mentions)];
    deliver(desk, stored);
    return see(stored);
  };
  const text: Conversation['text'] = (words, saying = {}) => say({ text: words }, saying);
  const photo: Conversation['photo'] = async (bytes, picturing = {}) => {
    const upload = { name: 'photo.jpg', bytes: Buffer.from(bytes) };
    const media = await storePhoto(world, upload, picturing.spoiler === true);
    return say({ text: picturing.caption ?? '', media }, picturing);
  };
  return {
    ...{ user, chat, text, photo },
    command: (words, saying) => {
      if (!words.startsWith('/')) throw new Error(`not a command: ${words}`);
      return text(words, saying);
    },
    edit: ({ id }, words) => {
      const stored = findMessage(world, chat, id);
      if (stored?.from !== user) throw new Error('nobody changes what others said');
      Object.assign(stored, { text: words, entities: detected(words), editedAt: world.clock.now() });
      deliver(desk, stored, 'edited_message');
    },
    document: async (bytes, filing = {}) => {
      const media = await storeDocument(world, { name: filing.name ?? 'picture.png', bytes: Buffer.from(bytes) });
      return say({ text: filing.caption ?? '', media }, filing);
    },
    album: async (pictures, { caption = '', held = [], ...saying } = {}) => {
      const uploads = pictures.map((bytes) => ({ name: 'photo.jpg', bytes: Buffer.from(bytes) }));
      const media: Media[] = [];
      for (const upload of uploads) media.push(await storePhoto(world, upload, saying.spoiler === true));
      const album = BigInt(`0x${randomBytes(7).toString('hex')}`).toString();
      const stored = media.map((one, at) =>
        written(desk, standing, { text: at === 0 ? caption : '', media: one, album }, saying.replyTo),
      );
      for (const [at, message] of stored.entries()) if (!held.includes(at)) deliver(desk, message);
      const release = () => {
        for (const at of held) deliver(desk, stored[at]!);
      };
      return { messages: stored.map(see), release };
    },
    scribble: async (on, svg, picturing = {}) => {
      const { bytes, width, height } = on.picture!;
      const overlay = await sharp(Buffer.from(svg)).resize(width, height, { fit: 'fill' }).png().toBuffer();
      const drawn = await sharp(bytes)
        .composite([{ input: overlay }])
        .jpeg({ quality: 80 })
        .toBuffer();
      return photo(drawn, { ...picturing, replyTo: on });
    },
    inline: (words) => {
      const query = { answer: null };
      const id = String(world.newId());
      desk.inlineQueries.set(id, query);
      push(desk, 'inline_query', { id, from: userJson(user), query: words, offset: '', chat_type: chat.type });
      return query;
    },
    press: (label, on) => {
      const shown = on ? [see(findMessage(world, chat, on.id)!)] : messagesIn(world, chat).map(see).reverse();
      const button = shown.flatMap((seen) => seen.buttons.flat().map((one) => ({ one, seen })));
      const found = button.find(
        ({ one }) => one.label === label || one.label.split(' ').includes(label) || one.label.endsWith(` ${label}`),
      );
      if (!found?.one.data) throw new Error(`no button ${label} among ${button.map(({ one }) => one.label)}`);
      return press(desk, user, found.seen, found.one.data);
    },
    forge: (data, on) => press(desk, user, on, data),
    wait: async (condition, ms = 10_000) => {
      const find = () =>
        messagesIn(world, chat)
          .map(see)
          .reverse()
          .find((seen) => seen.byBot && condition(seen));
      for (const end = Date.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
        const found = find();
        if (found) return found;
        const shown = messagesIn(world, chat).map((message) => see(message).text);
        if (Date.now() > end)
          throw new Error(`waited ${ms} ms in vain for a message; there are:\n${shown.join('\n---\n')}`);
      }
    },
  };
}

/** What is said in a topic replies, if to nothing else, to the notice that opened it, whose id is the topic's. */
function written(
  desk: Desk,
  { user, chat, topic }: Standing,
  message: Omit<NewMessage, 'chat' | 'from' | 'entities'>,
  replyTo?: Seen,
): StoredMessage {
  return storeMessage(desk.world, {
    ...message,
    ...{ chat, from: user, topic, replyTo: replyTo?.id ?? topic, entities: detected(message.text) },
  });
}

function mentioned(text: string, user: StandInUser): Fields {
  return { type: 'text_mention', offset: text.indexOf(user.name), length: user.name.length, user: userJson(user) };
}

/** A notice of the service, which everybody in a chat receives. */
export function notify(desk: Desk, chat: StandInChat, notice: Fields): void {
  deliver(desk, storeMessage(desk.world, { chat, from: chat.members[0] ?? desk.world.bot, text: '', notice }));
}

type UpdateKind = 'message' | 'callback_query' | 'edited_message' | 'inline_query';

function deliver(desk: Desk, message: StoredMessage, kind: 'message' | 'edited_message' = 'message'): void {
  if (reachesBot(desk, message)) push(desk, kind, messageJson(desk.world, message));
}

function push(desk: Desk, kind: UpdateKind, content: Fields): void {
  if (desk.allowedUpdates?.includes(kind) === false) return;
  desk.log.push({ at: desk.world.clock.now(), way: 'update', what: kind, fields: content, status: null });
  desk.updates.push({ [kind]: content });
}

/**
 * Group privacy: of what is said in groups a bot receives commands to it, replies to its messages and notices, message by message
 * (an album's pictures each for itself); everything, as an administrator. Plain mentions do not count.
 * Source: core.telegram.org/bots/features, "Privacy mode".
 */
function reachesBot({ world }: Desk, message: StoredMessage): boolean {
  const { chat, text, replyTo, notice } = message;
  if (notice) return true;
  if (chat.type === 'private' || chat.administrators.has(world.bot.id)) return true;
  const repliedTo = replyTo === null ? undefined : findMessage(world, chat, replyTo);
  if (repliedTo?.from === world.bot) return true;
  const [, addressee] = /^\/[a-z0-9_]{1,32}(?:@(\w+))?(?=\s|$)/i.exec(text) ?? ['', 'nobody'];
  return addressee === undefined || addressee.toLowerCase() === world.bot.username.toLowerCase();
}

/** A press on a message that is gone still arrives, with a message that says so little. Source: Bot API, `InaccessibleMessage`. */
function press(desk: Desk, user: StandInUser, on: Seen, data: string): Press {
  const { world, queries } = desk;
  const stored = findMessage(world, on.chat, on.id);
  const id = String(world.newId());
  const query = { id, from: user, at: world.clock.now(), answer: null };
  queries.set(id, query);
  const message = stored
    ? messageJson(world, stored)
    : { chat: { id: on.chat.id, type: on.chat.type }, message_id: on.id, date: 0 };
  push(desk, 'callback_query', { id, from: userJson(user), chat_instance: String(on.chat.id), data, message });
  return query;
}
