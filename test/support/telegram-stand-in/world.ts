/** Time as the stand-in counts it: the machine's, faster where a test wants that, plus what was skipped. */
export interface StandInClock {
  /** ms since 1970. */
  now(): number;
  /** Skips time: links and queries grow old at once, nobody waits. */
  advance(ms: number): void;
}

export function openClock(speed = 1): StandInClock {
  const start = Date.now();
  let skipped = 0;
  return {
    now: () => start + (Date.now() - start) * speed + skipped,
    advance: (ms) => {
      skipped += ms;
    },
  };
}

export interface StandInUser {
  /** Up to 52 bits. Source: Bot API, `User`. */
  readonly id: number;
  readonly name: string;
  readonly username: string;
  readonly language: string | null;
  readonly bot: boolean;
}

export interface StandInChat {
  readonly id: number;
  readonly type: 'private' | 'group' | 'supergroup';
  readonly title: string;
  readonly members: readonly StandInUser[];
  readonly administrators: Set<number>;
  /** Topics by thread id; null where the chat is no forum. */
  readonly topics: Map<number, string> | null;
  /** Why the bot cannot write here (403), in Telegram's words. */
  barred: string | null;
  /** What nobody but administrators may send here. */
  readonly forbidden: Set<Media['kind']>;
  /** The supergroup this group has become. */
  upgradedTo: number | null;
  lastMessage: number;
}

export interface StoredFile {
  readonly id: string;
  readonly uniqueId: string;
  readonly name: string;
  readonly mime: string;
  readonly bytes: Buffer;
  /** px; 0 for what is no picture. */
  readonly width: number;
  readonly height: number;
}

export type Media =
  /** Smallest size first, each a file of its own. */
  | { readonly kind: 'photo'; readonly sizes: readonly StoredFile[]; readonly spoiler: boolean }
  | { readonly kind: 'document'; readonly file: StoredFile; readonly thumbnail: StoredFile | null };

export type Fields = Readonly<Record<string, unknown>>;

/** A message as it is kept. Text and caption are one thing here: below a picture it is a caption. */
export interface StoredMessage {
  readonly id: number;
  readonly chat: StandInChat;
  readonly from: StandInUser;
  /** ms. */
  readonly at: number;
  editedAt: number | null;
  text: string;
  entities: readonly Fields[];
  media: Media | null;
  readonly replyTo: number | null;
  readonly topic: number | null;
  readonly album: string | null;
  keyboard: Fields | null;
  deleted: boolean;
  /** A notice of the service: the topic that was opened. */
  readonly openedTopic: string | null;
  /** What any other notice of the service says. */
  readonly notice: Fields | null;
}

export interface World {
  readonly clock: StandInClock;
  readonly bot: StandInUser;
  readonly users: Map<number, StandInUser>;
  readonly chats: Map<number, StandInChat>;
  readonly messages: Map<string, StoredMessage>;
  readonly files: Map<string, StoredFile>;
  /** What may be posted again, by the id of any of its files. */
  readonly media: Map<string, Media>;
  newId(): number;
}

export function newWorld(clock: StandInClock): World {
  let last = 4_503_599_627_300_000; // close to 2^52, where 32-bit arithmetic has long failed
  const newId = () => {
    last += 7;
    return last;
  };
  const bot = { id: newId(), name: 'Palimpsest', username: 'PalimpsestBot', language: null, bot: true };
  return {
    ...{ clock, bot, newId, users: new Map([[bot.id, bot]]) },
    ...{ chats: new Map(), messages: new Map(), files: new Map(), media: new Map() },
  };
}

export const messageKey = (chat: StandInChat, id: number): string => `${chat.id}:${id}`;

/** A message that is still there. */
export function findMessage(world: World, chat: StandInChat, id: number): StoredMessage | undefined {
  const found = world.messages.get(messageKey(chat, id));
  return found?.deleted ? undefined : found;
}

export function messagesIn(world: World, chat: StandInChat): readonly StoredMessage[] {
  return [...world.messages.values()].filter((message) => message.chat === chat && !message.deleted);
}

type Optional = 'media' | 'replyTo' | 'topic' | 'album' | 'keyboard' | 'openedTopic' | 'notice' | 'entities';
export type NewMessage = Pick<StoredMessage, 'chat' | 'from' | 'text'> & Partial<Pick<StoredMessage, Optional>>;

export function storeMessage(world: World, message: NewMessage): StoredMessage {
  const { chat } = message;
  chat.lastMessage += 1;
  const stored: StoredMessage = {
    ...{ media: null, replyTo: null, topic: null, album: null, keyboard: null, entities: [] },
    ...{ openedTopic: null, notice: null },
    ...message,
    ...{ id: chat.lastMessage, at: world.clock.now(), editedAt: null, deleted: false },
  };
  world.messages.set(messageKey(chat, stored.id), stored);
  return stored;
}
