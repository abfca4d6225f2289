import type { BlobRef } from '../../edit/blob.ts';
import { type DraftWords, type MaskDraft, maskDraftSchema } from '../../edit/draft.ts';
import { fields } from '../../edit/fields.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { type MaskCombination, type MaskWork, maskCombinations } from '../../edit/probe.ts';
import type { UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { type Asker, accept, type Flow, type Order } from './accept.ts';
import { arranged, button } from './buttons.ts';
import { plainCard, promptOf } from './cards.ts';
import type { EditingCommand } from './command.ts';
import { commands } from './commands.ts';
import { orderEdit } from './intake.ts';
import { coversAll, GROW_STEP, isSketch, maskCard } from './mask-card.ts';
import type { Messages } from './messages/catalogue.ts';
import { messagesIn } from './messages/index.ts';
import {
  checkOwner,
  dropDraft,
  onBehalf,
  postDraft,
  putDraft,
  removeDraftCard,
  repostDraft,
  showDraft,
  useDraft,
} from './open-drafts.ts';
import { checkLength } from './options.ts';
import { movedTo, pastMasks } from './past-masks.ts';
import type { Form } from './platform.ts';
import { field, type Press } from './press.ts';
import { removalWords, withoutTarget } from './remove.ts';
import { visibleNode } from './source.ts';

/** Asks whether a mask, or what was drawn, is meant: a card with the part marked in red. */
export async function askAboutMask(flow: Flow, asker: Asker, content: MaskDraft): Promise<void> {
  await postDraft(flow, asker, await putDraft(flow, asker, 'mask', content));
}

const contentOf = (draft: Draft): MaskDraft => maskDraftSchema.parse(draft.content);

/** A draft and the picture it is about. */
interface Opened {
  readonly content: MaskDraft;
  readonly node: LineageNode;
}

/** @throws Refusal 'gone' */
async function opened(flow: Flow, draft: Draft, asker: Asker): Promise<Opened> {
  const content = contentOf(draft);
  return { content, node: await visibleNode(flow, content.node, asker.where) };
}

async function change(flow: Flow, press: Press, draft: Draft, changed: Opened): Promise<void> {
  checkOwner(draft, press.asker);
  const { content, node } = changed;
  await showDraft(flow, press, { ...draft, content }, (capabilities) =>
    maskCard(flow, messagesIn(press.asker.language), { ...draft, content }, { node, capabilities }),
  );
}

/** The mask as a hard one of the picture's size. */
async function hardened(flow: Flow, { mask }: MaskDraft, node: LineageNode): Promise<Uint8Array> {
  const from = await flow.storage.blobs.get(mask.blob);
  return (await flow.probe.drawMask({ kind: 'read', from, reading: mask.read, size: node.image })).mask;
}

/** Another shape of the mask. @throws Refusal 'mask-empty' when nothing is left of it */
async function reshaped(
  flow: Flow,
  { content, node }: Opened,
  workOn: (mask: Uint8Array) => MaskWork,
): Promise<Opened> {
  if (isSketch(content)) throw new Refusal('old-button', {});
  const { mask, covered } = await flow.probe.drawMask(workOn(await hardened(flow, content, node)));
  if (covered === 0) throw new Refusal('mask-empty', {});
  const blob: BlobRef = await flow.storage.blobs.put(mask);
  return { content: { ...content, covered, mask: { kind: 'image', blob, read: 'white' } }, node };
}

async function reshape(flow: Flow, press: Press, draft: Draft, workOn: (mask: Uint8Array) => MaskWork): Promise<void> {
  checkOwner(draft, press.asker);
  await change(flow, press, draft, await reshaped(flow, await opened(flow, draft, press.asker), workOn));
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
  await change(flow, press, draft, { content: { ...content, words: { ...content.words, params } }, node });
}

/** What strokes that are painted in begin with where no preset is named: "modify element" of the founding document. */
export const sketchParams = { softInpainting: true, denoisingStrength: 0.7, maskedContent: 'original' } as const;

/** Takes strokes for colours instead of a sign of where, or the other way round. */
export async function toggleSketch(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { content, node } = await opened(flow, draft, press.asker);
  const { strokes } = content;
  if (!strokes) throw new Refusal('old-button', {});
  const use = strokes.use === 'mask' ? 'inpaint sketch' : 'mask';
  const { softInpainting: _, denoisingStrength: __, maskedContent: ___, ...said } = content.words.params;
  const begun = content.preset === null ? sketchParams : {};
  const params = use === 'mask' ? said : { ...begun, ...content.words.params };
  const words = { ...content.words, params };
  await change(flow, press, draft, { content: { ...content, strokes: { ...strokes, use }, words }, node });
}

export async function dismissDraft(flow: Flow, { asker, incoming }: Press, draft: Draft): Promise<void> {
  checkOwner(draft, asker);
  await dropDraft(flow, draft);
  await removeDraftCard(flow, draft, incoming.message);
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

/** Which mask to combine with, and how. */
interface Combining {
  readonly how: MaskCombination;
  /** Number of the picture that was made with it; null for the newest other one. */
  readonly withNumber: number | null;
}

async function combined(flow: Flow, opening: Opened, { how, withNumber }: Combining): Promise<Opened> {
  const past = await pastMasks(flow, opening.node);
  const chosen = withNumber === null ? past[0] : past.find(({ from }) => from.number === withNumber);
  if (!chosen) throw new Refusal('no-past-mask', {});
  const other = await flow.storage.blobs.get(await movedTo(flow, chosen, opening.node));
  return reshaped(flow, opening, (mask) => ({ kind: 'combine', mask, other, how }));
}

/** Combines an open mask with another one of its picture, and shows it. @throws Refusal 'no-past-mask', 'mask-empty' */
export async function combineDraft(flow: Flow, asker: Asker, draft: Draft, how: Combining): Promise<void> {
  checkOwner(draft, asker);
  const { content } = await combined(flow, await opened(flow, draft, asker), how);
  await flow.storage.drafts.put({ ...draft, content });
  await repostDraft(flow, asker, draft);
}

export async function combineMask(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { arg } = press.incoming;
  const how = maskCombinations.find((name) => name === arg);
  if (arg === '') return combineCard(messagesIn(press.private), draft, press, flow);
  if (!how) throw new Refusal('old-button', {});
  checkOwner(draft, press.asker);
  await change(
    flow,
    press,
    draft,
    await combined(flow, await opened(flow, draft, press.asker), { how, withNumber: null }),
  );
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

/** A mask that is agreed to: whose it is, and on which picture. */
interface AgreedMask {
  readonly author: UserId;
  readonly content: MaskDraft;
  readonly node: LineageNode;
}

/** The edit a mask stands for, for whoever goes on with it. */
export async function orderOfMask(flow: Flow, asker: Asker, { author, content, node }: AgreedMask): Promise<Order> {
  const { strokes, target, preset, followsUp } = content;
  const mask = coversAll(content) && target === null ? null : content.mask;
  const messages = messagesIn(asker.language);
  const words = target === null ? content.words : removalWords(messages, node, content.words, target);
  const painted = strokes && strokes.use !== 'mask' ? { painted: strokes.painted, kind: strokes.use } : undefined;
  const order = await orderEdit(flow, asker, {
    command: commandOf(content),
    words,
    preset,
    source: { kind: 'node', node, how: 'pointed at' },
    mask: painted ? undefined : { ready: mask, author },
    sketch: painted,
    followsUp,
  });
  if (target === null) return order;
  return { ...order, notes: [...withoutTarget(messages, node, target).notes, ...order.notes] };
}

async function run(
  flow: Flow,
  { asker, card }: { readonly asker: Asker; readonly card: string | null },
  draft: Draft,
  content: MaskDraft,
): Promise<void> {
  const node = await visibleNode(flow, content.node, asker.where);
  const agreed = { author: draft.author, content, node };
  await useDraft(flow, draft, async () => accept(flow, await orderOfMask(flow, asker, agreed)));
  await removeDraftCard(flow, draft, card);
}

/** Words in reply to the card: they are what is painted, and that the mask is right. */
export async function answerMask(
  flow: Flow,
  asker: Asker,
  draft: Draft,
  { words, preset, card }: { readonly words: DraftWords; readonly preset: string | null; readonly card: string },
): Promise<void> {
  const { content } = await opened(flow, draft, asker);
  const params = { ...content.words.params, ...words.params };
  const said = { ...content, preset: preset ?? content.preset, words: { ...words, params } };
  await run(flow, { asker, card }, draft, said);
}

/** Goes on with the mask; asks for words first when there are none. */
export async function useMask(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { content, node } = await opened(flow, draft, press.asker);
  const { words, asks, target } = content;
  const answered = press.incoming.values?.[fields.prompt.chat];
  const isMissing = asks && target === null && words.prompt === null && words.append === '';
  if (isMissing && answered === undefined) return press.incoming.answer.form(promptForm(press, draft, node));
  const onward = { asker: onBehalf(press), card: press.incoming.message };
  if (answered === undefined) return run(flow, onward, draft, content);
  checkLength(answered);
  await run(flow, onward, draft, { ...content, words: { ...words, prompt: answered } });
}
