import type { Message, User } from 'telegraf/types';
import { type Clock, pause } from '../core/clock.ts';
import { languageOf } from '../core/language.ts';
import { oneLine } from '../core/plain-text.ts';
import { type Answer, type Card, DeliveryError, type Whereabouts } from '../core/platform.ts';
import { delivered } from './api.ts';
import { formMessage } from './forms.ts';
import { nameOf } from './incoming.ts';
import { addressed, editButtons, editCard, type Post, removeMessage, sendCard } from './sending.ts';
import { words } from './words.ts';

/** Warnings in rooms go away after this, ms. */
const warningMs = 60_000;
/** An answer is not kept longer than this, ms. */
const longestWaitMs = 60_000;

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
  const tell = async (card: Card) => {
    const [sent] = await patiently(answering, () => sendCard(post, place, card, how));
    if (card.tone !== 'warning' || kind === 'private') return;
    void pause(clock, warningMs, closing).then(() => removeMessage(post, place, sent).catch(() => {}));
  };
  return {
    tell,
    replace: async (card) => {
      if (replyTo === null) return tell(card);
      await patiently(answering, () => editCard(post, place, replyTo, card)).catch((error: unknown) => {
        if (!(error instanceof DeliveryError && error.reason === 'gone')) throw error;
        return tell(card);
      });
    },
    menu: async (card) => {
      if (replyTo === null) return tell(card);
      await patiently(answering, () => editButtons(post, place, replyTo, card.rows));
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

/** An answer that Telegram wants later is given later, if that is soon: nobody else keeps it. @throws DeliveryError */
async function patiently<T>({ clock, closing }: Answering, call: () => Promise<T>): Promise<T> {
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
