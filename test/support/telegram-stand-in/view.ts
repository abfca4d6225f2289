import { listOf, objectOf } from './fields.ts';
import { messagesIn, type StandInChat, type StoredFile, type StoredMessage, type World } from './world.ts';

/** A message as a person sees it. */
export interface Seen {
  readonly id: number;
  readonly chat: StandInChat;
  readonly author: string;
  readonly byBot: boolean;
  /** Text, or the caption of a picture. */
  readonly text: string;
  /** Biggest size of a photo, or the file. */
  readonly picture: StoredFile | null;
  readonly asFile: boolean;
  readonly spoiler: boolean;
  readonly album: string | null;
  readonly topic: number | null;
  readonly replyTo: number | null;
  readonly edited: boolean;
  /** Rows of buttons. */
  readonly buttons: readonly (readonly SeenButton[])[];
}
export interface SeenButton {
  readonly label: string;
  readonly data: string | null;
}

export function see(message: StoredMessage): Seen {
  const { media } = message;
  return {
    id: message.id,
    chat: message.chat,
    author: message.from.name,
    byBot: message.from.bot,
    text: message.openedTopic === null ? message.text : `(topic ${message.openedTopic})`,
    picture: media === null ? null : media.kind === 'photo' ? media.sizes.at(-1)! : media.file,
    asFile: media?.kind === 'document',
    spoiler: media?.kind === 'photo' && media.spoiler,
    album: message.album,
    topic: message.topic,
    replyTo: message.replyTo,
    edited: message.editedAt !== null,
    buttons: listOf(message.keyboard?.inline_keyboard).map((row) =>
      listOf(row).map((button) => {
        const { text, callback_data } = objectOf(button);
        return { label: String(text), data: typeof callback_data === 'string' ? callback_data : null };
      }),
    ),
  };
}

/** A chat as its members see it, as text, oldest first. */
export function transcript(world: World, chat: StandInChat, action: string | null): string {
  const lines = messagesIn(world, chat).map(see).map(describe);
  return [...lines, ...(action === null ? [] : [`${world.bot.name} … ${action}`])].join('\n');
}

function describe(seen: Seen): string {
  const topic = seen.topic === null ? null : `topic ${seen.chat.topics?.get(seen.topic)}`;
  const notes = [topic, seen.replyTo !== null && 'reply', seen.edited && 'edited'].filter((note) => note);
  const head = `${seen.author}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}:`;
  const kind = `${seen.spoiler ? 'spoiler ' : ''}${seen.asFile ? 'file' : 'photo'}`;
  const size = seen.asFile ? seen.picture?.name : `${seen.picture?.width}×${seen.picture?.height}`;
  const words = seen.text === '' ? [] : seen.text.split('\n').map((line) => `  ${line}`);
  const rows = seen.buttons.map((row) => `  ${row.map(({ label }) => `[${label}]`).join('')}`);
  return [head, ...(seen.picture ? [`  [${kind} ${size}]`] : []), ...words, ...rows].join('\n');
}
