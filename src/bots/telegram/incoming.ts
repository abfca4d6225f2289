import type { CallbackQuery, Message, User } from 'telegraf/types';
import type { UserId } from '../../edit/request.ts';
import { commandList } from '../core/commands.ts';
import type {
  ActionIncoming,
  Answer,
  Incoming,
  MessageIncoming,
  RemoteFile,
  RepliedTo,
  Speaker,
  UnreadableIncoming,
  Whereabouts,
} from '../core/platform.ts';
import type { Administrators } from './administrators.ts';
import { type FileSource, filesOf } from './files.ts';
import { type FormAnswer, formAnswer } from './forms.ts';
import { placeOf, type Spot, spotOfMessage } from './places.ts';
import { code } from './render.ts';

/** What is needed to understand an update. */
export interface Ears {
  /** This bot. */
  readonly me: { readonly id: number; readonly username: string; readonly can_read_all_group_messages?: boolean };
  readonly files: FileSource;
  readonly isAdministrator: Administrators;
  /** Where a message of ours stands, by what we know of it. */
  readonly spotOfOurs: (chat: string, message: string) => Promise<Spot | undefined>;
  readonly answerTo: (person: User, message: Message | null, where: Whereabouts) => Answer;
}

/** What messages have that are more than a notice of the service. */
type Spoken = Message & Pick<Message.CommonMessage, 'reply_to_message' | 'external_reply'>;

/** What somebody said, in one message or in the pictures of an album (by message id); undefined when it is not meant for us. */
export async function heard(ears: Ears, messages: readonly Message[]): Promise<Incoming | undefined> {
  const spoken = (messages.find((message) => textOf(message) !== '') ?? messages[0]) as Spoken | undefined;
  if (!spoken?.from || spoken.from.id === ears.me.id) return undefined;
  const repliedTo = messages.map((message) => replyOf(message)).find((message) => message !== undefined);
  const files = picturesIn(ears, messages, spoken);
  const text = textOf(spoken);
  if (text === '' && files.length === 0) return undefined;
  const command = commandOf(ears, text, spoken.chat.type === 'private');
  const isOurs = repliedTo?.from?.id === ears.me.id;
  if (!command && spoken.chat.type !== 'private' && !isOurs && !mentions(ears, text)) return undefined;
  if (command === 'of another bot') return undefined;
  const arrived = await arrivedWith(ears, spoken, keyOf(ears, spoken));
  const pointed = {
    message: String(spoken.message_id),
    repliedTo: repliedToOf(ears, repliedTo),
    corrects: isEdited(spoken),
  };
  const said = { ...arrived, files, ...pointed };
  if (command) {
    const named = { ...command, text: isAboutWords(command) ? command.text : argumentsIn(withNumbers(spoken)) };
    const whole = { ...named, isPartial: isPartOfAlbum(messages, arrived.where), sub: '', options: {} };
    return started(command, arrived) ?? { kind: 'command', ...said, ...whole };
  }
  const form = isOurs && files.length === 0 ? formAnswer(repliedTo, text) : undefined;
  if (form) return answeredForm(arrived, form, said.message);
  return { kind: 'message', ...said, text: withoutMention(ears, text) };
}

/** A form that was filled in by a message. */
function answeredForm(arrived: ArrivedWith, { card, ...filled }: FormAnswer, said: string): ActionIncoming {
  return { kind: 'action', ...arrived, ...filled, message: card ?? said, said };
}

/** Whether the rest of an album was kept from us: of one picture alone there is no album. */
const isPartOfAlbum = (messages: readonly Message[], { hears }: Whereabouts): boolean =>
  messages.length === 1 && messages.some((message) => 'media_group_id' in message) && hears !== 'everything';

/** A picture of an album that came after the others: where those were meant for us, it answers them, in their words. */
export async function heardLate(
  ears: Ears,
  item: Message,
  album: readonly Message[],
): Promise<MessageIncoming | undefined> {
  const whole = await heard(ears, [...album, item]);
  if (!whole || !('files' in whole)) return undefined;
  const { speaker, where, answer, message: first } = whole;
  const arrived = { key: `${whole.key}:late:${item.message_id}`, speaker, where, answer };
  const repliedTo = first === null ? null : { message: first, ours: false, files: [] };
  const said = {
    text: textOf(item) || whole.text,
    files: filesOf(ears.files, item),
    repliedTo,
    message: String(item.message_id),
  };
  return { kind: 'message', ...arrived, ...said, isLate: true };
}

const isEdited = (message: Message): boolean => 'edit_date' in message && message.edit_date !== undefined;

type ArrivedWith = Awaited<ReturnType<typeof arrivedWith>>;

/** `/start n_<picture>`, from a link: shows a picture that was made in this chat. Undefined for anything else. */
function started({ name, text }: TypedCommand, arrived: ArrivedWith): ActionIncoming | undefined {
  const target = name === 'start' ? /^n_([0-9a-z]{10})$/.exec(text)?.[1] : undefined;
  return target === undefined
    ? undefined
    : { kind: 'action', ...arrived, action: 'sh', target, arg: '', message: null, values: null };
}

/** Of an old message Telegram does not say in which topic it stands. Source: Bot API, `InaccessibleMessage` */
async function placed(ears: Ears, message: Message): Promise<Message> {
  if (message.date !== 0 || message.chat.type === 'private') return message;
  const spot = await ears.spotOfOurs(String(message.chat.id), String(message.message_id));
  const topic = spot?.topic ?? null;
  return topic === null ? message : { ...message, message_thread_id: topic, is_topic_message: true };
}

/** A pressed button; undefined when it hangs on no message of ours. */
export async function pressed(ears: Ears, query: CallbackQuery): Promise<Incoming | undefined> {
  const { from, id } = query;
  const message = query.message && (await placed(ears, query.message as Message));
  if (!message || !('data' in query)) return undefined;
  const where = await whereOf(ears, message as Message);
  const arrived = {
    key: `t:${ears.me.id}:press:${id}`,
    speaker: await speakerOf(ears, { from, chat: message.chat }),
    where,
    answer: ears.answerTo(from, message as Message, where),
  };
  const button = code.decode(query.data);
  if (!button) return { kind: 'unreadable', ...arrived } satisfies UnreadableIncoming;
  const replied = 'reply_to_message' in message ? message.reply_to_message : undefined;
  const about = replied && { about: String(replied.message_id) };
  return { kind: 'action', ...arrived, ...button, message: String(message.message_id), ...about, values: null };
}

const textOf = (message: Message): string =>
  ('text' in message ? message.text : 'caption' in message ? (message.caption ?? '') : '').trim();

/** Whether what follows a command is a prompt, in which a mention is a word like any other. */
const isAboutWords = ({ name }: TypedCommand): boolean => commandList.some((one) => one.name === name && one.edits);

/** A text in which people without a username, whom clients mention by a link, stand by their numbers. Source: Bot API, `MessageEntity` */
function withNumbers(message: Message): string {
  const text = 'text' in message ? message.text : 'caption' in message ? (message.caption ?? '') : '';
  const entities = ('entities' in message ? message.entities : undefined) ?? [];
  let numbered = text;
  for (const entity of entities.toReversed()) {
    if (entity.type !== 'text_mention') continue;
    const { offset, length, user } = entity;
    numbered = `${numbered.slice(0, offset)}@${user.id}${numbered.slice(offset + length)}`;
  }
  return numbered.trim();
}

const argumentsIn = (text: string): string => text.replace(/^\S+/, '').trim();

/** Message ids are unique in a chat; ids of updates start anew after a quiet week. Source: Bot API, `Update`. */
function keyOf(ears: Ears, message: Message): string {
  const album = 'media_group_id' in message ? message.media_group_id : undefined;
  const edited = 'edit_date' in message && message.edit_date ? `:${message.edit_date}` : '';
  const what = album === undefined ? `message:${message.message_id}` : `album:${album}`;
  return `t:${ears.me.id}:${message.chat.id}:${what}${edited}`;
}

/** Every message in a topic "replies" to the notice that opened the topic, unless it replies to another. */
function replyOf(message: Spoken): Message | undefined {
  const replied = message.reply_to_message;
  return replied && 'forum_topic_created' in replied ? undefined : replied;
}

/**
 * What was sent, stickers aside, with which people answer like with a word; else the picture of a message in another chat that is
 * replied to here. Source: Bot API, `ExternalReplyInfo`
 */
function picturesIn(
  { files }: Ears,
  messages: readonly Message[],
  { external_reply: there }: Spoken,
): readonly RemoteFile[] {
  const sent = messages.flatMap((message) => ('sticker' in message ? [] : filesOf(files, message)));
  return sent.length > 0 || !there ? sent : filesOf(files, there);
}

function repliedToOf(ears: Ears, message: Message | undefined): RepliedTo | null {
  if (!message) return null;
  const ours = message.from?.id === ears.me.id;
  const files: readonly RemoteFile[] = ours ? [] : filesOf(ears.files, message);
  return {
    message: String(message.message_id),
    ours,
    by: `telegram:${(message.sender_chat ?? message.from ?? message.chat).id}`,
    files,
  };
}

async function arrivedWith(ears: Ears, message: Message, key: string) {
  const where = await whereOf(ears, message);
  const speaker = await speakerOf(ears, message);
  return { key, speaker, where, answer: ears.answerTo(message.from!, message, where) };
}

/** In private, and as an administrator, a bot hears everything, in groups what privacy mode leaves. Source: Bot API, "Privacy mode". */
async function whereOf({ me, isAdministrator }: Ears, message: Message): Promise<Whereabouts> {
  const spot = spotOfMessage(message);
  const kind = message.chat.type === 'private' ? 'private' : 'room';
  const isOpen = kind === 'private' || me.can_read_all_group_messages !== false;
  const hears = isOpen || (await isAdministrator(spot.chat, String(me.id))) ? 'everything' : 'what is meant for it';
  return { place: placeOf(spot), group: `t:${spot.chat}`, kind, locale: null, hears };
}

/** Who speaks: a person, or a chat in whose name a message is written. Anonymous administrators speak as their group. */
async function speakerOf(
  ears: Ears,
  { from, chat, sender_chat }: Pick<Message, 'chat' | 'sender_chat'> & { from?: User },
): Promise<Speaker> {
  const id = sender_chat?.id ?? from?.id ?? chat.id;
  const user: UserId = `telegram:${id}`;
  const name = sender_chat && 'title' in sender_chat ? sender_chat.title : nameOf(from);
  const moderator =
    chat.type === 'private' || id === chat.id || (await ears.isAdministrator(String(chat.id), String(id)));
  const handle = from?.username && !sender_chat ? { handle: `telegram:@${from.username.toLowerCase()}` } : {};
  return { user, name, locale: from?.language_code ?? null, moderator, ...handle };
}

export const nameOf = (from: User | undefined): string =>
  [from?.first_name, from?.last_name].filter((part) => part).join(' ') || (from?.username ?? '?');

interface TypedCommand {
  readonly name: string;
  readonly text: string;
}

/** `/edit text`, `/edit@ThisBot text`. In rooms, words that are no command of ours belong to somebody else. */
function commandOf(ears: Ears, text: string, isPrivate: boolean): TypedCommand | 'of another bot' | undefined {
  const [whole, word, bot] = /^\/([a-z0-9_]{1,32})(?:@(\w+))?(?=\s|$)/i.exec(text) ?? [];
  if (whole === undefined || word === undefined) return undefined;
  const isAddressed = bot !== undefined && bot.toLowerCase() === ears.me.username.toLowerCase();
  if (bot !== undefined && !isAddressed) return 'of another bot';
  const name = word.toLowerCase();
  // Telegram's own first word; what follows it came from a link, not from a person.
  if (name === 'start') return { name, text: text.slice(whole.length).trim() };
  const isKnown = commandList.some((command) => command.name === name);
  if (!isKnown && !isPrivate && !isAddressed) return 'of another bot';
  return { name, text: text.slice(whole.length).trim() };
}

const mention = (ears: Ears): RegExp => new RegExp(`@${ears.me.username}(?!\\w)`, 'gi');
const mentions = (ears: Ears, text: string): boolean => mention(ears).test(text);
const withoutMention = (ears: Ears, text: string): string =>
  text.replace(mention(ears), ' ').replace(/ {2,}/g, ' ').trim();
