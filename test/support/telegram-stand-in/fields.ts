import type { Call } from './http.ts';
import { refuse, upgraded } from './refusal.ts';
import { type Fields, findMessage, type StandInChat, type StoredMessage, type World } from './world.ts';

/** A field that holds an object or a list: JSON text in forms. */
export function parsed(call: Call, name: string): unknown {
  const value = call.fields[name];
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    throw refuse(400, `can't parse ${name} JSON object`);
  }
}

export const objectOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textIn = (call: Call, name: string): string => {
  const value = call.fields[name];
  return value === undefined || value === null ? '' : String(value);
};
export const numberIn = (call: Call, name: string): number | undefined => {
  const text = textIn(call, name);
  return text === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
};
export const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** The chat a call is about. @throws ApiRefusal */
export function chatIn(world: World, call: Call): StandInChat {
  const chat = world.chats.get(numberIn(call, 'chat_id') ?? 0);
  if (!chat) throw refuse(400, 'chat not found');
  if (chat.upgradedTo !== null) throw upgraded(chat.upgradedTo);
  return chat;
}

/** The chat to write into. @throws ApiRefusal 403 where the bot may not */
export function writableChat(world: World, call: Call): StandInChat {
  const chat = chatIn(world, call);
  if (chat.barred !== null) throw refuse(403, chat.barred);
  return chat;
}

/** @throws ApiRefusal */
export function ownMessage(world: World, call: Call, absent: string): StoredMessage {
  const found = findMessage(world, writableChat(world, call), numberIn(call, 'message_id') ?? 0);
  if (!found) throw refuse(400, absent);
  if (found.from !== world.bot) throw refuse(400, "message can't be edited");
  return found;
}

/** Topic and message replied to. General must not be named. Source: Bot API, `sendMessage`, `ReplyParameters`. @throws ApiRefusal */
export function addressOf(world: World, call: Call, chat: StandInChat): Pick<StoredMessage, 'topic' | 'replyTo'> {
  const thread = numberIn(call, 'message_thread_id') ?? null;
  if (thread !== null && !chat.topics?.has(thread)) throw refuse(400, 'message thread not found');
  const reply = objectOf(parsed(call, 'reply_parameters'));
  const wanted = typeof reply.message_id === 'number' ? reply.message_id : null;
  const repliedTo = wanted === null ? undefined : findMessage(world, chat, wanted);
  if (wanted !== null && !repliedTo && !isTrue(reply.allow_sending_without_reply))
    throw refuse(400, 'message to be replied not found');
  return { topic: thread ?? repliedTo?.topic ?? null, replyTo: repliedTo?.id ?? null };
}

/** Source: Bot API, `InlineKeyboardButton`. @throws ApiRefusal */
export function keyboardIn(call: Call, chat: StandInChat): Fields | null {
  const markup = objectOf(parsed(call, 'reply_markup'));
  if (isTrue(markup.force_reply)) {
    if (String(markup.input_field_placeholder ?? ' ').length > 64) throw refuse(400, 'INPUT_FIELD_PLACEHOLDER_INVALID');
    return null; // shown by the asked client only; not part of the message
  }
  const rows = listOf(markup.inline_keyboard).map(listOf);
  const buttons = rows.flat().map(objectOf);
  if (buttons.length === 0) return null;
  if (buttons.length > 100) throw refuse(400, 'REPLY_MARKUP_TOO_LONG');
  for (const button of buttons) checkButton(button, chat);
  return { inline_keyboard: rows };
}

function checkButton(button: Fields, chat: StandInChat): void {
  if (typeof button.text !== 'string' || button.text === '') throw refuse(400, 'inline keyboard button text is empty');
  if (button.web_app && chat.type !== 'private') throw refuse(400, 'BUTTON_TYPE_INVALID');
  if (button.web_app || button.url) return;
  const bytes = Buffer.byteLength(String(button.callback_data ?? ''));
  if (bytes < 1 || bytes > 64) throw refuse(400, 'BUTTON_DATA_INVALID');
}

/** A text with the marks the caller gave it. Offsets count UTF-16 units. @throws ApiRefusal */
export function wordsIn(call: Call, name: 'text' | 'caption', given: unknown, marks: unknown) {
  const text = typeof given === 'string' ? given : '';
  if (name === 'text' && text.trim() === '') throw refuse(400, 'message text is empty');
  if (text.length > (name === 'text' ? 4096 : 1024))
    throw refuse(400, name === 'text' ? 'message is too long' : 'message caption is too long');
  if (call.fields.parse_mode !== undefined) throw refuse(400, 'this stand-in reads entities, not markup');
  const entities = listOf(marks).map(objectOf);
  const isInside = ({ offset, length }: Fields) =>
    Number(offset) >= 0 && Number(offset) + Number(length) <= text.length;
  if (!entities.every(isInside)) throw refuse(400, 'entity begins or ends outside of the text');
  return { text, entities };
}
