import type { UnmaskedDraft } from '../../edit/draft.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import type { Sketch } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import { type Asker, accept, type Flow, plantUpload } from './accept.ts';
import { asksAboutMask } from './ask-mask.ts';
import { receivedCard } from './cards.ts';
import type { EditingCommand } from './command.ts';
import { commands } from './commands.ts';
import { compareAbove } from './compare.ts';
import { draftOfMask, hearDrawing, type SaidOfDrawing, withKept } from './drawing.ts';
import { type EditWords, takeMaskWord, takeRemoveWord, takeSketchWord } from './grammar.ts';
import type { Heard } from './heard.ts';
import { redo, undo } from './history.ts';
import { presetNamed, takePreset } from './house/preset-names.ts';
import { orderEdit } from './intake.ts';
import { type FoundMask, placeMask, type Sorted, sortFiles } from './mask.ts';
import { askAboutMask, orderOfMask } from './mask-drafts.ts';
import { messagesIn } from './messages/index.ts';
import { removeDraftCard, useDraft } from './open-drafts.ts';
import { askAboutPair } from './pair.ts';
import { branchAt, headOf } from './picture-view.ts';
import { oneLine } from './plain-text.ts';
import type { CommandIncoming, MessageIncoming, RemoteFile } from './platform.ts';
import { orderAgain, orderStep } from './rerolls.ts';
import { fetchUpload, findSource, imageOfSource, type Pointers, type Source } from './source.ts';
import { askWhere, saidBefore } from './unmasked.ts';
import type { Utterance } from './verbs.ts';

/** Pictures beside the edited one that are kept. */
const OTHERS = 4;

/** An edit as a message says it; its words are read once it is known whether the first of them speaks of a mask. */
export interface Telling {
  readonly incoming: CommandIncoming | MessageIncoming;
  readonly link: string | null;
  readonly followsUp: boolean;
  readonly read: (text: string) => { readonly command: EditingCommand; readonly words: EditWords };
  /** Named by an option; in a text it stands among the words. */
  readonly preset?: string | null;
  /** What shall be removed; null for painting something. */
  readonly target: string | null;
  /** What a drawing that comes along is for, where the call says so. */
  readonly sketch?: Sketch['kind'];
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

/** What a caption says of the strokes or the mask that came with it, and what is left of it. */
interface Caption {
  readonly saysMask: boolean;
  readonly sketch: Sketch['kind'] | null;
  readonly isRemoval: boolean;
  readonly rest: string;
}

const silent = { saysMask: false, sketch: null, isRemoval: false } as const;

function captionOf(text: string, mayHoldMask: boolean): Caption {
  if (!mayHoldMask) return { ...silent, rest: text };
  const removal = takeRemoveWord(text);
  if (removal.isRemoval) return { ...silent, ...removal };
  const { isMask, rest } = takeMaskWord(text);
  const { kind, rest: words } = takeSketchWord(rest);
  return { ...silent, saysMask: isMask, sketch: kind, rest: words };
}

interface Understood extends Caption {
  readonly command: EditingCommand;
  readonly words: EditWords;
  /** A preset by its name. */
  readonly preset: string | null;
  readonly sorted: Sorted;
  readonly target: string | null;
}

/** A caption that speaks of a sketch means the second of two pictures. */
function withSketch(sorted: Sorted, { sketch }: Caption): Sorted {
  const [second, ...more] = sorted.others;
  const isMeant = sketch !== null && second !== undefined && more.length === 0 && !sorted.mask && !sorted.sketch;
  return isMeant ? { ...sorted, sketch: { ...second, role: 'sketch' }, others: [] } : sorted;
}

async function understood(flow: Flow, asker: Asker, telling: Telling): Promise<Understood> {
  const { incoming } = telling;
  const repliesToPicture = await isAboutPicture(flow, incoming);
  const isMessage = incoming.kind === 'message';
  const mayHoldMask = incoming.files.length > (repliesToPicture || isMessage ? 0 : 1);
  const caption = captionOf(incoming.text, mayHoldMask);
  const { preset, rest } = takePreset(caption.rest);
  const { command, words: spoken } = telling.read(rest);
  const target = caption.isRemoval ? (spoken.prompt ?? '') : telling.target;
  const words = caption.isRemoval ? { ...spoken, prompt: null, region: null } : spoken;
  const hints = { saysMask: caption.saysMask, saysSketch: false, repliesToPicture };
  const named = preset ?? telling.preset ?? null;
  if (named !== null) await presetNamed(flow, asker, named); // said wrongly, it is refused now and not when a mask is agreed to
  return {
    ...caption,
    rest,
    command,
    words,
    preset: named,
    target,
    sorted: withSketch(await sortFiles(flow, incoming.files, hints), caption),
  };
}

const saidOf = ({ words, target, preset }: Understood, { followsUp }: Telling) => ({
  ...{ words, target, preset, followsUp },
});

/** A picture that somebody drew on, and what becomes of it; false when it is a picture of its own. */
async function isDrawing(flow: Flow, asker: Asker, telling: Telling, understanding: Understood): Promise<boolean> {
  const { incoming } = telling;
  const { sorted, saysMask, sketch } = understanding;
  if (incoming.kind !== 'message' || !sorted.file || sorted.mask || sorted.others.length > 0) return false;
  const use = saysMask ? ('mask' as const) : sketch;
  const drawn = { file: sorted.file, repliedTo: incoming.repliedTo };
  return hearDrawing(flow, asker, drawn, { ...saidOf(understanding, telling), use });
}

/** Whether a mask that was kept is for this: it is about a part, and brings no mask of its own. */
function needsKept({ command, words, sorted }: Understood): boolean {
  const isAboutPart = [commands.inpaint.name, commands.remove.name].some((name) => name === command.name);
  return (isAboutPart || words.region !== null) && !sorted.mask && !sorted.sketch;
}

/** Does something with the mask that came along, or was kept for this. */
function withMask(
  flow: Flow,
  asker: Asker,
  understanding: Understood,
  use: (mask: FoundMask | undefined) => Promise<void>,
): Promise<void> {
  if (!needsKept(understanding)) return use(understanding.sorted.mask);
  return withKept(flow, asker, 'kept mask', async (kept) => {
    if (!kept) return use(undefined);
    const bytes = await flow.storage.blobs.get(kept);
    await use({ bytes, check: await flow.probe.checkMask(bytes), isPainted: false });
  });
}

async function hasKeptMask({ storage }: Flow, { where, speaker }: Asker): Promise<boolean> {
  return (await storage.drafts.newest(where.place, speaker.user, 'kept mask')) !== undefined;
}

/** Asks about a mask that was sent, or goes on with it. @returns false when there is nothing to ask: it covers everything */
async function isMasked(
  flow: Flow,
  asker: Asker,
  { source, mask }: { readonly source: Source; readonly mask: FoundMask },
  said: Omit<SaidOfDrawing, 'use'> & { readonly asks: boolean },
): Promise<boolean> {
  const { maskMode = 'inpaint masked', maskRound = true } = said.words.params;
  const placed = await placeMask(flow, mask, imageOfSource(source), { maskMode, maskRound });
  if (placed.mask?.kind !== 'image') return false;
  const { covered } = mask.check;
  const repainted = maskMode === 'inpaint masked' ? covered : 1 - covered;
  const isAsked = !mask.isPainted && (await asksAboutMask(flow, asker, { covered: repainted, isGuess: false }));
  if (!isAsked && said.target === null) return false;
  const node = source.kind === 'node' ? source.node : await plantUpload(flow, asker, source.upload);
  const content = draftOfMask(node, placed.mask, { covered, said: { ...said, use: null }, asks: said.asks });
  if (isAsked) await askAboutMask(flow, asker, content);
  else await accept(flow, await orderOfMask(flow, asker, { author: asker.speaker.user, content, node }));
  return true;
}

/** Pictures beside the one that is edited, so that it can be changed for one of them. Their edit has been accepted: nothing is refused. */
async function plantOthers(flow: Flow, asker: Asker, others: readonly RemoteFile[]): Promise<void> {
  for (const file of others.slice(0, OTHERS)) {
    try {
      await plantUpload(flow, asker, await fetchUpload(flow, file, { message: null }));
    } catch (error) {
      flow.log.info({ error, place: asker.where.place }, 'a further picture could not be kept');
    }
  }
}

/** Two pictures of a message of which nothing says what the second is; undefined where that is clear, or not asked about. */
function unclearPair(
  flow: Flow,
  { where }: Asker,
  { incoming }: Telling,
  { sorted, command, target }: Understood,
): readonly [RemoteFile, RemoteFile] | undefined {
  const { file, others } = sorted;
  const [second] = others;
  const isAsked = flow.platformOf(where.place)?.capabilities.pairs === 'ask' && incoming.kind === 'message';
  const isPlain = command.name === commands.edit.name && target === null && !sorted.mask && !sorted.sketch;
  return isAsked && isPlain && file && second && others.length === 1 ? [file, second] : undefined;
}

/** Whether a picture has come, to be painted on in part, without anything that says which part. */
function isUnmasked(
  flow: Flow,
  { where }: Asker,
  {
    source,
    mask,
    command,
    target,
    sorted,
  }: Understood & { readonly source: Source; readonly mask: FoundMask | undefined },
): boolean {
  const canAsk = flow.platformOf(where.place)?.capabilities.ephemeral === false; // else the one who asked is told alone
  const isPart = target !== null || (command.name === commands.inpaint.name && !sorted.sketch);
  return canAsk && isPart && !mask && source.kind === 'upload' && !source.upload.transparent;
}

const isPartial = ({ incoming }: Telling): boolean => incoming.kind === 'command' && incoming.isPartial === true;

/** Nothing shows what shall be removed, and nothing here finds it by its name. */
const whereIs = (target: string): Refusal =>
  target.trim() === '' ? new Refusal('no-mask', {}) : new Refusal('no-finder', { target: oneLine(target, 60) });

/** The edit itself, when nothing about its mask or strokes is left to be asked. */
async function editNow(
  flow: Flow,
  asker: Asker,
  telling: Telling,
  { source, mask, ...understanding }: Understood & { readonly source: Source; readonly mask: FoundMask | undefined },
): Promise<void> {
  const { command, words, preset, sorted, sketch: kind, target } = understanding;
  const drawn = sorted.sketch;
  if (target !== null) throw whereIs(target);
  const sketch = drawn && { file: drawn, kind: kind ?? telling.sketch ?? ('inpaint sketch' as const) };
  const { followsUp } = telling;
  const order = await orderEdit(flow, asker, { command, words, preset, source, mask, sketch, followsUp });
  const notes = isPartial(telling) ? [...order.notes, messagesIn(asker.language).picture.onlyOne] : order.notes;
  await accept(flow, { ...order, notes });
  if (source.kind === 'upload') await plantOthers(flow, asker, source.others);
}

/** The edit a picture has waited for: words that come with its mask or drawing count more than the ones from before. */
function withSaidBefore(telling: Telling, { words, preset, target }: UnmaskedDraft): Telling {
  const command = commands[target === null ? 'inpaint' : 'remove'];
  const read = (text: string) => {
    if (text.trim() === '') return { command, words };
    const { words: now } = telling.read(text);
    return { command, words: { ...now, params: { ...words.params, ...now.params } } };
  };
  return { ...telling, read, preset, target };
}

/** Edits the picture somebody means as they say. @throws Refusal for whatever cannot be done */
export async function edit(flow: Flow, heard: Heard, telling: Telling): Promise<void> {
  const { incoming } = telling;
  const before = incoming.kind === 'message' ? await saidBefore(flow, incoming) : undefined;
  if (!before) return editAsSaid(flow, heard, telling);
  const { draft, content } = before;
  await useDraft(flow, draft, () => editAsSaid(flow, heard, withSaidBefore(telling, content)));
  await removeDraftCard(flow, draft, incoming.repliedTo?.message ?? null);
}

async function editAsSaid(flow: Flow, { asker, ...heard }: Heard, telling: Telling): Promise<void> {
  const { incoming } = telling;
  const understanding = await understood(flow, asker, telling);
  if (await isDrawing(flow, asker, telling, understanding)) return;
  const { sorted, rest, words, command } = understanding;
  if (words.region && !sorted.mask && !sorted.sketch && !(await hasKeptMask(flow, asker)))
    throw new Refusal('no-finder', { target: oneLine(words.region.target, 60) });
  const pair = unclearPair(flow, asker, telling, understanding);
  if (pair) return askAboutPair(flow, asker, { files: pair, words, preset: understanding.preset });
  const source = await findSource(flow, { ...pointersOf(telling), file: sorted.file, others: sorted.others });
  const isBare = incoming.kind === 'message' && rest.trim() === '';
  if (source.kind === 'upload' && isBare && !sorted.mask) {
    const node = await plantUpload(flow, asker, source.upload);
    const capabilities = flow.platformOf(asker.where.place)?.capabilities;
    if (capabilities) await incoming.answer.tell(receivedCard(messagesIn(heard.private), node, capabilities));
    return;
  }
  const said = { ...saidOf(understanding, telling), asks: incoming.kind === 'message' };
  const isPlain = command.edits.sets.script === undefined && words.params.script === undefined;
  await withMask(flow, asker, understanding, async (mask) => {
    if (mask && isPlain && !sorted.sketch && (await isMasked(flow, asker, { source, mask }, said))) return;
    if (source.kind === 'upload' && isUnmasked(flow, asker, { ...understanding, source, mask })) {
      const { preset, target } = understanding;
      return askWhere(flow, asker, { upload: source.upload, words, preset, target, isPartial: isPartial(telling) });
    }
    await editNow(flow, asker, telling, { ...understanding, source, mask });
  });
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
    case 'compare':
      return compareAbove(flow, asker, node);
    default:
      return verb satisfies never;
  }
}
