import { readFile } from 'node:fs/promises';
import type { Language } from '../../storage/index.ts';
import type { HelpTopic } from './commands.ts';
import { messagesIn } from './messages/index.ts';
import type { CardImage } from './platform.ts';

/** Where the pictures of help lie, seen from `src` and from `dist` alike. `npm run docs:screenshots` makes them. */
const folder = new URL('../../../assets/help/', import.meta.url);

/** Topics whose picture shows words of ours: there is one in each language. */
export const wordedTopics: readonly HelpTopic[] = ['buttons', 'together', 'presets', 'privacy', 'options'];

/** The file of a topic's picture. */
export function helpFile(topic: HelpTopic, language: Language): URL {
  return new URL(wordedTopics.includes(topic) ? `${topic}.${language}.jpg` : `${topic}.jpg`, folder);
}

/** A topic's picture, a small JPEG. */
export async function helpPicture(topic: HelpTopic, language: Language): Promise<CardImage> {
  const source = new Uint8Array(await readFile(helpFile(topic, language)));
  return { source, name: `help_${topic}.jpg`, description: messagesIn(language).help[topic].picture };
}
