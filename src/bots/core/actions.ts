import { fields } from '../../edit/fields.ts';
import { isId, type JobId, type LineageNode, type NodeId } from '../../edit/lineage.ts';
import { LATENT_UPSCALE_STRENGTH } from '../../edit/resolve.ts';
import { Refusal } from '../../errors.ts';
import type { Draft, JobRow } from '../../storage/index.ts';
import { type Asker, accept, type Flow } from './accept.ts';
import { SHARP_ARG } from './buttons.ts';
import { cancelJob } from './cancel.ts';
import { originalCard, promptOf, settingsCards } from './cards.ts';
import { castBallot } from './carry.ts';
import { changeSource, offerSources } from './change-source.ts';
import { commands } from './commands.ts';
import type { EditWords } from './grammar.ts';
import { pick, redo, undo } from './history.ts';
import { holdPicture } from './holds.ts';
import { easier } from './house/easier.ts';
import { confirm, dismiss, isQuestion, reportPressed, savePressed } from './house/questions.ts';
import { orderEdit } from './intake.ts';
import {
  combineMask,
  dismissDraft,
  growMask,
  invertMask,
  shrinkMask,
  toggleSketch,
  toggleSoft,
  useMask,
} from './mask-drafts.ts';
import { messagesIn } from './messages/index.ts';
import { useNewPicture } from './new-picture.ts';
import { openDraft, spend } from './open-drafts.ts';
import { checkLength, parseAdvanced, parseOptions } from './options.ts';
import { openOutpaint, pressOutpaint } from './outpaint-dialog.ts';
import { usePair } from './pair.ts';
import { parkedEdit } from './parallel.ts';
import { pictureView } from './picture-view.ts';
import { useInfo } from './pinfo.ts';
import type { ActionId, Form } from './platform.ts';
import { field, type NodeAction, type Press } from './press.ts';
import { regionMenu } from './region-menu.ts';
import { pressRemove, repairSeams } from './repairs.ts';
import { orderAgain, orderOnto, orderSameMask, orderStep } from './rerolls.ts';
import { useSheet } from './sketch-command.ts';
import { visibleNode } from './source.ts';
import { treeActions } from './tree-actions.ts';
import { useWhole } from './unmasked.ts';
import { upscaleMenu } from './upscale-menu.ts';
import { begin } from './welcome.ts';

/** The form of Edit…: the picture's present values, by chat option names. */
function editForm({ private: language }: Press, node: LineageNode): Form {
  const messages = messagesIn(language);
  const params = node.task?.request.params;
  const { prompt, negativePrompt, denoisingStrength, seed } = fields;
  const long = { long: true, maxLength: prompt.maxLength };
  const strength = params?.denoisingStrength ?? commands.edit.edits.usual.denoisingStrength;
  return {
    action: 'ed',
    target: node.id,
    title: messages.form.title(node.number),
    fields: [
      field(prompt.chat, prompt.label[language], promptOf(node), { ...long, required: true }),
      field(negativePrompt.chat, negativePrompt.label[language], params?.negativePrompt ?? '', long),
      field(denoisingStrength.chat, denoisingStrength.label[language], String(strength)),
      field(seed.chat, seed.label[language], String(node.seed ?? seed.default)),
      field('advanced', messages.form.advanced, '', { long: true, maxLength: 1000 }),
    ],
  };
}

/** What an answered form says. Blank numbers keep what is usual; words that were left out, as long ones may be, stay the picture's. */
function wordsOfForm(values: Readonly<Record<string, string>>, { task }: LineageNode): EditWords {
  const before = task?.request.params;
  const { prompt = before?.prompt ?? '', negative = before?.negativePrompt ?? '' } = values;
  const { strength = '', seed = '', advanced = '' } = values;
  for (const text of [prompt, negative]) checkLength(text);
  const numbers = Object.fromEntries(Object.entries({ strength, seed }).filter(([, value]) => value.trim() !== ''));
  const params = { ...parseOptions({ prompt, negative, ...numbers }), ...parseAdvanced(advanced) };
  return {
    prompt: params.prompt ?? prompt,
    append: '',
    negative: params.negativePrompt ?? '',
    appendNegative: '',
    params,
    region: null,
    saidTwice: [],
  };
}

async function edit(flow: Flow, press: Press, node: LineageNode): Promise<void> {
  const { incoming, asker } = press;
  if (!incoming.values) {
    await holdPicture(flow, asker, node.id);
    await incoming.answer.form(editForm(press, node));
    return;
  }
  const source = { kind: 'node', node, how: 'pointed at' } as const;
  const said = {
    command: commands.edit,
    words: wordsOfForm(incoming.values, node),
    preset: null,
    source,
    mask: undefined,
    sketch: undefined,
  };
  await accept(flow, await orderEdit(flow, asker, { ...said, followsUp: true }));
}

async function settings(flow: Flow, { incoming, asker, ...press }: Press, node: LineageNode): Promise<void> {
  const platform = flow.platformOf(asker.where.place);
  if (!platform) return;
  const view = await pictureView(flow, node, { whole: false });
  for (const card of settingsCards(messagesIn(press.private), view, platform.capabilities))
    await incoming.answer.tell(card);
}

/** Actions whose target is a draft. */
type DraftAction = 'mu' | 'mi' | 'mg' | 'mh' | 'mc' | 'so' | 'sk' | 'ok' | 'no';

/** What pressing does to something that waits to be decided. */
const onDrafts: Readonly<Record<DraftAction, (flow: Flow, press: Press, draft: Draft) => Promise<void>>> = {
  mu: useMask,
  mi: invertMask,
  mg: growMask,
  mh: shrinkMask,
  mc: combineMask,
  so: toggleSoft,
  sk: toggleSketch,
  ok: (flow, press, draft) => confirmed(draft)(flow, press, draft),
  no: (flow, press, draft) => (isQuestion(draft) ? dismiss : dismissDraft)(flow, press, draft),
};

/** What agreeing to one of these does. */
const onAgreed = { pair: usePair, 'no mask': useWhole, sheet: useSheet, 'new picture': useNewPicture };
const canBeAgreed = (kind: string): kind is keyof typeof onAgreed => Object.hasOwn(onAgreed, kind);

/** What agreeing to it does. @throws Refusal 'old-button' where there is nothing to agree to */
function confirmed(draft: Draft) {
  if (isQuestion(draft)) return confirm;
  if (!canBeAgreed(draft.kind)) throw new Refusal('old-button', {});
  return onAgreed[draft.kind];
}

/** A draft that a button is about, if it is of the kind that has such buttons. @throws Refusal 'gone', 'old-button' */
async function draftFor(flow: Flow, { incoming, asker }: Press): Promise<Draft> {
  const { action, target } = incoming;
  const draft = await openDraft(flow, target, asker.where);
  const kind = action === 'op' ? 'outpaint' : action === 'ok' || action === 'no' ? draft.kind : 'mask';
  if (draft.kind !== kind) throw new Refusal('old-button', {});
  return draft;
}

const isDraftAction = (action: ActionId): action is DraftAction => Object.hasOwn(onDrafts, action);

/** Actions whose target is a picture. */
type NodeActionId = Exclude<ActionId, DraftAction | 'cx' | 'rt' | 'cs' | 'ah' | 'vt' | 'wp' | 'ps' | 'fg' | 'wl'>;

/** What pressing does to the picture whose button it is. */
const onNodes: Readonly<Record<NodeActionId, NodeAction>> = {
  ...treeActions,
  ag: async (flow, { asker }, node) => accept(flow, await orderAgain(flow, asker, node)),
  ls: async (flow, { asker }, node) => accept(flow, await orderStep(flow, asker, node, { action: 'ls' })),
  mo: async (flow, { asker, incoming }, node) => {
    const said = incoming.arg === SHARP_ARG ? { denoisingStrength: LATENT_UPSCALE_STRENGTH } : {};
    await accept(flow, await orderStep(flow, asker, node, { action: 'mo', said }));
  },
  sm: async (flow, { asker }, node) => accept(flow, await orderSameMask(flow, asker, node)),
  ui: (flow, { asker }, node) => useInfo(flow, asker, node),
  ed: edit,
  pk: (flow, { asker, incoming }, node) => pick(flow, asker, node, incoming.arg),
  un: (flow, { asker, incoming, ...press }, node) =>
    undo(flow, asker, { node, answer: incoming.answer, private: press.private }, incoming.arg),
  rd: (flow, { asker, incoming, ...press }, node) =>
    redo(flow, asker, { node, answer: incoming.answer, private: press.private }, incoming.arg),
  rg: regionMenu,
  up: upscaleMenu,
  op: (flow, { asker }, node) => openOutpaint(flow, asker, node),
  rm: pressRemove,
  se: repairSeams,
  st: settings,
  fl: (_, { incoming, ...press }, node) => incoming.answer.tell(originalCard(messagesIn(press.private), node)),
};

async function visibleJob({ storage }: Flow, { where }: Asker, id: JobId): Promise<JobRow> {
  const row = await storage.jobs.find(id);
  if (row?.place !== where.place) throw new Refusal('gone', {});
  return row;
}

/** Runs a failed edit once more, for whoever presses. */
async function retry(flow: Flow, { asker, incoming }: Press, row: JobRow): Promise<void> {
  if (row.state !== 'failed') throw new Refusal('old-button', {});
  const parent = await visibleNode(flow, row.parent, asker.where);
  const { task, op, maskAuthor } = row;
  const source = { kind: 'node', node: parent, how: 'pointed at' } as const;
  const { request, notes } = await easier(flow, asker, { task, parent }, incoming.arg);
  await accept(flow, { asker, request, parent: source, op, maskAuthor, notes });
}

/** Another picture for an edit that guessed which one was meant: offers some, or takes the one that was chosen. */
async function change(flow: Flow, { asker, incoming, private: language }: Press, row: JobRow): Promise<void> {
  if (row.author !== asker.speaker.user) throw new Refusal('not-yours', {});
  if (incoming.arg === '') return offerSources(flow, asker, row, { answer: incoming.answer, language });
  if (!isId(incoming.arg)) throw new Refusal('old-button', {});
  await changeSource(flow, asker, row, await visibleNode(flow, incoming.arg as NodeId, asker.where));
}

/** The same edit once more, of the picture that is HEAD now. @throws Refusal 'old-button', 'gone' */
async function applyOnHead(flow: Flow, asker: Asker, row: JobRow): Promise<void> {
  const lineage = await flow.storage.lineage.lineage(row.lineage);
  const head = lineage?.heads[row.branch] ?? lineage?.heads.main;
  const parent = head && (await flow.storage.lineage.node(head));
  if (!parent || row.task.kind !== 'edit') throw new Refusal('gone', {});
  await accept(flow, await orderOnto(flow, asker, row, parent));
}

/** The edit that waited while somebody else was busy, beside what they do. @throws Refusal 'gone', 'not-yours' */
async function workInParallel(flow: Flow, asker: Asker, id: string): Promise<void> {
  const { draft, order } = await parkedEdit(flow, asker, id);
  await spend(flow, draft, () => accept(flow, { ...order, asker }));
}

/**
 * Does what a button says. Its identifiers may be forged: only what was made in this place is found.
 * @throws Refusal 'old-button', 'gone', 'not-yours', and whatever the action refuses
 */
export async function act(flow: Flow, press: Press): Promise<void> {
  const { incoming, asker } = press;
  const { action, target } = incoming;
  if (!isId(target)) throw new Refusal('old-button', {});
  if (action === 'wl') return begin(flow, press);
  if (action === 'op' && incoming.arg !== '') return pressOutpaint(flow, press, await draftFor(flow, press));
  if (isDraftAction(action)) return onDrafts[action](flow, press, await draftFor(flow, press));
  switch (action) {
    case 'cx':
      return cancelJob(flow, asker, await visibleJob(flow, asker, target as JobId));
    case 'rt':
      return retry(flow, press, await visibleJob(flow, asker, target as JobId));
    case 'ps':
      return savePressed(flow, press);
    case 'fg':
      return reportPressed(flow, press);
    case 'cs':
      return change(flow, press, await visibleJob(flow, asker, target as JobId));
    case 'ah':
      return applyOnHead(flow, asker, await visibleJob(flow, asker, target as JobId));
    case 'vt':
      return castBallot(flow, asker, target);
    case 'wp':
      return workInParallel(flow, asker, target);
    default:
      return onNodes[action](flow, press, await visibleNode(flow, target as NodeId, asker.where));
  }
}
