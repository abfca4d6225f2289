import type { RefusalData } from '../../../errors.ts';
import type { Language } from '../../../storage/index.ts';
import type { Messages, Trouble } from './catalogue.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

const catalogues: Readonly<Record<Language, Messages>> = { en, zh };

/** Every text in that language. */
export function messagesIn(language: Language): Messages {
  return catalogues[language];
}

/** A refusal in words. */
export function troubleOf(messages: Messages, { code, details }: RefusalData): Trouble {
  const phrase = messages.refusals[code] as (details: RefusalData['details']) => Trouble;
  return phrase(details);
}
