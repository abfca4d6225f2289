import { type Field, fields } from '../../edit/fields.ts';
import { PAINT_ARG } from '../core/buttons.ts';
import { commandList, commands } from '../core/commands.ts';
import { buttonCode, type Card, type CardImage, type Form } from '../core/platform.ts';
import type { WireCard, WireEvent, WireField, WireForm, WireImage, WireMessage, WireSetup } from './client/wire.ts';
import type { Change } from './conversation.ts';
import type { Message, Said } from './message.ts';

/** Identifiers of buttons and forms: `w1|<act>|<target>|<arg>`. */
export const code = buttonCode('w1', '|');

function wireImage({ source, name, description, node, original = false }: CardImage): WireImage {
  const src =
    typeof source === 'string'
      ? `/blob/${source}?name=${encodeURIComponent(name)}`
      : `data:image/jpeg;base64,${Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('base64')}`;
  return { src, name, description, original, paintable: node !== undefined && !original };
}

/** A card as the page shows it. */
export function wireCard({ title, lines, block = [], images, rows, choices, tone, spoiler }: Card): WireCard {
  return {
    ...{ title, lines, block, tone, spoiler },
    images: images.map(wireImage),
    choices: (choices?.options ?? []).map((choice) => ({
      ...{ label: choice.label, line: choice.line, code: code.encode(choice) },
    })),
    rows: rows.map((row) =>
      row.map((button) => ({
        label: button.label,
        action: button.action,
        emoji: button.emoji || null,
        code: code.encode(button),
        style: button.style ?? 'secondary',
        disabled: button.disabled ?? false,
        paints: button.action === 'rg' && button.arg === PAINT_ARG,
      })),
    ),
  };
}

function wireSaid({ files, ...said }: Said) {
  const shown = files.map(({ name, role, view }) => ({ name, role, src: view && `/view/${view}` }));
  return { ...said, files: shown };
}

export function wireMessage({ to, said, card, ...message }: Message): WireMessage {
  return { ...message, onlyYou: to !== null, said: said && wireSaid(said), card: card && wireCard(card) };
}

export function wireEvent(change: Change): WireEvent {
  if (change.kind === 'removed') return { kind: 'removed', id: change.message.id };
  return { kind: change.kind, message: wireMessage(change.message) };
}

export function wireForm(form: Form): WireForm {
  const { title, fields: questions } = form;
  return { code: code.encode(form), title, fields: questions };
}

/** What words for a whole picture are painted with, where it is something else than the table says. */
const usualHere: Readonly<Partial<Record<string, unknown>>> = commands.edit.edits.usual;

function wireField([key, field]: readonly [string, Field]): WireField {
  const { chat: name, label } = field;
  switch (field.kind) {
    case 'integer':
    case 'number': {
      const { kind, min, max, step, default: usual } = field;
      return { name, label, kind, min, max, step, default: Number(usualHere[key] ?? usual) };
    }
    case 'switch':
      return { name, label, kind: field.kind, default: field.default };
    case 'choice':
      return { name, label, kind: field.kind, choices: field.choices, default: field.default };
    case 'text':
      return { name, label, kind: field.kind, maxLength: field.maxLength, default: field.default };
    default:
      return field satisfies never;
  }
}

/** What the page offers, read off the tables. The prompt is what is typed. */
export function wireSetup(user: string, fileLimit: number): WireSetup {
  const offered = Object.entries<Field>(fields).filter(([, field]) => field !== fields.prompt);
  return {
    ...{ user, fileLimit },
    fields: offered.map(wireField),
    commands: commandList.filter(({ managers }) => !managers).map(({ name, about }) => ({ name, about })),
  };
}
