import { type APIMessage, MessageFlags, type RouteLike, Routes } from 'discord.js';
import type { PlaceId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import { aloneIn } from '../core/alone.ts';
import type { Clock } from '../core/clock.ts';
import { type Card, DeliveryError, type SendOptions } from '../core/platform.ts';
import { inThread, whereIs } from '../core/threads.ts';
import { type Api, asDeliveryError, delivered, refusedWith } from './api.ts';
import { channelOf, guildOf, located, placeOf } from './places.ts';
import { codeFor, containerOf, type Shown } from './render.ts';
import { cut } from './text.ts';
import { remember, type Ticket, type Tickets } from './tickets.ts';
import { type Cargo, fileLimit, type Materials, withPictures } from './uploads.ts';
import { words } from './words.ts';

export interface Post extends Materials {
  readonly api: Api;
  readonly clock: Clock;
  readonly tickets: Tickets;
  /** Pictures of messages that were posted or edited lately, for edits that leave them. */
  readonly shown: Map<string, readonly Shown[]>;
}

/** Characters of a thread's name at most. Source: discord.com/developers/docs/resources/channel. */
const threadName = 100;

/** How a message is sent. */
interface Manner {
  readonly flags?: number;
  /** Its buttons are for one person alone. */
  readonly isPrivate?: boolean;
  /** Whom it notifies. */
  readonly mention?: UserId | null;
}

/** Somebody's id on Discord; null for people of other platforms. */
const personOf = (user: UserId): string | null => /^discord:(\d{1,20})$/.exec(user)?.[1] ?? null;

/** The body of a message: nothing in its words ever notifies anybody. */
export function bodyOf(
  card: Card,
  { attachments, shown }: Pick<Cargo, 'attachments' | 'shown'>,
  { flags = 0, isPrivate = false, mention = null }: Manner = {},
) {
  const whom = mention === null ? null : personOf(mention);
  return {
    flags: MessageFlags.IsComponentsV2 | flags,
    components: [containerOf(card, shown, { buttons: codeFor(isPrivate), whom })],
    attachments,
    allowed_mentions: { parse: [], replied_user: false, ...(whom !== null && { users: [whom] }) },
  };
}

/**
 * Posts a card the first way that works: as an ordinary message, else through the newest interaction of the place.
 * @returns our id of the message @throws DeliveryError
 */
export async function sendCard(post: Post, place: PlaceId, card: Card, options: SendOptions): Promise<string> {
  const { repeated } = words[options.language];
  const marked = options.repeated ? { ...card, title: `${card.title} ${repeated}`.trim() } : card;
  const alone = aloneIn(options.replyTo);
  if (alone) return sendAlone(post, post.tickets.named(alone.ticket), marked);
  const ticket = post.tickets.lastOf(place);
  const ways = [
    ...(ticket?.isGuest ? [] : [() => delivered(true, () => sendToPlace(post, place, marked, options))]),
    ...(ticket && answers(post, place) ? [() => sendByTicket(post, ticket, marked)] : []),
  ];
  let last: unknown = new DeliveryError('no-way', null);
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      if (!isClosed(error)) throw error;
      last = error;
    }
  }
  throw last;
}

const isClosed = (error: unknown): error is DeliveryError =>
  error instanceof DeliveryError && (error.reason === 'unreachable' || error.reason === 'no-way');

/** Whether a place has an interaction that can still be answered. */
export function answers({ tickets }: Pick<Post, 'tickets'>, place: PlaceId): boolean {
  const ticket = tickets.lastOf(place);
  return ticket !== undefined && tickets.isAlive(ticket);
}

/** Shows a card to one person alone, for as long as their interaction can be answered. @throws DeliveryError */
async function sendAlone(post: Post, ticket: Ticket | undefined, card: Card): Promise<string> {
  if (!ticket || !post.tickets.isAlive(ticket)) throw new DeliveryError('no-way', null);
  const isSeenByAll = ticket.isThinking && ticket.isGuest && !ticket.isPrivate;
  if (isSeenByAll) await takeAway(post, ticket);
  ticket.isPrivate = true;
  const takesOver = ticket.isThinking;
  ticket.isThinking = false;
  return delivered(takesOver, async () => {
    const id = await answerBy(post, ticket, card, { takesOver, flags: takesOver ? 0 : MessageFlags.Ephemeral });
    post.tickets.posted(id, ticket);
    return id;
  });
}

/** Takes away what says "thinking", or another message that was posted through the ticket. @throws DeliveryError */
export async function takeAway(post: Post, ticket: Ticket, message?: string): Promise<void> {
  ticket.isThinking = false;
  if (!post.tickets.isAlive(ticket)) return;
  const route = Routes.webhookMessage(ticket.application, ticket.token, message ?? '@original');
  try {
    await post.api.call('DELETE', route, { auth: false });
  } catch (error) {
    if (!refusedWith(error, 'unknownMessage', 'unknownWebhook', 'tokenExpired')) throw asDeliveryError(error, true);
  }
}

async function sendToPlace(post: Post, place: PlaceId, card: Card, options: SendOptions): Promise<string> {
  const { nonce, mention = null, thread } = options;
  const asked = options.replyTo === null ? null : whereIs(place, options.replyTo);
  const there = thread ?? place;
  const replyTo = asked?.place === there ? asked.message : null; // a reply stands where the message stands
  const named = (id: string) => (there === place ? id : inThread(there, id));
  try {
    return await sendToChannel(post, channelOf(there), card, { nonce, replyTo, mention, named });
  } catch (error) {
    // Replies need a permission of their own (Read Message History).
    if (replyTo === null || !refusedWith(error, 'missingPermissions')) throw error;
    return sendToChannel(post, channelOf(there), card, { nonce, replyTo: null, mention, named });
  }
}

interface Addressed extends Pick<SendOptions, 'nonce' | 'replyTo' | 'mention'> {
  /** What we call a message. */
  readonly named: (id: string) => string;
}

/** An ordinary message; the nonce makes a repeated one the same. Source: discord.com/developers/docs/resources/message, "Create Message". */
async function sendToChannel(
  post: Post,
  channel: string,
  card: Card,
  { nonce, replyTo, mention = null, named }: Addressed,
): Promise<string> {
  const reply = replyTo !== null && { message_reference: { message_id: replyTo, fail_if_not_exists: false } };
  return withPictures(post, card, fileLimit, async ({ files, ...cargo }) => {
    const body = { ...bodyOf(card, cargo, { mention }), nonce: nonce.slice(0, 25), enforce_nonce: true, ...reply };
    const sent = await post.api.call<APIMessage>('POST', Routes.channelMessages(channel), { body, files });
    const id = named(sent.id);
    remember(post.shown, id, cargo.shown);
    return id;
  });
}

/**
 * Begins a thread at a message; a message has one at most, and its id is the message's.
 * Source: discord.com/developers/docs/resources/channel, "Start Thread from Message". @throws DeliveryError
 */
export async function openThread({ api }: Post, place: PlaceId, message: string, name: string): Promise<PlaceId> {
  const { channel, id } = located(place, message);
  try {
    await api.call('POST', Routes.threads(channel, id), { body: { name: cut(name, threadName) } });
  } catch (error) {
    if (!refusedWith(error, 'hasThread')) throw asDeliveryError(error, true);
  }
  return placeOf(guildOf(place), id);
}

/** A visible answer to an interaction: what stands there as "thinking" becomes it, else it follows. @throws DeliveryError */
async function sendByTicket(post: Post, ticket: Ticket, card: Card): Promise<string> {
  const takesOver = ticket.isThinking;
  ticket.isThinking = false;
  return delivered(takesOver, async () => {
    const id = await answerBy(post, ticket, card, { takesOver, flags: 0 });
    post.tickets.posted(id, ticket);
    return id;
  });
}

/** Posts with an interaction's token. @throws ApiError, LineError, DeliveryError 'too-big' */
export async function answerBy(
  post: Post,
  { application, token, uploadLimit, isPrivate }: Ticket,
  card: Card,
  how: { readonly takesOver: boolean; readonly flags: number },
): Promise<string> {
  return withPictures(post, card, uploadLimit, async ({ files, ...cargo }) => {
    const calling = { body: bodyOf(card, cargo, { flags: how.flags, isPrivate }), files, auth: false };
    const { id } = how.takesOver
      ? await post.api.call<APIMessage>('PATCH', Routes.webhookMessage(application, token, '@original'), calling)
      : await post.api.call<APIMessage>('POST', Routes.webhook(application, token), {
          ...calling,
          query: new URLSearchParams({ wait: 'true' }),
        });
    remember(post.shown, id, cargo.shown);
    return id;
  });
}

/** The private messages of somebody; null for people of other platforms and for those who cannot be written to. */
export async function directPlace({ api }: Post, user: UserId): Promise<PlaceId | null> {
  const [, id] = /^discord:(\d+)$/.exec(user) ?? [];
  if (id === undefined) return null;
  try {
    const body = { recipient_id: id };
    return placeOf(undefined, (await api.call<{ id: string }>('POST', Routes.userChannels(), { body })).id);
  } catch (error) {
    const refused = asDeliveryError(error, true);
    if (isClosed(refused)) return null;
    throw refused;
  }
}

/** By which call a message is changed: through the token it was posted with, else as the bot. */
function routeOf(
  { tickets }: Post,
  place: PlaceId,
  message: string,
): { readonly route: RouteLike; readonly auth: boolean; readonly isPrivate: boolean } {
  const ticket = tickets.ofMessage(message);
  const byTicket = ticket && tickets.isAlive(ticket);
  return byTicket
    ? {
        route: Routes.webhookMessage(ticket.application, ticket.token, message),
        auth: false,
        isPrivate: ticket.isPrivate,
      }
    : { route: routeTo(place, message), auth: true, isPrivate: false };
}

function routeTo(place: PlaceId, message: string): RouteLike {
  const { channel, id } = located(place, message);
  return Routes.channelMessage(channel, id);
}

const hourMs = 60 * 60 * 1000;

/** Whether a message is so old that its edits are limited. Its id tells when it was posted. Source: discord.com/developers/docs/reference, "Snowflakes". */
function isOld({ clock }: Post, place: PlaceId, message: string): boolean {
  const postedAt = Number((BigInt(located(place, message).id) >> 22n) + 1_420_070_400_000n);
  return clock.now() - postedAt > hourMs;
}

interface Addressee {
  readonly place: PlaceId;
  readonly message: string;
}

/** Edits a message; one that is old and may not be edited now (30046, told as a limit) counts as gone. @throws DeliveryError */
async function edited(post: Post, { place, message }: Addressee, edit: () => Promise<void>): Promise<void> {
  try {
    await delivered(true, edit);
  } catch (error) {
    const isHeldBack = error instanceof DeliveryError && error.retryAfterMs !== null;
    throw isHeldBack && isOld(post, place, message) ? new DeliveryError('gone', null, { cause: error }) : error;
  }
}

/**
 * Replaces a message. A body with `attachments` keeps only what it lists, so an edit without pictures leaves the key out and shows
 * again what stands there; when that is not known (any more) the pictures go. @throws DeliveryError
 */
export async function editCard(post: Post, place: PlaceId, message: string, card: Card): Promise<void> {
  const { route, auth, isPrivate } = routeOf(post, place, message);
  await edited(post, { place, message }, async () => {
    if (card.images.length === 0) {
      const shown = post.shown.get(message);
      const { attachments, ...body } = bodyOf(card, { attachments: [], shown: shown ?? [] }, { isPrivate });
      await post.api.call('PATCH', route, { body: shown ? body : { ...body, attachments }, auth });
      return;
    }
    await withPictures(post, card, fileLimit, async ({ files, ...cargo }) => {
      await post.api.call('PATCH', route, { body: bodyOf(card, cargo, { isPrivate }), files, auth });
      remember(post.shown, message, cargo.shown);
    });
  });
}

/** Deletes a message; one that is gone counts as deleted, and so does one nobody can reach any more. @throws DeliveryError */
export async function removeMessage(post: Post, place: PlaceId, message: string): Promise<void> {
  const { route, auth } = routeOf(post, place, message);
  post.shown.delete(message);
  try {
    await post.api.call('DELETE', route, { auth });
  } catch (error) {
    if (refusedWith(error, 'unknownMessage', 'unknownChannel', 'missingAccess', 'unknownWebhook', 'tokenExpired'))
      return;
    throw asDeliveryError(error, true);
  }
}
