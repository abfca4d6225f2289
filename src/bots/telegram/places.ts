import type { PlaceId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';

/** Where a message goes: a chat, and the forum topic in it. */
export interface Spot {
  /** As text: ids of chats take 52 bits. */
  readonly chat: string;
  /** Null outside topics and in General, which must not be named when sending (id 1 is refused). Source: Bot API, `message_thread_id`. */
  readonly topic: number | null;
}

/** `t:<chat>:<topic or 0>` */
export function placeOf({ chat, topic }: Spot): PlaceId {
  return `t:${chat}:${topic ?? 0}` as PlaceId;
}

/** @throws RangeError for a place of another platform */
export function spotOf(place: PlaceId): Spot {
  const [, chat, topic] = /^t:(-?\d+):(\d+)$/.exec(place) ?? [];
  if (chat === undefined) throw new RangeError(`not a place on Telegram: ${place}`);
  return { chat, topic: topic === '0' ? null : Number(topic) };
}

/** The private chat with somebody: it has their id. Null for people of other platforms. */
export function directPlace(user: UserId): PlaceId | null {
  const [, id] = /^telegram:(\d+)$/.exec(user) ?? [];
  return id === undefined ? null : placeOf({ chat: id, topic: null });
}

/**
 * The address of a message in a supergroup, as Telegram's clients open it; null elsewhere, and for messages of before it was one.
 * Source: core.telegram.org/api/links, "Private message links"; core.telegram.org/api/bots/ids
 */
export function linkTo(place: PlaceId, message: string): string | null {
  const { chat, topic } = spotOf(place);
  const [, id] = /^-100(\d{10,})$/.exec(chat) ?? [];
  if (id === undefined || !isMessage(message)) return null;
  return `https://t.me/c/${id}/${topic === null ? '' : `${topic}/`}${message}`;
}

/** The part of a message that says where it is. */
export interface Situated {
  readonly chat: { readonly id: number };
  readonly message_thread_id?: number;
  readonly is_topic_message?: boolean;
}

/** A thread id alone is no topic: replies in ordinary groups have one too. Source: Bot API, `is_topic_message`. */
export function spotOfMessage({ chat, message_thread_id, is_topic_message }: Situated): Spot {
  return { chat: String(chat.id), topic: (is_topic_message && message_thread_id) || null };
}

const isMessage = (message: string): boolean => /^\d{1,10}$/.test(message);

/** Message ids are 32-bit numbers on the wire and texts with us. @throws RangeError */
export function messageNumber(message: string): number {
  if (!isMessage(message)) throw new RangeError(`not a message id on Telegram: ${message}`);
  return Number(message);
}
