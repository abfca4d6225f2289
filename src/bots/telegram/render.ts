import type { InlineKeyboardMarkup, MessageEntity } from 'telegraf/types';
import { type Button, buttonCode, type Card } from '../core/platform.ts';

/** Identifiers of buttons: `1:<act>:<target>:<arg>`, at most 64 bytes. */
export const code = buttonCode('1', ':');

/** Characters of a message and of what stands under a picture. Source: Bot API, `sendMessage`, `sendPhoto`. */
export const limits = { text: 4096, caption: 1024 } as const;

/** Words with their formatting; offsets count UTF-16 units. No markup is ever parsed: people's words stay what they are. */
export interface Formatted {
  readonly text: string;
  readonly entities: MessageEntity[];
}

type Words = Pick<Card, 'title' | 'lines' | 'block'>;

/** A card's title, bold, its lines, and its block in letters of one width; cut to `limit` characters, the longest lines first. */
export function formatted({ title, lines, block = [] }: Words, limit: number): Formatted {
  const fixed = cut(block.map(inert).join('\n'), limit);
  const heading = cut(inert(title), limit);
  const room = Math.max(0, limit - (fixed === '' ? 0 : fixed.length + 1));
  const said = [heading, ...lines.map(inert)].filter((part) => part !== '');
  const body = cut(shortened(said, room).join('\n'), room);
  const text = [body, fixed].filter((part) => part !== '').join('\n');
  const bold = { type: 'bold', offset: 0, length: Math.min(heading.length, body.length) } as const;
  const pre = { type: 'pre', offset: text.length - fixed.length, length: fixed.length } as const;
  return { text, entities: [bold, pre].filter(({ length }) => length > 0) };
}

/** A line says little in fewer characters than these. */
const shortest = 24;

/** Lines of which the longest are cut until all have room: what is said last is not lost for it. */
function shortened(lines: readonly string[], room: number): readonly string[] {
  const within = (most: number) => lines.reduce((sum, { length }) => sum + Math.min(length, most) + 1, -1) <= room;
  let most = Math.max(shortest, ...lines.map(({ length }) => length));
  while (most > shortest && !within(most)) most -= 1;
  return lines.map((line) => cut(line, most));
}

/** Whether a card's words do not fit. */
export function exceeds({ title, lines, block = [] }: Words, limit: number): boolean {
  return [title, ...lines, ...block].map(inert).join('\n').length > limit;
}

/** `@name` would notify whoever has that name: a word joiner keeps it from being one. Names have at least four characters. */
export function inert(text: string): string {
  return text.replace(/@(?=[A-Za-z]\w{3})/g, '@\u2060');
}

/** At most `limit` UTF-16 units, ending in "…" when cut, never inside a character. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The buttons below a message. Telegram cannot grey one out: a disabled one is left away. @throws RangeError over 64 bytes */
export function keyboard(rows: Card['rows']): InlineKeyboardMarkup {
  const usable = rows.map((row) => row.filter((button) => !button.disabled)).filter((row) => row.length > 0);
  return {
    inline_keyboard: usable.map((row) => row.map((button) => ({ text: face(button), callback_data: data(button) }))),
  };
}

/** Columns a button has on a phone. */
const faceCells = 24;

/** What stands on a button: names of models and people are cut to what it shows. */
const face = ({ emoji, label }: Button): string => cutToCells(emoji ? `${emoji} ${label}` : label, faceCells);

const wide =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{20000}-\u{3fffd}]/u;
const unseen = /[\p{Mn}\u200d]/u;

/** Columns of a text where wide characters and pictures take two. */
export function cells(text: string): number {
  return Array.from(text).reduce((sum, c) => sum + (unseen.test(c) ? 0 : wide.test(c) ? 2 : 1), 0);
}

function cutToCells(text: string, most: number): string {
  if (cells(text) <= most) return text;
  const characters = Array.from(text);
  while (cells(characters.join('')) >= most) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}

function data(button: Button): string {
  const text = code.encode(button);
  if (Buffer.byteLength(text) > 64) throw new RangeError(`button identifier over 64 bytes: ${text}`);
  return text;
}
