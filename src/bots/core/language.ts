import type { Language } from '../../storage/index.ts';
import type { Speaker, Whereabouts } from './platform.ts';

/** The language of a platform's locale (`zh-CN`, `zh-hans`, `en-US`); undefined for one we do not speak. */
export function languageOf(locale: string | null): Language | undefined {
  const tongue = locale?.toLowerCase().split(/[-_]/)[0];
  return tongue === 'zh' || tongue === 'en' ? tongue : undefined;
}

/** What is known about languages before something is said. */
export interface Listeners {
  /** What the person chose. */
  readonly chosen: Language | null;
  /** What the place's settings say. */
  readonly ofPlace: Language | null;
  readonly speaker: Pick<Speaker, 'locale'>;
  readonly where: Pick<Whereabouts, 'kind' | 'locale'>;
}

/** For what one person alone reads: their choice, their client, the place, English. */
export function languageForPerson({ chosen, ofPlace, speaker, where }: Listeners): Language {
  return chosen ?? languageOf(speaker.locale) ?? ofPlace ?? languageOf(where.locale) ?? 'en';
}

/** For what everybody in a room reads: the author's choice, the place, the server's locale, English. */
export function languageForPlace(listeners: Listeners): Language {
  const { chosen, ofPlace, speaker, where } = listeners;
  if (where.kind === 'private') return languageForPerson(listeners);
  return chosen ?? ofPlace ?? languageOf(where.locale) ?? languageOf(speaker.locale) ?? 'en';
}
