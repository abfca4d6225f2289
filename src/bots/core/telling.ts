import type { LineageNode } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import { type Asker, accept, type Flow, plantUpload } from './accept.ts';
import { receivedCard } from './cards.ts';
import type { EditingCommand } from './command.ts';
import { type EditWords, takeMaskWord, takeSketchWord } from './grammar.ts';
import type { Heard } from './heard.ts';
import { redo, undo } from './history.ts';
import { takePreset } from './house/preset-names.ts';
import { orderEdit } from './intake.ts';
import { sortFiles } from './mask.ts';
import { messagesIn } from './messages/index.ts';
import { branchAt, headOf } from './picture-view.ts';
import { oneLine } from './plain-text.ts';
import type { CommandIncoming, MessageIncoming, RemoteFile } from './platform.ts';
import { orderAgain, orderStep } from './rerolls.ts';
import { fetchUpload, findSource, type Pointers } from './source.ts';
import type { Utterance } from './verbs.ts';

/** Pictures beside the edited one that are kept. */
const OTHERS = 4;

/** An edit as a message says it; its words are read once it is known whether the first of them speaks of a mask. */
export interface Telling {
  readonly incoming: CommandIncoming | MessageIncoming;
  readonly link: string | null;
  readonly followsUp: boolean;
  /** Named by an option; in a text it stands among the words. */
  readonly preset?: string | null;
  readonly read: (text: string) => { readonly command: EditingCommand; readonly words: EditWords };
}

function pointersOf({ incoming, link }: Pick<Telling, 'incoming' | 'link'>): Omit<Pointers, 'file' | 'others'> {
  const { speaker, where, repliedTo, message } = incoming;
  return { speaker, where, link, repliedTo, message };
}

async function isAboutPicture(
  { storage }: Flow,
  { where, repliedTo }: CommandIncoming | MessageIncoming,
): Promise<boolean> {
  return repliedTo !== null && !!(await storage.messages.find(where.place, repliedTo.message))?.node;
}

/** Pictures beside the one that is edited, so that it can be changed for one of them. Their edit has been accepted: nothing is refused. */
async function plantOthers(flow: Flow, asker: Asker, others: readonly RemoteFile[]): Promise<void> {
  for (const file of others.slice(0, OTHERS)) {
    try {
      await plantUpload(flow, asker, await fetchUpload(flow, file, { message: null, isForeign: false }));
    } catch (error) {
      flow.log.info({ error, place: asker.where.place }, 'a further picture could not be kept');
    }
  }
}

/** Edits the picture somebody means as they say. @throws Refusal for whatever cannot be done */
export async function edit(flow: Flow, { asker, ...heard }: Heard, telling: Telling): Promise<void> {
  const { incoming, followsUp } = telling;
  const repliesToPicture = await isAboutPicture(flow, incoming);
  const mayHoldMask = incoming.files.length > (repliesToPicture ? 0 : 1);
  const { isMask: saysMask, rest: unmasked } = mayHoldMask
    ? takeMaskWord(incoming.text)
    : { isMask: false, rest: incoming.text };
  const { kind, rest: named } = mayHoldMask ? takeSketchWord(unmasked) : { kind: null, rest: unmasked };
  const { preset, rest } = takePreset(named);
  const { command, words } = telling.read(rest);
  const hints = { saysMask, saysSketch: kind !== null, repliesToPicture };
  const { file, mask, sketch: drawn, others } = await sortFiles(flow, incoming.files, hints);
  if (words.region && !mask && !drawn) throw new Refusal('no-finder', { target: oneLine(words.region.target, 60) });
  const source = await findSource(flow, { ...pointersOf(telling), file, others });
  if (source.kind === 'upload' && incoming.kind === 'message' && rest.trim() === '' && !mask) {
    const node = await plantUpload(flow, asker, source.upload);
    await incoming.answer.tell(receivedCard(messagesIn(heard.private), node));
    return;
  }
  const sketch = drawn && { file: drawn, kind: kind ?? ('inpaint sketch' as const) };
  const said = { command, words, preset: preset ?? telling.preset ?? null, source, mask, sketch, followsUp };
  const order = await orderEdit(flow, asker, said);
  await accept(flow, order);
  if (source.kind === 'upload') await plantOthers(flow, asker, source.others);
}

/**
 * The picture a verb or a moving command is about: the one that is pointed at, else somebody's last one. HEAD moves from where it is,
 * whoever brought it there. @throws Refusal 'nothing-to-repeat' for a picture that is not known yet
 */
export async function meantNode(
  flow: Flow,
  incoming: CommandIncoming | MessageIncoming,
  { moves, link = null }: { readonly moves: boolean; readonly link?: string | null },
): Promise<LineageNode> {
  const source = await findSource(flow, { ...pointersOf({ incoming, link }), file: undefined, others: [] });
  if (source.kind === 'upload') throw new Refusal('nothing-to-repeat', {});
  const { node } = source;
  const lineage = moves && source.how !== 'pointed at' && (await flow.storage.lineage.lineage(node.lineage));
  if (!lineage || branchAt(lineage, node.id) !== undefined) return node;
  return (await flow.storage.lineage.node(headOf(lineage))) ?? node;
}

/** Does what one word asks for. @throws Refusal for whatever cannot be done */
export async function obey(
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
      return undo(flow, asker, { node, answer: incoming.answer, private: heard.private });
    case 'redo':
      return redo(flow, asker, { node, answer: incoming.answer, private: heard.private });
    default:
      return verb satisfies never;
  }
}
