import type { Language, Place } from '../../storage/index.ts';
import type { Asker, Flow } from './accept.ts';
import { languageForPerson, languageForPlace } from './language.ts';
import { oneLine } from './plain-text.ts';
import type { Incoming } from './platform.ts';

/** Somebody who has spoken, and how to speak to them. */
export interface Heard {
  readonly asker: Asker;
  /** Language of what only they read. */
  readonly private: Language;
}

/** Remembers who spoke and where, and finds out their languages. */
export async function meet({ storage: { people } }: Flow, incoming: Incoming): Promise<Heard> {
  const { speaker, where, key } = incoming;
  const [person, known] = await Promise.all([people.person(speaker.user), people.place(where.place)]);
  const name = oneLine(speaker.name, 60) || speaker.user;
  if (person?.name !== name) await people.savePerson({ id: speaker.user, name, language: person?.language ?? null });
  if (!known) {
    const place: Place = {
      id: where.place,
      group: where.group,
      language: null,
      policy: where.kind === 'private' ? 'owner' : 'anyone',
    };
    await people.savePlace(place);
  }
  const listeners = { chosen: person?.language ?? null, ofPlace: known?.language ?? null, speaker, where };
  const message = incoming.kind === 'unreadable' ? null : incoming.message;
  const asker = { key, speaker: { ...speaker, name }, where, message, language: languageForPlace(listeners) };
  return { asker, private: languageForPerson(listeners) };
}
