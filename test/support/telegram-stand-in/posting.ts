import { randomBytes } from 'node:crypto';
import type { Desk } from './desk.ts';
import {
  addressOf,
  isTrue,
  keyboardIn,
  listOf,
  objectOf,
  ownMessage,
  parsed,
  textIn,
  wordsIn,
  writableChat,
} from './fields.ts';
import type { Call } from './http.ts';
import { storeDocument, storePhoto, type Upload } from './media.ts';
import { refuse } from './refusal.ts';
import { detected, messageJson } from './wire.ts';
import {
  type Fields,
  type Media,
  type NewMessage,
  type StandInChat,
  type StoredMessage,
  storeMessage,
  type World,
} from './world.ts';

type Kind = Media['kind'];

const marked = ({ text, entities }: { text: string; entities: readonly Fields[] }) => ({
  text,
  entities:
    entities.length > 0 ? [...entities, ...detected(text).filter(({ type }) => type === 'mention')] : detected(text),
});

function post(desk: Desk, message: Omit<NewMessage, 'from'>): StoredMessage {
  return storeMessage(desk.world, { ...message, from: desk.world.bot });
}

export async function sendMessage(desk: Desk, call: Call): Promise<unknown> {
  const chat = writableChat(desk.world, call);
  const words = marked(wordsIn(call, 'text', call.fields.text, parsed(call, 'entities')));
  const message = { chat, ...words, ...addressOf(desk.world, call, chat), keyboard: keyboardIn(call, chat) };
  desk.limits.take(chat, 'post');
  return messageJson(desk.world, post(desk, message));
}

/** `sendPhoto`, `sendDocument`. */
export const sendFile =
  (kind: Kind) =>
  async (desk: Desk, call: Call): Promise<unknown> => {
    const chat = writableChat(desk.world, call);
    checkAllowed(desk.world, chat, kind);
    const words = marked(wordsIn(call, 'caption', call.fields.caption, parsed(call, 'caption_entities')));
    const message = { chat, ...words, ...addressOf(desk.world, call, chat), keyboard: keyboardIn(call, chat) };
    const media = await mediaIn(
      desk.world,
      call,
      { kind, from: textIn(call, kind) || `attach://${kind}` },
      isTrue(call.fields.has_spoiler),
    );
    desk.limits.take(chat, 'post');
    return messageJson(desk.world, post(desk, { ...message, media }));
  };

/** Source: Bot API, `ChatPermissions`. @throws ApiRefusal */
function checkAllowed({ bot }: World, { forbidden, administrators }: StandInChat, kind: Kind): void {
  if (forbidden.has(kind) && !administrators.has(bot.id))
    throw refuse(400, `not enough rights to send ${kind}s to the chat`);
}

/** A file of the form, or one that is known already. @throws ApiRefusal */
async function mediaIn(
  world: World,
  call: Call,
  { kind, from }: { kind: Kind; from: string },
  spoiler: boolean,
): Promise<Media> {
  if (!from.startsWith('attach://')) return again(world, { kind, from }, spoiler);
  const upload: Upload | undefined = call.files.get(from.slice('attach://'.length));
  if (!upload) throw refuse(400, `there is no ${kind} in the request`);
  return kind === 'photo' ? storePhoto(world, upload, spoiler) : storeDocument(world, upload);
}

/** What is there already, as what it is. Source: Bot API, "Sending files". @throws ApiRefusal */
function again(world: World, { kind, from }: { kind: Kind; from: string }, spoiler: boolean): Media {
  const media = world.media.get(from);
  if (!media) throw refuse(400, 'wrong file identifier/HTTP URL specified');
  if (media.kind !== kind) throw refuse(400, `can't use file of type ${media.kind} as ${kind}`);
  return media.kind === 'photo' ? { ...media, spoiler } : media;
}

function inputMedia(value: unknown): { kind: Kind; from: string; spoiler: boolean; item: Fields } {
  const item = objectOf(value);
  if (item.type !== 'photo' && item.type !== 'document') throw refuse(400, 'MEDIA_TYPE_INVALID');
  return { kind: item.type, from: String(item.media ?? ''), spoiler: isTrue(item.has_spoiler), item };
}

/** Source: Bot API, `sendMediaGroup`: two to ten; photos and documents do not mix; no keyboard. */
export async function sendMediaGroup(desk: Desk, call: Call): Promise<unknown> {
  const chat = writableChat(desk.world, call);
  const items = listOf(parsed(call, 'media')).map(inputMedia);
  if (items.length < 2 || items.length > 10) throw refuse(400, 'group send failed: 2-10 items are expected');
  if (new Set(items.map(({ kind }) => kind)).size > 1)
    throw refuse(400, "document can't be mixed with other media types");
  checkAllowed(desk.world, chat, items[0]!.kind);
  const address = addressOf(desk.world, call, chat);
  const album = BigInt(`0x${randomBytes(7).toString('hex')}`).toString();
  const stored: { media: Media; words: { text: string; entities: readonly Fields[] } }[] = [];
  for (const { kind, from, spoiler, item } of items) {
    const words = wordsIn(call, 'caption', item.caption, item.caption_entities);
    stored.push({ media: await mediaIn(desk.world, call, { kind, from }, spoiler), words });
  }
  desk.limits.take(chat, 'post', items.length);
  return stored.map(({ media, words }) =>
    messageJson(desk.world, post(desk, { chat, ...words, media, album, ...address })),
  );
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const unchanged = () =>
  refuse(
    400,
    'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
  );
const absent = 'message to edit not found';

type Change = Partial<Pick<StoredMessage, 'text' | 'entities' | 'keyboard' | 'media'>>;

function change(desk: Desk, message: StoredMessage, changed: Change): unknown {
  const isSame = Object.entries(changed).every(([key, value]) => same(message[key as keyof Change], value));
  if (isSame) throw unchanged();
  desk.limits.take(message.chat, 'edit');
  Object.assign(message, changed, { editedAt: desk.world.clock.now() });
  return messageJson(desk.world, message);
}

export async function editMessageText(desk: Desk, call: Call): Promise<unknown> {
  const message = ownMessage(desk.world, call, absent);
  if (message.media) throw refuse(400, 'there is no text in the message to edit');
  const words = marked(wordsIn(call, 'text', call.fields.text, parsed(call, 'entities')));
  return change(desk, message, { ...words, keyboard: keyboardIn(call, message.chat) });
}

export async function editMessageCaption(desk: Desk, call: Call): Promise<unknown> {
  const message = ownMessage(desk.world, call, absent);
  if (!message.media) throw refuse(400, 'there is no caption in the message to edit');
  const words = marked(wordsIn(call, 'caption', call.fields.caption, parsed(call, 'caption_entities')));
  return change(desk, message, { ...words, keyboard: keyboardIn(call, message.chat) });
}

/** Turns a text into a picture as well; an album's pictures stay of their kind. Source: Bot API, `editMessageMedia`. */
export async function editMessageMedia(desk: Desk, call: Call): Promise<unknown> {
  const message = ownMessage(desk.world, call, absent);
  const { kind, from, spoiler, item } = inputMedia(parsed(call, 'media'));
  if (message.album !== null && message.media?.kind !== kind) throw refuse(400, "message can't be edited");
  const words = marked(wordsIn(call, 'caption', item.caption, item.caption_entities));
  const media = await mediaIn(desk.world, call, { kind, from }, spoiler);
  return change(desk, message, { ...words, media, keyboard: keyboardIn(call, message.chat) });
}

export async function editMessageReplyMarkup(desk: Desk, call: Call): Promise<unknown> {
  const message = ownMessage(desk.world, call, absent);
  return change(desk, message, { keyboard: keyboardIn(call, message.chat) });
}
