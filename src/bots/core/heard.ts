import type { Language, Place } from '../../storage/index.ts';
import type { Asker, Flow } from './accept.ts';
import { aloneWith } from './alone.ts';
import { type Choices, choicesFor, wordOf } from './house/rules.ts';
import { languageForPerson, languageForPlace, languageOf } from './language.ts';
import { oneLine } from './plain-text.ts';
import type { Incoming, Whereabouts } from './platform.ts';

/** Somebody who has spoken, and how to speak to them. */
export interface Heard {
  readonly asker: Asker;
  /** Language of what only they read. */
  readonly private: Language;
}

/** Whether the answer is for nobody else: as the command says, or the message it comes from, or as they always want it. */
function isForThemAlone(incoming: Incoming, choices: Choices): boolean {
  if (incoming.isPrivate) return true;
  const said = incoming.kind === 'command' ? incoming.options.private : undefined;
  if (typeof said === 'boolean') return said;
  return incoming.kind === 'command' && wordOf(choices, 'private') === 'on';
}

/** What the answer replies to: their message, or them alone. In private everything is. */
function answered(incoming: Incoming, choices: Choices): string | null {
  const { where, speaker, answer } = incoming;
  const isPossible = where.kind === 'room' && answer.ticket !== undefined;
  if (isPossible && isForThemAlone(incoming, choices)) return aloneWith(answer.ticket, speaker.user);
  if (incoming.kind === 'unreadable') return null;
  return (incoming.kind === 'action' && incoming.said) || incoming.message;
}

/** Where somebody spoke, as it was remembered; from now on it is. */
async function placeMet(
  { storage: { people } }: Flow,
  { place: id, group, kind, within }: Whereabouts,
): Promise<Place | undefined> {
  const known = await people.place(id);
  if (known && (within === undefined || known.within === within)) return known;
  const policy = kind === 'private' ? 'owner' : null;
  await people.savePlace({ id, group, within: within ?? null, language: known?.language ?? null, policy });
  return known;
}

/** Remembers who spoke and where, and finds out their languages. */
export async function meet(flow: Flow, incoming: Incoming): Promise<Heard> {
  const { people } = flow.storage;
  const { speaker, where, key } = incoming;
  const [person, known] = await Promise.all([people.person(speaker.user), placeMet(flow, where)]);
  const choices = await choicesFor(flow, where, speaker.user);
  const name = oneLine(speaker.name, 60) || speaker.user;
  const { handle = null } = speaker;
  if (person?.name !== name || person.handle !== handle)
    await people.savePerson({ id: speaker.user, name, language: person?.language ?? null, handle });
  const ofPlace = languageOf(String(choices.of('language', ['server', 'channel']).value)) ?? known?.language ?? null;
  const listeners = { chosen: person?.language ?? null, ofPlace, speaker, where };
  const message = answered(incoming, choices);
  const { briefly } = incoming.answer;
  const privately = languageForPerson(listeners);
  const asker = {
    ...{ key, speaker: { ...speaker, name }, where, message, language: languageForPlace(listeners), privately },
    ...(briefly && { briefly }),
  };
  return { asker, private: privately };
}
