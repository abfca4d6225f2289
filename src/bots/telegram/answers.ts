import type { Message, User } from 'telegraf/types';
import { type Clock, pause } from '../core/clock.ts';
import { languageOf } from '../core/language.ts';
import type { Answer, Card, Form, Whereabouts } from '../core/platform.ts';
import { delivered } from './api.ts';
import { formMessage } from './forms.ts';
import { nameOf } from './incoming.ts';
import { messageNumber, placeOf, spotOf, spotOfMessage } from './places.ts';
import { type Post, removeMessage, sendCard } from './sending.ts';
import { words } from './words.ts';

/** Warnings in rooms go away after this, ms. */
const warningMs = 60_000;

/** Whom an answer goes to. `message` is theirs, or ours with the button they pressed. */
export interface Asker {
  readonly person: User;
  readonly message: Message | null;
  readonly where: Whereabouts;
}

export function answerTo(
  { post, clock, closing }: { post: Post; clock: Clock; closing: AbortSignal },
  asker: Asker,
): Answer {
  const { person, message, where } = asker;
  const language = languageOf(person.language_code ?? null) ?? 'en';
  const replyTo = message && String(message.message_id);
  const tell = async (card: Card): Promise<void> => {
    const sent = await delivered(() =>
      sendCard(post, where.place, card, {
        replyTo,
        nonce: `tell:${where.place}:${replyTo}`,
        repeated: false,
        language,
      }),
    );
    if (card.tone !== 'warning' || where.kind === 'private') return;
    void pause(clock, warningMs, closing).then(() => removeMessage(post, where.place, sent).catch(() => {}));
  };
  const form = async (form: Form): Promise<void> => {
    const isRoom = where.kind === 'room';
    const asked = isRoom ? { id: person.id, name: nameOf(person) } : null;
    const { text, entities } = formMessage(form, language, asked);
    const { chat, topic } = spotOf(where.place);
    const reply = replyTo !== null && {
      reply_parameters: { message_id: messageNumber(replyTo), allow_sending_without_reply: true },
    };
    const reply_markup = {
      force_reply: true,
      selective: isRoom,
      input_field_placeholder: words[language].placeholder,
    } as const;
    const thread = topic !== null && { message_thread_id: topic };
    await delivered(() =>
      post.api.call('sendMessage', { chat_id: chat, ...thread, ...reply, text, entities, reply_markup }),
    );
  };
  return { tell, form };
}

/** Says that a picture came too late to be part of its album. */
export async function tellLate(post: Post, item: Message): Promise<void> {
  const { lateTitle, lateNext } = words[languageOf(item.from?.language_code ?? null) ?? 'en'];
  const card: Card = { title: lateTitle, lines: [lateNext], images: [], rows: [], tone: 'warning', spoiler: false };
  const place = placeOf(spotOfMessage(item));
  const replyTo = String(item.message_id);
  await sendCard(post, place, card, { replyTo, nonce: `late:${place}:${replyTo}`, repeated: false, language: 'en' });
}
