import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInContainer,
  type APIContainerComponent,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
} from 'discord.js';
import { type Button, type ButtonCode, buttonCode, type Card, type Choices } from '../core/platform.ts';
import { cut, cutToMessage, inert } from './text.ts';

/** Identifiers of buttons: `p1|<act>|<target>|<arg>`, at most 100 characters. */
export const code = buttonCode('p1', '|');
/** Of messages that one person alone sees: what their buttons do is for that person alone as well. */
const privateCode = buttonCode('q1', '|');

/** The identifiers of a message's buttons. */
export const codeFor = (isPrivate: boolean): ButtonCode => (isPrivate ? privateCode : code);

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

/** How a card is shown: with which identifiers, and to whose notice it is brought. */
interface Showing {
  readonly buttons: ButtonCode;
  /** An id of a person. */
  readonly whom: string | null;
}

/** A card as one container: words, pictures, files, buttons. */
export function containerOf(
  card: Card,
  shown: readonly Shown[],
  { buttons, whom }: Showing = { buttons: code, whom: null },
): APIContainerComponent {
  const pictures = shown.filter(({ asFile }) => !asFile).slice(0, limits.pictures);
  const files = shown.filter(({ asFile }) => asFile);
  const parts: APIComponentInContainer[] = [
    { type: ComponentType.TextDisplay, content: wordsOf(card, whom) },
    ...(pictures.length > 0 ? [gallery(pictures, card.spoiler)] : []),
    ...files.map(({ name }) => ({
      type: ComponentType.File as const,
      file: { url: `attachment://${name}` },
      spoiler: card.spoiler,
    })),
  ];
  const list = card.choices && card.choices.options.length > 0 ? [listOf(card.choices, buttons)] : [];
  const components = [...parts, ...rowsThatFit([...list, ...rowsOf(card.rows, buttons)], parts.length)];
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

function wordsOf({ title, lines, block = [] }: Card, whom: string | null): string {
  const heading = title === '' ? [] : [`**${inert(title)}**`];
  const fixed = block.length > 0 ? `\n\`\`\`\n${block.join('\n').replaceAll('`', 'ˋ')}\n\`\`\`` : '';
  const call = whom === null ? '' : `\n<@${whom}>`;
  return cutToMessage([...heading, ...lines.map(inert)].join('\n'), `${call}${fixed}`) || '…';
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

function rowsOf(rows: Card['rows'], buttons: ButtonCode): APIActionRowComponent<APIButtonComponentWithCustomId>[] {
  const narrow = rows.flatMap((row) => {
    const count = Math.ceil(row.length / limits.perRow);
    return Array.from({ length: count }, (_, at) => row.slice(at * limits.perRow, (at + 1) * limits.perRow));
  });
  return narrow.map((row) => ({
    type: ComponentType.ActionRow,
    components: row.map((button) => buttonOf(button, buttons)),
  }));
}

/** The list itself needs a name of its own; what was chosen says everything. */
function listOf(
  { placeholder, options }: Choices,
  buttons: ButtonCode,
): APIActionRowComponent<APIStringSelectComponent> {
  const shown = options.slice(0, listLimits.options).map((option) => ({
    label: cut(option.label, listLimits.label) || '…',
    value: buttons.encode(option),
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

/** Only an emoji may stand where emoji stand: any other mark there is refused. Source: discord-api-docs issue 8071. */
const emoji = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)$/u;

function buttonOf({ emoji: mark = '', label, ...button }: Button, buttons: ButtonCode): APIButtonComponentWithCustomId {
  const isEmoji = emoji.test(mark);
  return {
    type: ComponentType.Button,
    style: styles[button.style ?? 'secondary'],
    label: cut(isEmoji || mark === '' ? label : `${mark} ${label}`, limits.label),
    custom_id: buttons.encode(button),
    disabled: button.disabled === true,
    ...(isEmoji && { emoji: { name: mark } }),
  };
}
