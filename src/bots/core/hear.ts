import type { LineageNode } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Language, Place } from '../../storage/index.ts';
import { type Asker, accept, type Flow, plantUpload } from './accept.ts';
import { act, cancelJob } from './actions.ts';
import { errorCard, receivedCard } from './cards.ts';
import { type Command, commands } from './commands.ts';
import { type EditWords, parseText, parseWords, takeMaskWord, takeSketchWord, type Utterance } from './grammar.ts';
import { helpCard, helpTopic } from './help.ts';
import { redo, undo } from './history.ts';
import { orderEdit } from './intake.ts';
import { languageForPerson, languageForPlace } from './language.ts';
import { sortFiles } from './mask.ts';
import { messagesIn } from './messages/index.ts';
import { parseAdvanced, parseOptions } from './options.ts';
import { branchAt, headOf } from './picture-view.ts';
import { oneLine } from './plain-text.ts';
import type { CommandIncoming, Incoming, MessageIncoming } from './platform.ts';
import { queueCard } from './queue-card.ts';
import { orderAgain, orderStep } from './rerolls.ts';
import { findSource, type Pointers } from './source.ts';

/** Days until somebody is told again that a reply needs the mention to be seen. */
const HINT_DAYS = 30;

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

/** An edit as a message says it; its words are read once it is known whether the first of them speaks of a mask. */
interface Telling {
  readonly incoming: CommandIncoming | MessageIncoming;
  readonly command: Command;
  readonly link: string | null;
  readonly followsUp: boolean;
  readonly read: (text: string) => EditWords;
}

function pointersOf({ incoming, link }: Pick<Telling, 'incoming' | 'link'>): Omit<Pointers, 'file'> {
  const { speaker, where, repliedTo, message } = incoming;
  return { speaker, where, link, repliedTo, message };
}

async function isAboutPicture(
  { storage }: Flow,
  { where, repliedTo }: CommandIncoming | MessageIncoming,
): Promise<boolean> {
  return repliedTo !== null && !!(await storage.messages.find(where.place, repliedTo.message))?.node;
}

async function edit(flow: Flow, { asker, ...heard }: Heard, telling: Telling): Promise<void> {
  const { incoming, command, followsUp } = telling;
  const repliesToPicture = await isAboutPicture(flow, incoming);
  const mayHoldMask = incoming.files.length > (repliesToPicture ? 0 : 1);
  const { isMask: saysMask, rest: unmasked } = mayHoldMask
    ? takeMaskWord(incoming.text)
    : { isMask: false, rest: incoming.text };
  const { kind, rest } = mayHoldMask ? takeSketchWord(unmasked) : { kind: null, rest: unmasked };
  const words = telling.read(rest);
  const hints = { saysMask, saysSketch: kind !== null, repliesToPicture };
  const { file, mask, sketch: drawn, secondIgnored } = await sortFiles(flow, incoming.files, hints);
  const source = await findSource(flow, { ...pointersOf(telling), file });
  if (source.kind === 'upload' && incoming.kind === 'message' && rest.trim() === '' && !mask) {
    const node = await plantUpload(flow, asker, source.upload);
    await incoming.answer.tell(receivedCard(messagesIn(heard.private), node));
    return;
  }
  const sketch = drawn && { file: drawn, kind: kind ?? ('inpaint sketch' as const) };
  const order = await orderEdit(flow, asker, { command, words, source, mask, sketch, secondIgnored, followsUp });
  await accept(flow, order);
}

/**
 * The picture a verb or a moving command is about: the one that is pointed at, else somebody's last one. HEAD moves from where it is,
 * whoever brought it there. @throws Refusal 'nothing-to-repeat' for a picture that is not known yet
 */
async function meantNode(
  flow: Flow,
  incoming: CommandIncoming | MessageIncoming,
  { moves }: { readonly moves: boolean },
): Promise<LineageNode> {
  const source = await findSource(flow, { ...pointersOf({ incoming, link: null }), file: undefined });
  if (source.kind === 'upload') throw new Refusal('nothing-to-repeat', {});
  const { node } = source;
  const lineage = moves && source.how !== 'pointed at' && (await flow.storage.lineage.lineage(node.lineage));
  if (!lineage || branchAt(lineage, node.id) !== undefined) return node;
  return (await flow.storage.lineage.node(headOf(lineage))) ?? node;
}

async function obey(
  flow: Flow,
  { asker, ...heard }: Heard,
  incoming: CommandIncoming | MessageIncoming,
  { verb, params }: Pick<Utterance & { kind: 'verb' }, 'verb' | 'params'>,
): Promise<void> {
  const node = await meantNode(flow, incoming, { moves: verb === 'undo' || verb === 'redo' });
  switch (verb) {
    case 'again':
      return accept(flow, await orderAgain(flow, asker, node, params));
    case 'less':
    case 'more':
      return accept(flow, await orderStep(flow, asker, node, { action: verb === 'less' ? 'ls' : 'mo', said: params }));
    case 'undo':
      return undo(flow, asker, { node, seen: '', answer: incoming.answer, private: heard.private });
    case 'redo':
      return redo(flow, asker, node);
    default:
      return verb satisfies never;
  }
}

/** Their job that is replied to, else their newest one here. @throws Refusal 'too-late' when nothing is left to cancel */
async function cancel(flow: Flow, { asker }: Heard, incoming: CommandIncoming): Promise<void> {
  const { jobs, messages } = flow.storage;
  const { place } = asker.where;
  const link = incoming.repliedTo && (await messages.find(place, incoming.repliedTo.message));
  const row = link?.job ? await jobs.find(link.job) : await jobs.newestUnfinished(place, asker.speaker.user);
  if (row?.place !== place) throw new Refusal('too-late', {});
  await cancelJob(flow, asker, row);
}

/** Words of a command: its options, what was typed after it, and `advanced`, which wins. */
function wordsOfCommand({ options: { link: _, advanced = '', ...typed } }: CommandIncoming, text: string): EditWords {
  const words = parseWords(text);
  const params = { ...words.params, ...parseOptions(typed), ...parseAdvanced(String(advanced)) };
  const { prompt, negativePrompt, ...rest } = params;
  return { ...words, prompt: prompt || words.prompt, negative: negativePrompt ?? words.negative, params: rest };
}

async function command(flow: Flow, heard: Heard, incoming: CommandIncoming): Promise<void> {
  const { name, options, text, answer } = incoming;
  switch (name) {
    case 'edit':
    case 'inpaint':
    case 'outpaint':
    case 'upscale': {
      const link = typeof options.link === 'string' && options.link.trim() !== '' ? options.link : null;
      const read = (rest: string) => wordsOfCommand(incoming, rest);
      return edit(flow, heard, { incoming, command: commands[name], link, followsUp: false, read });
    }
    case 'undo':
    case 'redo':
      return obey(flow, heard, incoming, { verb: name, params: {} });
    case 'cancel':
      return cancel(flow, heard, incoming);
    case 'queue': {
      const { speaker, where } = heard.asker;
      const who = { user: speaker.user, group: where.group };
      return answer.tell(queueCard(messagesIn(heard.private), await flow.queue.line(), who));
    }
    default: // `help`, a first `start`, and whatever we do not know
      return answer.tell(helpCard(helpTopic(String(options.topic ?? text)), heard.private));
  }
}

/** A reply whose words the platform kept to itself: says so, but not every time. */
async function hint({ storage, clock }: Flow, heard: Heard, incoming: MessageIncoming): Promise<void> {
  const { user } = incoming.speaker;
  if (!(await storage.people.mayHint(user, 'no-content', HINT_DAYS, new Date(clock.now())))) return;
  await incoming.answer.tell(errorCard(messagesIn(heard.private), { code: 'no-content', details: {} }, null));
}

async function message(flow: Flow, heard: Heard, incoming: MessageIncoming): Promise<void> {
  const { files, text, repliedTo } = incoming;
  if (files.length === 0 && text.trim() === '' && !repliedTo?.files.length) return hint(flow, heard, incoming);
  const said = files.length === 0 ? parseText(text) : undefined;
  if (said?.kind === 'verb') return obey(flow, heard, incoming, said);
  return edit(flow, heard, { incoming, command: commands.edit, link: null, followsUp: true, read: parseWords });
}

/** Does what an incoming thing asks for. @throws Refusal for whatever cannot be done */
export async function hear(flow: Flow, heard: Heard, incoming: Incoming): Promise<void> {
  switch (incoming.kind) {
    case 'command':
      return command(flow, heard, incoming);
    case 'message':
      return message(flow, heard, incoming);
    case 'action':
      return act(flow, { asker: heard.asker, incoming, private: heard.private });
    case 'unreadable':
      throw new Refusal('old-button', {});
    default:
      return incoming satisfies never;
  }
}
