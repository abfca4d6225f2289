import type { Message, MessageEntity } from 'telegraf/types';
import type { Language } from '../../storage/index.ts';
import type { ActionIncoming, Form } from '../core/platform.ts';
import { code, cut, type Formatted } from './render.ts';
import { words } from './words.ts';

/**
 * A form is a message to reply to, and remembers itself: behind its first character lies a link that names the action and the fields,
 * and every present value is a piece of copyable text. So an answer is understood after any restart, and nothing is kept anywhere.
 * People cannot forge it: only messages of our own are read as forms, and only forms of ours have such a link behind words.
 */
const linkStart = 'https://t.me/#form-';
/** UTF-16 units for all values together: title, labels and the explanation need the rest of the 4096. */
const valuesRoom = 3200;
const cutRoom = 100;

/** How a present value is shown: a long one only in part, and then an answer that does not name it leaves it as it is. */
type Shown = 'whole' | 'empty' | 'cut';
const marks = { whole: '', empty: '~', cut: '!' } as const satisfies Record<Shown, string>;

/** Somebody whose client shall ask for the reply. */
export interface Asked {
  readonly id: number;
  readonly name: string;
}

/** What a form is about, besides itself. */
export interface FormPlace {
  /** The message with the button that opened it. */
  readonly card: string | null;
  /** In a room, who is asked: named in the form, so that only that person's client opens the reply. */
  readonly asked: Asked | null;
}

/** The message of a form. */
export function formMessage(form: Form, language: Language, { card, asked }: FormPlace): Formatted {
  const { howToAnswer, howToAnswerOne, empty } = words[language];
  const pen = newPen();
  const shown = howShown(form.fields.map(({ value }) => value));
  const fields = form.fields.map(({ name, long }, at) => `${name}${long ? '*' : ''}${marks[shown[at]!]}`);
  const marker = [code.encode(form), ...(card === null ? [] : [card]), ...fields].join(',');
  pen.write('✏', { type: 'text_link', url: `${linkStart}${Buffer.from(marker).toString('base64url')}` });
  pen.write(' ');
  pen.write(form.title, { type: 'bold' });
  if (asked) {
    pen.write(' · ');
    pen.write(asked.name, { type: 'text_mention', user: { id: asked.id, is_bot: false, first_name: asked.name } });
  }
  const [first] = form.fields;
  const example = form.fields.find(({ long }) => !long) ?? first;
  const isOne = form.fields.length === 1;
  pen.write(`\n${isOne ? howToAnswerOne : howToAnswer(first?.label ?? '', example?.label ?? '')}\n`);
  form.fields.forEach(({ label, value }, at) => {
    pen.write(`\n${label}: `);
    if (shown[at] === 'empty') pen.write(empty);
    else pen.write(shown[at] === 'cut' ? cut(value, cutRoom) : value, { type: 'code' });
  });
  return pen.formatted();
}

type Format =
  | { readonly type: 'bold' | 'code' }
  | Pick<MessageEntity.TextLinkMessageEntity, 'type' | 'url'>
  | Pick<MessageEntity.TextMentionMessageEntity, 'type' | 'user'>;

/** Writes text piece by piece and keeps count of where the formatted ones lie. */
function newPen() {
  let text = '';
  const entities: MessageEntity[] = [];
  return {
    write(piece: string, format?: Format): void {
      if (format) entities.push({ ...format, offset: text.length, length: piece.length });
      text += piece;
    },
    formatted: (): Formatted => ({ text, entities }),
  };
}

function howShown(values: readonly string[]): readonly Shown[] {
  let room = valuesRoom - values.length * cutRoom;
  return values.map((value) => {
    const text = value.trim();
    if (text === '') return 'empty';
    if (text.length > room) return 'cut';
    room -= text.length;
    return 'whole';
  });
}

/** A form as it comes back in the reply. */
interface SentForm {
  readonly button: string;
  /** The message with the button that opened it; null for forms of old. */
  readonly card: string | null;
  readonly fields: readonly SentField[];
}
interface SentField {
  readonly name: string;
  readonly label: string;
  /** May have several lines. */
  readonly long: boolean;
  /** Null when it was shown in part. */
  readonly value: string | null;
}

function sentForm(message: Message): SentForm | undefined {
  if (!('text' in message)) return undefined;
  const entities = message.entities ?? [];
  const link = entities.find((entity) => entity.type === 'text_link' && entity.url.startsWith(linkStart));
  if (link?.type !== 'text_link') return undefined;
  const marker = Buffer.from(link.url.slice(linkStart.length), 'base64url').toString();
  const [button = '', ...rest] = marker.split(',');
  const card = /^\d+$/.test(rest[0] ?? '') ? rest[0]! : null;
  const names = card === null ? rest : rest.slice(1);
  const values = entities.filter((entity) => entity.type === 'code');
  const labels = labelsOf(message.text, values);
  const fields = names.map((marked, at) => {
    const [, name = '', long = '', mark = ''] = /^(.*?)(\*?)([~!]?)$/.exec(marked) ?? [];
    const value = mark === marks.empty ? undefined : values.shift();
    const shown = value ? message.text.slice(value.offset, value.offset + value.length) : '';
    return { name, label: labels[at] ?? name, long: long !== '', value: mark === marks.cut ? null : shown };
  });
  return { button, card, fields };
}

/** What stands before each value: the field's label in the reader's language, good in answers too. */
function labelsOf(text: string, values: readonly MessageEntity[]): readonly string[] {
  const without = values.reduceRight(
    (rest, { offset, length }) => rest.slice(0, offset) + rest.slice(offset + length),
    text,
  );
  const lines = without.split('\n');
  return lines.slice(lines.indexOf('') + 1).map((line) => line.split(': ')[0]!.trim());
}

export type FormAnswer = Pick<ActionIncoming, 'action' | 'target' | 'arg'> & {
  readonly card: string | null;
  readonly values: Record<string, string>;
};

/** The form that `answer` replies to, filled in; undefined when the message replied to, one of ours, is no form. */
export function formAnswer(message: Message, answer: string): FormAnswer | undefined {
  const form = sentForm(message);
  const button = form && code.decode(form.button);
  if (!form || !button) return undefined;
  const present = form.fields.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]));
  return { ...button, card: form.card, values: { ...Object.fromEntries(present), ...changes(answer, form.fields) } };
}

/** A line of an answer: the field it names, if any, and what it says about it, from the beginning or besides. */
function lineOf(line: string, known: ReadonlyMap<string, SentField>) {
  const parameters = /^\s*(?:--|－－|––|—)\p{L}/u.test(line) ? known.get('advanced') : undefined;
  if (parameters) return { field: parameters, text: line, isAnew: false };
  const [, word = '', rest = ''] = /^\s*([^:：\n]{1,60})[:：](.*)$/.exec(line) ?? [];
  const field = known.get(word.trim().toLowerCase());
  return { field, text: field ? rest : line, isAnew: field !== undefined };
}

/**
 * Lines `name: value`, by a field's name or label, and `--key value` for the field that takes parameters. A line that names no field
 * goes on with a long field before it, else it belongs to the first field.
 */
function changes(answer: string, fields: SentForm['fields']): Record<string, string> {
  const known = new Map(
    fields.flatMap((field) => [field.name, field.label].map((word) => [word.toLowerCase(), field])),
  );
  const given = new Map<string, string[]>();
  let current = fields[0];
  for (const line of answer.trim().split('\n')) {
    const { field, text, isAnew } = lineOf(line, known);
    current = field ?? (current?.long ? current : fields[0]);
    if (current) given.set(current.name, [...((!isAnew && given.get(current.name)) || []), text]);
  }
  return Object.fromEntries([...given].map(([name, lines]) => [name, lines.join('\n').trim()]));
}
