import { asArray, asObject, asText, type JsonObject } from './json.ts';
import { isLoading } from './wire.ts';
import { messagesIn, type StandInChannel, type StandInUser, type StoredMessage, type World } from './world.ts';

export interface SeenButton {
  /** Emoji and words, as on the screen. */
  readonly label: string;
  readonly customId: string | null;
  readonly url: string | null;
  readonly disabled: boolean;
}
interface SeenPicture {
  readonly name: string;
  readonly bytes: Buffer;
  readonly spoiler: boolean;
  readonly description: string;
}

/** A message as a human would read it. */
export interface Seen {
  readonly id: string;
  readonly channel: StandInChannel;
  readonly author: string;
  readonly byBot: boolean;
  readonly text: string;
  readonly buttons: readonly SeenButton[];
  readonly pictures: readonly SeenPicture[];
  readonly onlyFor: string | null;
  readonly replyTo: string | null;
  /** An answer to an interaction, not an ordinary message. */
  readonly interaction: string | null;
  readonly loading: boolean;
  readonly edited: boolean;
  readonly mentions: readonly string[];
  readonly flags: number;
}

export function see(message: StoredMessage): Seen {
  const parts = [...flatten(message.components)];
  const texts = parts.flatMap((part) => (part.type === 10 ? [asText(part.content)] : []));
  const embeds = message.embeds.flatMap((embed) => [asText(embed.title), asText(embed.description)]);
  const media = parts
    .flatMap((part) => [part, ...asArray(part.items).map(asObject)])
    .filter((part) => part.media !== undefined);
  return {
    id: message.id,
    channel: message.channel,
    author: message.author.name,
    byBot: message.author.bot,
    text: [message.content, ...embeds, ...texts].filter((text) => text).join('\n'),
    buttons: parts.filter((part) => part.type === 2).map(seeButton),
    pictures: message.files.map((file) => {
      const shownAs = media.find((item) => asText(asObject(item.media).url) === `attachment://${file.name}`);
      const spoiler = shownAs?.spoiler === true || file.name.startsWith('SPOILER_');
      return {
        name: file.name,
        bytes: file.bytes,
        spoiler,
        description: asText(shownAs?.description) || file.description,
      };
    }),
    onlyFor: message.onlyFor?.name ?? null,
    replyTo: message.replyTo,
    interaction: message.interaction?.id ?? null,
    loading: isLoading(message),
    edited: message.editedAt !== null,
    mentions: message.mentions.map((user) => user.name),
    flags: message.flags,
  };
}

/** Components depth first: rows, sections and containers with what is inside them. */
function* flatten(components: readonly JsonObject[]): Generator<JsonObject> {
  for (const component of components) {
    yield component;
    yield* flatten(asArray(component.components).map(asObject));
    if (component.accessory) yield* flatten([asObject(component.accessory)]);
  }
}

function seeButton(button: JsonObject): SeenButton {
  const emoji = asText(asObject(button.emoji).name);
  return {
    label: [emoji, asText(button.label)].filter((text) => text).join(' '),
    customId: asText(button.custom_id) || null,
    url: asText(button.url) || null,
    disabled: button.disabled === true,
  };
}

/** Finds a button by its words, its emoji, both, or its custom id. */
export function findButton(message: Seen, wanted: string): SeenButton | undefined {
  const asShown = (label: string) => [label, label.split(' ')[0], label.split(' ').slice(1).join(' ')];
  return message.buttons.find((button) => button.customId === wanted || asShown(button.label).includes(wanted));
}

/** What one person has before their eyes in a channel, as text: their own whispers included, others' not. */
export function transcript(world: World, channel: StandInChannel, user: StandInUser): string {
  const mine = messagesIn(world, channel).filter((message) => message.onlyFor === null || message.onlyFor === user);
  return mine.map((message) => describe(message, see(message))).join('\n');
}

function describe(message: StoredMessage, seen: Seen): string {
  const notes = [
    seen.onlyFor !== null && 'only you',
    seen.edited && 'edited',
    seen.replyTo !== null && 'reply',
    seen.loading && 'thinking…',
  ].filter((note) => note !== false);
  const head = `${seen.author}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}:`;
  const pictures = seen.pictures.map((picture) => `  [${picture.spoiler ? 'spoiler ' : ''}${picture.name}]`);
  const rows = message.components.flatMap((component) => [...rowsOf(component)]);
  return [head, ...seen.text.split('\n').map((line) => `  ${line}`), ...pictures, ...rows].join('\n');
}

function* rowsOf(component: JsonObject): Generator<string> {
  const children = asArray(component.components).map(asObject);
  if (component.type === 1) {
    const labels = children.map((child) =>
      child.type === 2 ? seeButton(child) : { label: asText(child.placeholder), disabled: false },
    );
    yield `  ${labels.map(({ label, disabled }) => (disabled ? `(${label})` : `[${label}]`)).join('')}`;
  } else for (const child of children) yield* rowsOf(child);
}
