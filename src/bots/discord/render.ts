import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInContainer,
  type APIContainerComponent,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
} from 'discord.js';
import { type Button, buttonCode, type Card, type Choices } from '../core/platform.ts';
import { cut, cutToMessage, inert } from './text.ts';

/** Identifiers of buttons: `p1|<act>|<target>|<arg>`, at most 100 characters. */
export const code = buttonCode('p1', '|');

/** A picture that goes along with a message, or stands in it already. */
export interface Shown {
  readonly name: string;
  readonly description: string;
  /** Shown as a file to save, not as a picture. */
  readonly asFile: boolean;
}

/** Source: discord.com/developers/docs/components/reference: rows of five; ten parts in a container; forty components in all. */
const limits = { perRow: 5, parts: 10, all: 40, pictures: 10, label: 80, description: 1024 } as const;
/** Of a list to choose from. Source: discord.com/developers/docs/components/reference, "String Select". */
const listLimits = { options: 25, label: 100, placeholder: 150 } as const;

const accents = { plain: null, busy: 0xf0b232, done: 0x23a55a, warning: 0xda373c } as const satisfies Record<
  Card['tone'],
  number | null
>;

/** A card as one container: words, pictures, files, buttons. */
export function containerOf(card: Card, shown: readonly Shown[]): APIContainerComponent {
  const pictures = shown.filter(({ asFile }) => !asFile).slice(0, limits.pictures);
  const files = shown.filter(({ asFile }) => asFile);
  const parts: APIComponentInContainer[] = [
    { type: ComponentType.TextDisplay, content: wordsOf(card) },
    ...(pictures.length > 0 ? [gallery(pictures, card.spoiler)] : []),
    ...files.map(({ name }) => ({
      type: ComponentType.File as const,
      file: { url: `attachment://${name}` },
      spoiler: card.spoiler,
    })),
  ];
  const list = card.choices && card.choices.options.length > 0 ? [listOf(card.choices)] : [];
  const components = [...parts, ...rowsThatFit([...list, ...rowsOf(card.rows)], parts.length)];
  return { type: ComponentType.Container, accent_color: accents[card.tone], components };
}

/** The container itself counts among all components, and so does every button. */
function rowsThatFit(
  rows: readonly (ReturnType<typeof listOf> | ReturnType<typeof rowsOf>[number])[],
  partsBefore: number,
) {
  let count = 1 + partsBefore;
  return rows.slice(0, limits.parts - partsBefore).filter((row) => {
    const next = count + 1 + row.components.length;
    if (next > limits.all) return false;
    count = next;
    return true;
  });
}

function wordsOf({ title, lines, block = [] }: Card): string {
  const heading = title === '' ? [] : [`**${inert(title)}**`];
  const fixed = block.length > 0 ? `\n\`\`\`\n${block.join('\n').replaceAll('`', 'ˋ')}\n\`\`\`` : '';
  return cutToMessage([...heading, ...lines.map(inert)].join('\n'), fixed) || '…';
}

function gallery(pictures: readonly Shown[], spoiler: boolean) {
  return {
    type: ComponentType.MediaGallery as const,
    items: pictures.map(({ name, description }) => ({
      media: { url: `attachment://${name}` },
      ...(description !== '' && { description: cut(description, limits.description) }),
      spoiler,
    })),
  };
}

function rowsOf(rows: Card['rows']): APIActionRowComponent<APIButtonComponentWithCustomId>[] {
  const narrow = rows.flatMap((row) => {
    const count = Math.ceil(row.length / limits.perRow);
    return Array.from({ length: count }, (_, at) => row.slice(at * limits.perRow, (at + 1) * limits.perRow));
  });
  return narrow.map((row) => ({ type: ComponentType.ActionRow, components: row.map(buttonOf) }));
}

/** The list itself needs a name of its own; what was chosen says everything. */
function listOf({ placeholder, options }: Choices): APIActionRowComponent<APIStringSelectComponent> {
  const shown = options.slice(0, listLimits.options).map((option) => ({
    label: cut(option.label, listLimits.label) || '…',
    value: code.encode(option),
  }));
  const select: APIStringSelectComponent = {
    type: ComponentType.StringSelect,
    custom_id: 'p1|choose',
    placeholder: cut(placeholder, listLimits.placeholder),
    options: shown,
  };
  return { type: ComponentType.ActionRow, components: [select] };
}

const styles = {
  primary: ButtonStyle.Primary,
  secondary: ButtonStyle.Secondary,
  danger: ButtonStyle.Danger,
} as const satisfies Record<NonNullable<Button['style']>, ButtonStyle>;

function buttonOf(button: Button): APIButtonComponentWithCustomId {
  return {
    type: ComponentType.Button,
    style: styles[button.style ?? 'secondary'],
    label: cut(button.label, limits.label),
    custom_id: code.encode(button),
    disabled: button.disabled === true,
    ...(button.emoji && { emoji: { name: button.emoji } }),
  };
}
