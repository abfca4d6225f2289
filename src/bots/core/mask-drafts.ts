import type { BlobRef } from '../../edit/blob.ts';
import { type DraftWords, type MaskDraft, maskDraftSchema } from '../../edit/draft.ts';
import { fields } from '../../edit/fields.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { type MaskCombination, type MaskWork, maskCombinations } from '../../edit/probe.ts';
import { Refusal } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { type Asker, accept, type Flow } from './accept.ts';
import { arranged, button } from './buttons.ts';
import { plainCard, promptOf } from './cards.ts';
import type { EditingCommand } from './command.ts';
import { commands } from './commands.ts';
import { orderEdit } from './intake.ts';
import { GROW_STEP, isSketch, maskCard } from './mask-card.ts';
import type { Messages } from './messages/catalogue.ts';
import { messagesIn } from './messages/index.ts';
import { checkOwner, postDraft, putDraft, removeDraftCard, useDraft } from './open-drafts.ts';
import { checkLength } from './options.ts';
import { movedTo, pastMasks } from './past-masks.ts';
import { soundText } from './plain-text.ts';
import type { Form } from './platform.ts';
import { type Press, field } from './press.ts';
import { removalWords } from './remove.ts';
import { visibleNode } from './source.ts';

/** Nothing said. */
export const noWords: DraftWords = { prompt: null, append: '', negative: null, appendNegative: '', params: {} };

/** Asks whether a mask, or what was drawn, is meant: a card with the part marked in red. */
export async function askAboutMask(flow: Flow, asker: Asker, content: MaskDraft): Promise<void> {
  await postDraft(flow, asker, await putDraft(flow, asker, 'mask', content));
}

const contentOf = (draft: Draft): MaskDraft => maskDraftSchema.parse(draft.content);

/** A draft and the picture it is about. @throws Refusal 'gone' */
async function opened(flow: Flow, draft: Draft, asker: Asker) {
  const content = contentOf(draft);
  return { content, node: await visibleNode(flow, content.node, asker.where) };
}

/** Shows a changed draft on the card that is there; on a new one when that is gone. */
async function show(flow: Flow, { asker, incoming }: Press, draft: Draft, node: LineageNode): Promise<void> {
  const platform = flow.platformOf(draft.place);
  const { message } = incoming;
  if (!platform) return;
  const { capabilities } = platform;
  const content = contentOf(draft);
  const card = await maskCard(flow, messagesIn(asker.language), { ...draft, content }, { node, capabilities });
  if (message === null) return postDraft(flow, asker, draft);
  try {
    await platform.edit(draft.place, message, card);
  } catch {
    await postDraft(flow, asker, draft);
  }
}

async function change(flow: Flow, press: Press, draft: Draft, node: LineageNode, content: MaskDraft): Promise<void> {
  checkOwner(draft, press.asker);
  await show(flow, press, await putDraft(flow, { ...press.asker, speaker: { ...press.asker.speaker, user: draft.author } }, 'mask', content, draft.id), node);
}

/** The mask as a hard one of the picture's size. */
async function hardened(flow: Flow, { mask }: MaskDraft, node: LineageNode): Promise<Uint8Array> {
  const from = await flow.storage.blobs.get(mask.blob);
  return (await flow.probe.drawMask({ kind: 'read', from, reading: mask.read, size: node.image })).mask;
}

/** Another shape of the mask. @throws Refusal 'mask-empty' when nothing is left of it */
async function reshape(
  flow: Flow,
  press: Press,
  draft: Draft,
  workOn: (mask: Uint8Array) => MaskWork | Promise<MaskWork>,
): Promise<void> {
  checkOwner(draft, press.asker);
  const { content, node } = await opened(flow, draft, press.asker);
  if (isSketch(content)) throw new Refusal('old-button', {});
  const { mask, covered } = await flow.probe.drawMask(await workOn(await hardened(flow, content, node)));
  if (covered === 0) throw new Refusal('mask-empty', {});
  const blob: BlobRef = await flow.storage.blobs.put(mask);
  await change(flow, press, draft, node, { ...content, covered, mask: { kind: 'image', blob, read: 'white' } });
}

export const invertMask = (flow: Flow, press: Press, draft: Draft) =>
  reshape(flow, press, draft, (mask) => ({ kind: 'invert', mask }));
export const growMask = (flow: Flow, press: Press, draft: Draft) =>
  reshape(flow, press, draft, (mask) => ({ kind: 'grow', mask, by: GROW_STEP }));
export const shrinkMask = (flow: Flow, press: Press, draft: Draft) =>
  reshape(flow, press, draft, (mask) => ({ kind: 'grow', mask, by: -GROW_STEP }));

/** Switches soft inpainting for this edit. */
export async function toggleSoft(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { content, node } = await opened(flow, draft, press.asker);
  const params = { ...content.words.params, softInpainting: !content.words.params.softInpainting };
  await change(flow, press, draft, node, { ...content, words: { ...content.words, params } });
}

/** What strokes that are painted in begin with: "modify element" of the founding document. */
export const sketchParams = { softInpainting: true, denoisingStrength: 0.7, maskedContent: 'original' } as const;

/** Takes strokes for colours instead of a sign of where, or the other way round. */
export async function toggleSketch(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { content, node } = await opened(flow, draft, press.asker);
  const { strokes } = content;
  if (!strokes) throw new Refusal('old-button', {});
  const use = strokes.use === 'mask' ? 'inpaint sketch' : 'mask';
  const { softInpainting: _, denoisingStrength: __, maskedContent: ___, ...said } = content.words.params;
  const params = use === 'mask' ? said : { ...sketchParams, ...content.words.params };
  await change(flow, press, draft, node, { ...content, strokes: { ...strokes, use }, words: { ...content.words, params } });
}

export async function dismissDraft(flow: Flow, { asker, incoming }: Press, draft: Draft): Promise<void> {
  checkOwner(draft, asker);
  await useDraft(flow, draft, () => removeDraftCard(flow, draft, incoming.message));
}

/** How two masks can become one, as a choice. */
function combineCard(messages: Messages, draft: Draft, press: Press, flow: Flow) {
  const capabilities = flow.platformOf(draft.place)?.capabilities;
  const choices = maskCombinations.map((how) =>
    button(messages, 'mc', draft.id, { label: messages.mask.combinations[how], arg: how }),
  );
  const rows = capabilities ? arranged([choices], capabilities) : [choices];
  return press.incoming.answer.tell({ ...plainCard, title: messages.mask.combineTitle, rows });
}

/** Combines the mask with the newest other one of the picture, or the one that made picture `withNumber`. @throws Refusal 'no-past-mask' */
export async function combine(
  flow: Flow,
  press: Press,
  draft: Draft,
  { how, withNumber = null }: { readonly how: MaskCombination; readonly withNumber?: number | null },
): Promise<void> {
  const { node } = await opened(flow, draft, press.asker);
  const past = await pastMasks(flow, node);
  const chosen = withNumber === null ? past[0] : past.find(({ from }) => from.number === withNumber);
  if (!chosen) throw new Refusal('no-past-mask', {});
  const other = await flow.storage.blobs.get(await movedTo(flow, chosen, node));
  await reshape(flow, press, draft, (mask) => ({ kind: 'combine', mask, other, how }));
}

export async function combineMask(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { arg } = press.incoming;
  const how = maskCombinations.find((name) => name === arg);
  if (arg === '') return combineCard(messagesIn(press.private), draft, press, flow);
  if (!how) throw new Refusal('old-button', {});
  await combine(flow, press, draft, { how });
}

function promptForm({ private: language }: Press, draft: Draft, node: LineageNode): Form {
  const { prompt } = fields;
  const messages = messagesIn(language);
  const more = { long: true, required: true, maxLength: prompt.maxLength };
  return {
    action: 'mu',
    target: draft.id,
    title: messages.mask.promptTitle(node.number),
    fields: [field(prompt.chat, prompt.label[language], promptOf(node), more)],
  };
}

/** The command a draft's edit is made by. */
const commandOf = ({ target, strokes }: MaskDraft): EditingCommand =>
  target !== null ? commands.remove : strokes?.use === 'sketch' ? commands.sketch : commands.inpaint;

/** The edit a draft stands for, as `user` of the draft meant it. */
async function orderOf(flow: Flow, asker: Asker, draft: Draft, node: LineageNode, content: MaskDraft) {
  const { mask, strokes, target, followsUp } = content;
  const words = target === null ? content.words : removalWords(messagesIn(asker.language), node, content.words, target);
  const painted = strokes && strokes.use !== 'mask' ? { painted: strokes.painted, kind: strokes.use } : undefined;
  return orderEdit(flow, asker, {
    command: commandOf(content),
    words,
    source: { kind: 'node', node, how: 'pointed at' },
    mask: painted ? undefined : { ready: mask, author: draft.author },
    sketch: painted,
    secondIgnored: false,
    followsUp,
  });
}

async function run(flow: Flow, { asker, incoming }: Pick<Press, 'asker' | 'incoming'>, draft: Draft, content: MaskDraft) {
  const node = await visibleNode(flow, content.node, asker.where);
  await useDraft(flow, draft, async () => accept(flow, await orderOf(flow, asker, draft, node, content)));
  await removeDraftCard(flow, draft, incoming.message);
}

/** Goes on with the mask; asks for words first when there are none. */
export async function useMask(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { content, node } = await opened(flow, draft, press.asker);
  const { words, asks, target } = content;
  const answered = press.incoming.values?.[fields.prompt.chat];
  const isMissing = asks && target === null && words.prompt === null && words.append === '';
  if (isMissing && answered === undefined) return press.incoming.answer.form(promptForm(press, draft, node));
  if (answered === undefined) return run(flow, press, draft, content);
  checkLength(answered);
  await run(flow, press, draft, { ...content, words: { ...words, prompt: soundText(answered) } });
}
