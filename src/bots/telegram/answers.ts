import type { Message, User } from 'telegraf/types';
import { type Clock, pause } from '../core/clock.ts';
import { languageOf } from '../core/language.ts';
import { oneLine } from '../core/plain-text.ts';
import { type Answer, type Card, DeliveryError, type Whereabouts } from '../core/platform.ts';
import { delivered } from './api.ts';
import { formMessage } from './forms.ts';
import { nameOf } from './incoming.ts';
import { directPlace } from './places.ts';
import { addressed, editButtons, editCard, type Post, removeMessage, sendCard } from './sending.ts';
import { words } from './words.ts';

/** Warnings in rooms go away after this, ms. */
const warningMs = 60_000;
/** An answer is not kept longer than this, ms. */
const longestWaitMs = 60_000;

const isFor = (error: unknown, reason: DeliveryError['reason']): boolean =>
  error instanceof DeliveryError && error.reason === reason;

/** Whom an answer goes to. `message` is theirs, or ours with the button they pressed. */
export interface Asker {
  readonly person: User;
  readonly message: Message | null;
  readonly where: Whereabouts;
}

/** What answers are given with. */
export interface Answering {
  readonly post: Post;
  readonly clock: Clock;
  readonly closing: AbortSignal;
}

/** Telegram can show nothing to one person alone: answers are replies, and in rooms warnings go away after a minute. */
export function answerTo(answering: Answering, { person, message, where }: Asker): Answer {
  const { post, clock, closing } = answering;
  const { place, kind } = where;
  const language = languageOf(person.language_code ?? null) ?? 'en';
  const replyTo = message && String(message.message_id);
  const how = { replyTo, nonce: `tell:${place}:${replyTo}`, repeated: false, language };
  const tell = async (card: Card): Promise<void> => {
    const sent = await told(card);
    if (sent === null || card.tone !== 'warning' || kind === 'private') return;
    void pause(clock, warningMs, closing).then(() => removeMessage(post, place, sent).catch(() => {}));
  };
  /** Where pictures are not allowed, in words; where nothing is, in private, to whoever lets us write. @returns the message, if it is here */
  const told = async (card: Card): Promise<string | null> => {
    try {
      return (await patiently(answering, () => sendCard(post, place, card, how)))[0];
    } catch (error) {
      if (isFor(error, 'no-pictures')) return told({ ...card, images: [] });
      const direct = directPlace(`telegram:${person.id}`);
      if (kind === 'private' || direct === null || !isFor(error, 'unreachable')) throw error;
      await patiently(answering, () => sendCard(post, direct, { ...card, rows: [] }, { ...how, replyTo: null }));
      return null;
    }
  };
  /** Where the message to change is gone. */
  const orTell = (card: Card) => (error: unknown) => {
    if (!isFor(error, 'gone')) throw error;
    return tell(card);
  };
  return {
    tell,
    replace: async (card) => {
      if (replyTo === null) return tell(card);
      await patiently(answering, () => editCard(post, place, replyTo, card)).catch(orTell(card));
    },
    menu: async (card) => {
      if (replyTo === null) return tell(card);
      await patiently(answering, () => editButtons(post, place, replyTo, card.rows)).catch(orTell(card));
    },
    form: async (form) => {
      const asked = kind === 'room' ? { id: person.id, name: oneLine(nameOf(person), 40) || '?' } : null;
      const { text, entities } = formMessage(form, language, { card: replyTo, asked });
      const input_field_placeholder = words[language].placeholder;
      const reply_markup = { force_reply: true, selective: kind === 'room', input_field_placeholder } as const;
      const payload = { ...addressed(place, replyTo), text, entities, reply_markup };
      await patiently(answering, () => post.api.call('sendMessage', payload));
    },
  };
}

/** What Telegram wants later is done later, if that is soon: nobody else keeps it. @throws DeliveryError */
export async function patiently<T>(
  { clock, closing }: Pick<Answering, 'clock' | 'closing'>,
  call: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await delivered(call);
    } catch (error) {
      const waitMs = error instanceof DeliveryError ? error.retryAfterMs : null;
      if (waitMs === null || waitMs > longestWaitMs || tries === 3 || closing.aborted) throw error;
      await pause(clock, waitMs, closing);
    }
  }
}
