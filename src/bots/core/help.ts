import { type Field, fields } from '../../edit/fields.ts';
import type { Language } from '../../storage/index.ts';
import { plainCard } from './cards.ts';
import { commandList, type HelpTopic, helpTopics } from './commands.ts';
import { helpPicture } from './help-picture.ts';
import { messagesIn } from './messages/index.ts';
import type { Answer, Card, Whereabouts } from './platform.ts';

/** Characters of a help card at most. */
const HELP_LIMIT = 1500;

/** `strength 0…1 (0.5)`: how an option is called, what it takes. */
function optionLine(field: Field, language: Language): string {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return `${field.chat} ${field.min}…${field.max} (${field.default}): ${field.label[language]}`;
    case 'switch':
      return `${field.chat} on, off: ${field.label[language]}`;
    case 'choice':
    case 'text':
      return `${field.chat}: ${field.label[language]}`;
    default:
      return field satisfies never;
  }
}

/** Every option some command offers, once, in the order of the table. */
function offeredOptions(): readonly Field[] {
  const offered = new Set(commandList.flatMap(({ options }) => options).filter((option) => typeof option === 'string'));
  return [...offered].map((name) => fields[name]);
}

/** Where help is given, as far as it differs. */
type HelpPlace = Pick<Whereabouts, 'hears' | 'selfRuled'>;

/** `where`: nobody looks after a place that rules itself, and commands for those who do are of no use there. */
function generated(topic: HelpTopic, language: Language, where?: HelpPlace): readonly string[] {
  const messages = messagesIn(language);
  if (topic === 'options') return offeredOptions().map((field) => optionLine(field, language));
  if (topic !== 'start') return [];
  const offered = commandList.filter(({ managers }) => !(managers && where?.selfRuled));
  const commandLines = offered.map(({ name, about }) => `/${name}   ${about[language]}`);
  return [messages.hereIsHow, ...commandLines, messages.moreHelp(helpTopics.slice(1).join(' · '))];
}

/** The topic a person means; `start` for anything else. */
export function helpTopic(word: string): HelpTopic {
  return helpTopics.find((topic) => topic === word.trim().toLowerCase()) ?? 'start';
}

/** The words of a topic, commands and options read off their tables. */
export function helpCard(topic: HelpTopic, language: Language, where?: HelpPlace): Card {
  const messages = messagesIn(language);
  const { title, lines } = messages.help[topic];
  const hint = topic === 'start' && where?.hears === 'what is meant for it' ? [messages.house.groupHint] : [];
  const all: string[] = [];
  let length = title.length;
  for (const line of [...lines, ...hint, ...generated(topic, language, where)]) {
    length += line.length + 1;
    if (length > HELP_LIMIT) break;
    all.push(line);
  }
  return { ...plainCard, title, lines: all };
}

/** Tells about a topic, in words and with a picture. */
export async function tellHelp(
  { tell }: Pick<Answer, 'tell'>,
  topic: HelpTopic,
  language: Language,
  where?: HelpPlace,
): Promise<void> {
  await tell({ ...helpCard(topic, language, where), images: [await helpPicture(topic, language)] });
}
