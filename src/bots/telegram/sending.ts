import type { Message } from 'telegraf/types';
import type { BlobStore } from '../../edit/blob.ts';
import type { PlaceId } from '../../edit/lineage.ts';
import type { PostedFileStore, PostedWay } from '../../storage/index.ts';
import { type Card, type CardImage, DeliveryError, type Posted, type SendOptions } from '../core/platform.ts';
import { whereIs } from '../core/threads.ts';
import { type Api, asDeliveryError, isBarred, isTooBig, refusedFor } from './api.ts';
import { messageNumber, spotOf } from './places.ts';
import { exceeds, formatted, keyboard, limits } from './render.ts';
import { words } from './words.ts';

/** Bytes of an upload, with a margin for the form around it. Source: Bot API, "Sending files". */
const margin = 64 * 1024;
const photoLimit = 10_000_000 - margin;
export const documentLimit = 50_000_000 - margin;
/** How often an upload that is refused as too big is tried smaller. */
const stepsDown = 3;

/** A smaller picture with the same content; what fits comes back as it is. */
export type Fit = (
  bytes: Uint8Array,
  limit: number,
) => Promise<{ readonly bytes: Uint8Array; readonly ending: string }>;

export interface Post {
  readonly api: Api;
  readonly blobs: Pick<BlobStore, 'get'>;
  /** What Telegram has already got. */
  readonly posted: Pick<PostedFileStore, 'find' | 'keep'>;
  readonly fit: Fit;
  /** Albums that went out, though not yet the message with their buttons: ids of their parts, by nonce. */
  readonly albumsSent: Map<string, readonly string[]>;
  /** Messages that went out, though not yet the files that belong below them, by nonce. */
  readonly shownSent: Map<string, Posted>;
  /** Messages that turned out to have a picture: their words are its caption. The latest ones, as `place message`. */
  readonly pictured: Set<string>;
}

/** So many pictured messages are remembered; of others it turns out anew. */
const picturedKept = 500;

type Way = PostedWay;
interface Upload {
  readonly source: Buffer;
  readonly filename: string;
}

/** What every message to a place has in common; one that was replied to and is gone since does not matter. */
export function addressed(place: PlaceId, replyTo: string | null) {
  const { chat, topic } = spotOf(place);
  const reply = replyTo !== null &&
    whereIs(place, replyTo).place === place && {
      reply_parameters: { message_id: messageNumber(replyTo), allow_sending_without_reply: true },
    };
  return { chat_id: chat, ...(topic !== null && { message_thread_id: topic }), ...reply };
}

/** Posts a card: its picture with words and buttons below, or an album and then the words, or words alone. */
export async function sendCard(post: Post, place: PlaceId, card: Card, options: SendOptions): Promise<Posted> {
  const marked = options.repeated
    ? { ...card, title: `${card.title} ${words[options.language].repeated}`.trim() }
    : card;
  const shown = marked.images.filter((image) => !image.original);
  const files = marked.images.filter((image) => image.original);
  if (shown.length === 0 || files.length === 0) return sendShown(post, place, marked, options);
  const { nonce } = options;
  const posted = post.shownSent.get(nonce) ?? (await sendShown(post, place, { ...marked, images: shown }, options));
  post.shownSent.set(nonce, posted);
  const below = await sendFiles(post, place, { ...marked, images: files }, { ...options, replyTo: posted[0] });
  post.shownSent.delete(nonce);
  return [...posted, ...below];
}

/** More words than a caption holds, and no buttons that must stand below the picture: they become a message of their own. */
const isWordy = (card: Card): boolean => card.rows.length === 0 && exceeds(card, limits.caption);

async function sendShown(post: Post, place: PlaceId, card: Card, options: SendOptions): Promise<Posted> {
  const { nonce } = options;
  const [first, ...others] = card.images;
  if (!first) return [await sendWords(post, place, card, options)];
  if (others.length === 0 && !isWordy(card)) return [await sendPicture(post, { place, card, image: first, options })];
  const alone = { ...card, title: '', lines: [], block: [] };
  const parts =
    post.albumsSent.get(nonce) ??
    (others.length > 0
      ? await sendAlbum(post, place, card, options)
      : [await sendPicture(post, { place, card: alone, image: first, options })]);
  post.albumsSent.set(nonce, parts);
  const message = await sendWords(post, place, card, options);
  post.albumsSent.delete(nonce);
  return [message, ...parts];
}

/**
 * Pictures as files, below the message that shows them. What may go out later is thrown, and goes out alone then; what never will is
 * told in their place.
 */
async function sendFiles(post: Post, place: PlaceId, card: Card, options: SendOptions): Promise<readonly string[]> {
  const { repeated, fileLost } = words[options.language];
  const bare: Card = { ...card, title: options.repeated ? repeated : '', lines: [], rows: [] };
  const [image, ...others] = bare.images;
  try {
    if (!image || others.length > 0) return await sendAlbum(post, place, bare, options);
    return [await sendPicture(post, { place, card: bare, image, options })];
  } catch (error) {
    const why = asDeliveryError(error);
    if (!(why instanceof DeliveryError) || why.reason === 'retry' || why.reason === 'uncertain') throw error;
    await sendWords(post, place, { ...bare, title: fileLost, images: [] }, options);
    return [];
  }
}

/** What a message that answers something has in common with others of its kind. */
const answering = (place: PlaceId, { replyTo, silent = false }: Addressing) => ({
  ...addressed(place, replyTo),
  ...(silent && { disable_notification: true }),
});
type Addressing = Pick<SendOptions, 'replyTo' | 'silent'>;

/** Words longer than a message go out as a text file. */
async function sendWords(post: Post, place: PlaceId, card: Card, how: Addressing): Promise<string> {
  const common = { ...answering(place, how), reply_markup: keyboard(card.rows) };
  if (exceeds(card, limits.text)) {
    const document = {
      source: Buffer.from([card.title, ...card.lines, ...(card.block ?? [])].join('\n')),
      filename: 'settings.txt',
    };
    const { text, entities } = formatted({ title: card.title, lines: [] }, limits.caption);
    return idOf(
      await post.api.call('sendDocument', { ...common, document, caption: text, caption_entities: entities }),
    );
  }
  const { text, entities } = formatted(card, limits.text);
  const preview = { link_preview_options: { is_disabled: true } };
  return idOf(await post.api.call('sendMessage', { ...common, ...preview, text: text || '…', entities }));
}

const idOf = (message: Message): string => String(message.message_id);

interface Picture {
  readonly place: PlaceId;
  readonly card: Card;
  readonly image: CardImage;
  readonly options: Addressing;
}

async function sendPicture(post: Post, { place, card, image, options }: Picture): Promise<string> {
  const { text, entities } = formatted(card, limits.caption);
  const common = {
    ...answering(place, options),
    caption: text,
    caption_entities: entities,
    reply_markup: keyboard(card.rows),
  };
  const message = await uploaded(post, { image, isHidden: card.spoiler }, (way, file) =>
    way === 'photo'
      ? post.api.call('sendPhoto', { ...common, photo: file, has_spoiler: card.spoiler })
      : post.api.call('sendDocument', { ...common, document: file }),
  );
  return idOf(message as Message); // only edits of inline messages are answered with `true`
}

/** Two to ten pictures in one block. What is to arrive byte for byte makes it a block of files: the kinds do not mix. */
async function sendAlbum(post: Post, place: PlaceId, card: Card, how: Addressing): Promise<readonly string[]> {
  const images = card.images.slice(0, 10);
  const way: Way = images.some(mustBeFile) ? 'document' : 'photo';
  const send = async (as: Way, limit: number) => {
    const files = await Promise.all(images.map((image) => fileOf(post, image, limit)));
    const common = answering(place, how);
    const media = files.map((file) =>
      as === 'photo'
        ? ({ type: 'photo', media: file, has_spoiler: card.spoiler } as const)
        : ({ type: 'document', media: file } as const),
    );
    return post.api.call('sendMediaGroup', { ...common, media: media as typeof media & { type: 'document' }[] });
  };
  return (await laddered({ first: way, isHidden: card.spoiler }, send)).map(idOf);
}

/** What must arrive byte for byte, and what moves: photos stand still. */
const mustBeFile = ({ original, name }: CardImage): boolean => original === true || name.endsWith('.gif');

/**
 * One picture, on the way it can take: as a photo unless it must arrive whole or Telegram takes it for none. What Telegram has got is
 * named instead of sent.
 */
async function uploaded(
  post: Post,
  { image, isHidden }: { readonly image: CardImage; readonly isHidden: boolean },
  send: (way: Way, file: Upload | string) => Promise<Message | true>,
): Promise<Message | true> {
  const { source } = image;
  const first: Way = mustBeFile(image) ? 'document' : 'photo';
  const known = typeof source === 'string' ? await post.posted.find(source, first) : undefined;
  const named = known === undefined ? undefined : await unlessRefused(() => send(first, known));
  if (named !== undefined) return named;
  return laddered({ first, isHidden }, async (way, limit) => {
    const message = await send(way, await fileOf(post, image, limit));
    const file = fileIn(message, way);
    if (typeof source === 'string' && file !== undefined) await post.posted.keep(source, way, file);
    return message;
  });
}

/** A file that is not known any more, or to another bot only. */
const noSuchFile = /wrong (remote )?file id|invalid file_id|FILE_REFERENCE|FILE_ID_INVALID/i;

/** Undefined when it must go another way. */
async function unlessRefused<T>(send: () => Promise<T>): Promise<T | undefined> {
  try {
    return await send();
  } catch (error) {
    if (!refusedFor(error, noSuchFile) && !isBarred(error)) throw error;
    return undefined;
  }
}

/** Under which name Telegram has kept the file of a message; a photo in its biggest size. */
function fileIn(message: Message | true, way: Way): string | undefined {
  if (message === true) return undefined;
  if (way === 'photo') return 'photo' in message ? message.photo.at(-1)?.file_id : undefined;
  return 'document' in message ? message.document.file_id : undefined;
}

/** Sides above 10000 together, ratio above 20, or pixels Telegram cannot read: files may have all of that. */
const noPhoto = /PHOTO_INVALID_DIMENSIONS|PHOTO_SAVE_FILE_INVALID|IMAGE_PROCESS_FAILED|PHOTO_EXT_INVALID/;
const isOnlyForFiles = (error: unknown, isHidden: boolean): boolean =>
  refusedFor(error, noPhoto) || (isBarred(error) && !isHidden);

/** Where photos are forbidden a file goes, unless it were to be hidden: files cannot be. */
async function laddered<T>(
  { first, isHidden }: { readonly first: Way; readonly isHidden: boolean },
  send: (way: Way, limit: number) => Promise<T>,
): Promise<T> {
  let way = first;
  let limit = way === 'photo' ? photoLimit : documentLimit;
  for (let step = 0; ; step += 1) {
    try {
      return await send(way, limit);
    } catch (error) {
      if (step >= stepsDown) throw error;
      if (way === 'photo' && isOnlyForFiles(error, isHidden)) [way, limit] = ['document', documentLimit];
      else if (isTooBig(error)) limit = Math.min(limit, photoLimit) / 2;
      else throw error;
    }
  }
}

async function fileOf(post: Post, { source, name }: CardImage, limit: number): Promise<Upload> {
  const whole = typeof source === 'string' ? await post.blobs.get(source) : source;
  if (whole.length <= limit) return { source: asBuffer(whole), filename: name };
  const { bytes, ending } = await post.fit(whole, limit);
  return { source: asBuffer(bytes), filename: name.replace(/\.[^.]*$/, `.${ending}`) };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const unchanged = /message is not modified/i;
const noText = /there is no text in the message/i;

/** Replaces a message's words and buttons, and its picture when the card has one; words become the caption of a picture that stays. */
export async function editCard(post: Post, place: PlaceId, message: string, card: Card): Promise<void> {
  try {
    const [image] = card.images;
    if (image) await editPicture(post, { place, card, image, options: { replyTo: null } }, message);
    else await editWords(post, place, message, card);
  } catch (error) {
    if (!refusedFor(error, unchanged)) throw error;
  }
}

/** @throws DeliveryError 'gone' for a message of before the chat got another id */
const target = (place: PlaceId, message: string) => {
  if (whereIs(place, message).place !== place) throw new DeliveryError('gone', null);
  return { chat_id: spotOf(place).chat, message_id: messageNumber(message) };
};

async function editPicture(post: Post, { place, card, image }: Picture, message: string): Promise<void> {
  const { text, entities } = formatted(card, limits.caption);
  const words = { caption: text, caption_entities: entities };
  const common = { ...target(place, message), reply_markup: keyboard(card.rows) };
  await uploaded(post, { image, isHidden: card.spoiler }, (way, file) =>
    post.api.call('editMessageMedia', {
      ...common,
      media:
        way === 'photo'
          ? { type: 'photo', media: file, has_spoiler: card.spoiler, ...words }
          : { type: 'document', media: file, ...words },
    }),
  );
}

async function editWords(post: Post, place: PlaceId, message: string, card: Card): Promise<void> {
  const common = { ...target(place, message), reply_markup: keyboard(card.rows) };
  const key = `${place} ${message}`;
  if (!post.pictured.has(key)) {
    const { text, entities } = formatted(card, limits.text);
    const preview = { link_preview_options: { is_disabled: true } };
    try {
      await post.api.call('editMessageText', { ...common, ...preview, text: text || '…', entities });
      return;
    } catch (error) {
      if (!refusedFor(error, noText)) throw error;
      post.pictured.add(key);
      const [oldest = ''] = post.pictured;
      if (post.pictured.size > picturedKept) post.pictured.delete(oldest);
    }
  }
  const { text, entities } = formatted(card, limits.caption);
  await post.api.call('editMessageCaption', { ...common, caption: text, caption_entities: entities });
}

/** Replaces the buttons below a message and leaves the rest. */
export async function editButtons(post: Post, place: PlaceId, message: string, rows: Card['rows']): Promise<void> {
  try {
    await post.api.call('editMessageReplyMarkup', { ...target(place, message), reply_markup: keyboard(rows) });
  } catch (error) {
    if (!refusedFor(error, unchanged)) throw error;
  }
}

const cannotDelete = /message to delete not found|message can't be deleted|MESSAGE_ID_INVALID|message identifier/i;

/** Deletes a message; one that is gone, or too old to be deleted, counts as deleted. */
export async function removeMessage(post: Post, place: PlaceId, message: string): Promise<void> {
  try {
    await post.api.call('deleteMessage', target(place, message));
  } catch (error) {
    const isGone = error instanceof DeliveryError && error.reason === 'gone';
    if (!isGone && !refusedFor(error, cannotDelete)) throw error;
  }
}
