import { type APIMessage, InteractionResponseType, MessageFlags, Routes } from 'discord.js';
import type { Language } from '../../storage/index.ts';
import { type Clock, pause } from '../core/clock.ts';
import { languageOf } from '../core/language.ts';
import { messagesIn } from '../core/messages/index.ts';
import { type Answer, type Card, DeliveryError, type Form, type Whereabouts } from '../core/platform.ts';
import { delivered, refusedWith } from './api.ts';
import { modalOf } from './forms.ts';
import { answerBy, bodyOf, type Post, removeMessage, sendCard, takeAway } from './sending.ts';
import { remember, type Ticket } from './tickets.ts';
import { withPictures } from './uploads.ts';
import { words } from './words.ts';

/** Warnings that everybody sees go away after this, ms. */
const warningMs = 60_000;
/** What is said briefly goes away after this, ms. */
const brieflyMs = 20_000;
/** Everything is acknowledged within a second; what has not become a form by then gets "thinking" and a button instead, ms. */
const decideMs = 900;

/** What answers are given with. */
export interface Answering {
  readonly post: Post;
  readonly clock: Clock;
  readonly closing: AbortSignal;
}

/** How an interaction is acknowledged. */
export type Acknowledgement =
  /** "… is thinking": seen by the person alone; by everybody where the bot is a guest, for there it becomes the first card. */
  | 'thinking'
  /** Nothing to be seen; for buttons and their forms. */
  | 'silent'
  /** Not yet: a form may be the answer. */
  | 'form';

/** An answer to an interaction. */
export interface Reply extends Answer {
  /** Takes away what still says "thinking". */
  done(): Promise<void>;
}

async function acknowledge({ post }: Answering, ticket: Ticket, type: InteractionResponseType, data?: object) {
  const route = Routes.interactionCallback(ticket.id, ticket.token);
  await post.api.call('POST', route, { body: { type, ...(data && { data }) }, auth: false });
}

/** Whether "thinking" is: where the bot is a guest it becomes the first card. */
const isSeenByAll = ({ isGuest, isPrivate }: Ticket) => isGuest && !isPrivate;

async function think(answering: Answering, ticket: Ticket): Promise<void> {
  const flags = isSeenByAll(ticket) ? 0 : MessageFlags.Ephemeral;
  await acknowledge(answering, ticket, InteractionResponseType.DeferredChannelMessageWithSource, { flags });
  ticket.isThinking = true;
}

/**
 * Acknowledges an interaction at once. @returns undefined when somebody else has answered it: it was delivered twice
 * @throws ApiError, LineError
 */
export async function openReply(
  answering: Answering,
  { locale }: { readonly locale?: string },
  ticket: Ticket,
  how: Acknowledgement,
): Promise<Reply | undefined> {
  try {
    if (how === 'thinking') await think(answering, ticket);
    if (how === 'silent') await acknowledge(answering, ticket, InteractionResponseType.DeferredMessageUpdate);
  } catch (error) {
    if (refusedWith(error, 'alreadyAnswered')) return undefined;
    if (!refusedWith(error, 'unknownInteraction')) throw error; // too late: nobody waits for an answer, the work counts all the same
  }
  const language = languageOf(locale ?? null) ?? 'en';
  const plain = plainReply(answering, ticket, language, how === 'silent');
  return how === 'form' ? replyOrForm(answering, ticket, plain, language) : plain;
}

/** Says something to one person; several times, if need be. @throws DeliveryError */
async function whisper({ post }: Answering, ticket: Ticket, card: Card, language: Language): Promise<void> {
  const say = async (said: Card) => {
    const takesOver = ticket.isThinking && !isSeenByAll(ticket);
    if (ticket.isThinking && isSeenByAll(ticket)) await takeAway(post, ticket); // what everybody sees would stay visible to everybody
    ticket.isThinking = false;
    await answerBy(post, ticket, said, { takesOver, flags: takesOver ? 0 : MessageFlags.Ephemeral });
  };
  try {
    await delivered(false, () => say(card));
  } catch (error) {
    if (!(error instanceof DeliveryError && error.reason === 'too-big')) throw error;
    const lines = [...card.lines, messagesIn(language).picture.pictureLost];
    await delivered(false, () => say({ ...card, images: [], lines }));
  }
}

/** Changes the message whose button was pressed, through the press itself. @throws DeliveryError */
async function replaceOriginal({ post }: Answering, ticket: Ticket, card: Card): Promise<void> {
  const route = Routes.webhookMessage(ticket.application, ticket.token, '@original');
  await delivered(true, () =>
    withPictures(post, card, ticket.uploadLimit, async ({ files, ...cargo }) => {
      const { id } = await post.api.call<APIMessage>('PATCH', route, {
        ...{ body: bodyOf(card, cargo, ticket), files, auth: false },
      });
      remember(post.shown, id, cargo.shown);
    }),
  );
}

/** Says it, if it can in place of "thinking", and takes it away again: in time, or when the bot closes. */
async function sayBriefly({ post, clock, closing }: Answering, ticket: Ticket, card: Card): Promise<void> {
  if (!post.tickets.isAlive(ticket)) return;
  const takesOver = ticket.isThinking;
  ticket.isThinking = false;
  const id = await answerBy(post, ticket, card, { takesOver, flags: takesOver ? 0 : MessageFlags.Ephemeral });
  const gone = () => takeAway(post, ticket, id).catch(() => {}); // whoever reads it can dismiss it
  void pause(clock, brieflyMs, closing).then(gone);
}

/** @param isPress  a button was pressed, and its message is what may be replaced */
function plainReply(answering: Answering, ticket: Ticket, language: Language, isPress: boolean): Reply {
  const tell = (card: Card) => whisper(answering, ticket, card, language);
  return {
    ticket: ticket.id,
    tell,
    ...(!isPress && !ticket.isGuest && { briefly: (card: Card) => sayBriefly(answering, ticket, card) }),
    replace: (card) => (isPress ? replaceOriginal(answering, ticket, card) : tell(card)),
    menu: tell,
    form: () => Promise.reject(new RangeError('an interaction that was acknowledged cannot open a form')),
    done: () => (ticket.isThinking ? takeAway(answering.post, ticket) : Promise.resolve()),
  };
}

/** The first thing said, a form or words, is the acknowledgement itself; when nothing is said in time, "thinking" is. */
function replyOrForm(answering: Answering, ticket: Ticket, plain: Reply, language: Language): Reply {
  const decided = new AbortController();
  let first: Promise<unknown> | undefined;
  const isFirst = (answer: () => Promise<void>): Promise<void> | undefined => {
    if (first !== undefined) return undefined;
    decided.abort();
    const sent = answer();
    first = sent.catch(() => {}); // told to whoever began it
    return sent;
  };
  const late = pause(answering.clock, decideMs, AbortSignal.any([decided.signal, answering.closing])).then(() =>
    isFirst(() => think(answering, ticket)),
  );
  late.catch(() => {}); // what is said later fails by itself
  const whisperFirst = (card: Card) => async () => {
    if (card.images.length > 0) await think(answering, ticket).then(() => plain.tell(card));
    else await speak(answering, ticket, card);
  };
  const tell = (card: Card) => isFirst(whisperFirst(card)) ?? Promise.resolve(first).then(() => plain.tell(card));
  return {
    ...{ ticket: ticket.id, tell, replace: tell, menu: tell },
    form: (form) =>
      isFirst(() => showModal(answering, ticket, form)) ??
      Promise.resolve(first).then(() => plain.tell(lateCard(form, language))),
    done: async () => {
      decided.abort();
      await (isFirst(() => acknowledge(answering, ticket, InteractionResponseType.DeferredMessageUpdate)) ?? first);
      await plain.done();
    },
  };
}

async function showModal(answering: Answering, ticket: Ticket, form: Form): Promise<void> {
  await delivered(true, () =>
    acknowledge(answering, ticket, InteractionResponseType.Modal, modalOf(form, ticket.isPrivate)),
  );
}

async function speak(answering: Answering, ticket: Ticket, card: Card): Promise<void> {
  const data = bodyOf(
    card,
    { attachments: [], shown: [] },
    {
      ...{ flags: MessageFlags.Ephemeral, isPrivate: ticket.isPrivate },
    },
  );
  await delivered(true, () => acknowledge(answering, ticket, InteractionResponseType.ChannelMessageWithSource, data));
}

/** A form that came too late to be shown: a button opens it. */
function lateCard({ action, target, arg = '' }: Form, language: Language): Card {
  const { lateTitle, lateNext, open } = words[language];
  const button = { label: open, action, target, arg, style: 'primary' } as const;
  return { title: lateTitle, lines: [lateNext], images: [], rows: [[button]], tone: 'plain', spoiler: false };
}

/** Whom a message is answered to. */
export interface Writer {
  readonly message: string;
  readonly user: string;
  readonly where: Whereabouts;
  readonly locale: string | null;
}

/** Ordinary messages cannot be answered to one person alone: answers are replies, and in rooms warnings go away after a minute. */
export function answerToMessage({ post, clock, closing }: Answering, { message, where, locale }: Writer): Answer {
  const { place, kind } = where;
  let told = 0;
  const answer: Answer = {
    replace: (card) => answer.tell(card),
    menu: (card) => answer.tell(card),
    tell: async (card) => {
      told += 1;
      const nonce = `${message}:${told}`;
      const language = languageOf(locale) ?? 'en';
      const sent = await sendCard(post, place, card, { replyTo: message, nonce, repeated: false, language });
      if (card.tone !== 'warning' || kind === 'private') return;
      void pause(clock, warningMs, closing).then(() => removeMessage(post, place, sent).catch(() => {}));
    },
    form: () => Promise.reject(new RangeError('a message cannot open a form')),
  };
  return answer;
}
