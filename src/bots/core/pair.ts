import { type PairDraft, pairDraftSchema } from '../../edit/draft.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { Refusal, type Refusals } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { type Asker, accept, type Flow, plantUpload } from './accept.ts';
import { button } from './buttons.ts';
import { receivedCard } from './cards.ts';
import { commands } from './commands.ts';
import { draftOfMask } from './drawing.ts';
import { orderEdit } from './intake.ts';
import { type FoundMask, placeMask } from './mask.ts';
import { askAboutMask } from './mask-drafts.ts';
import { messagesIn } from './messages/index.ts';
import { checkOwner, onBehalf, postDraft, putDraft, removeDraftCard, useDraft } from './open-drafts.ts';
import { pairMeanings } from './pair-card.ts';
import type { RemoteFile } from './platform.ts';
import type { Press } from './press.ts';
import { fetchUpload, storeUpload, type Upload, visibleNode } from './source.ts';
import { RefusalWithWayOn } from './way-on.ts';

/** Two pictures came together, and nothing says what the second is: asks. */
export async function askAboutPair(
  flow: Flow,
  asker: Asker,
  { files, ...said }: Pick<PairDraft, 'words' | 'preset'> & { readonly files: readonly [RemoteFile, RemoteFile] },
): Promise<void> {
  const [first, second] = await Promise.all([
    fetchUpload(flow, files[0], { message: asker.message }),
    fetchUpload(flow, files[1], { message: null }),
  ]);
  const node = await plantUpload(flow, asker, first);
  const content: PairDraft = { node: node.id, second: second.image.ref, spoiler: second.spoiler, ...said };
  await postDraft(flow, asker, await putDraft(flow, asker, 'pair', content));
}

interface Paired {
  readonly node: LineageNode;
  readonly bytes: Uint8Array;
  readonly content: PairDraft;
}

async function asMask(flow: Flow, asker: Asker, { node, bytes, content }: Paired): Promise<void> {
  const check = await flow.probe.checkMask(bytes);
  const { words, preset } = content;
  const { maskMode = 'inpaint masked', maskRound = true } = words.params;
  const found = { bytes, check, isPainted: false };
  const { mask } = await placeMask(flow, found, node.image, { maskMode, maskRound });
  if (mask?.kind !== 'image') return editOf(flow, asker, node, content, { mask: found }); // it covers everything
  const said = { words, preset, use: null, target: null, followsUp: true };
  await askAboutMask(flow, asker, draftOfMask(node, mask, { covered: check.covered, said, asks: true }));
}

/** The edit that the words ask for, of one of the pictures. */
async function editOf(
  flow: Flow,
  asker: Asker,
  node: LineageNode,
  { words, preset }: PairDraft,
  { painted, mask }: { readonly painted?: RemoteFile; readonly mask?: FoundMask } = {},
) {
  const source = { kind: 'node', node, how: 'pointed at' } as const;
  const sketch = painted && { file: painted, kind: 'inpaint sketch' as const };
  const said = { command: commands.edit, words, preset, source, mask, sketch, followsUp: true };
  await accept(flow, await orderEdit(flow, asker, said));
}

async function asSketch(flow: Flow, asker: Asker, { node, bytes, content }: Paired): Promise<void> {
  const painted = { role: 'sketch', name: 'sketch.png', size: bytes.length, download: async () => bytes } as const;
  await editOf(flow, asker, node, content, { painted });
}

/** Each picture for itself: edited as the words say, or waiting for words. */
async function apart(flow: Flow, { asker, incoming, private: language }: Press, paired: Paired): Promise<void> {
  const { node, bytes, content } = paired;
  const upload: Upload = await storeUpload(flow, bytes, { message: null, spoiler: content.spoiler });
  const nodes = [node, await plantUpload(flow, asker, upload)];
  const isBare = content.words.prompt === null && content.words.append === '';
  const capabilities = flow.platformOf(asker.where.place)?.capabilities;
  for (const [at, one] of nodes.entries()) {
    const own = { ...asker, key: `${asker.key}:${at}` };
    if (!isBare) await editOf(flow, own, one, content);
    else if (capabilities) await incoming.answer.tell(receivedCard(messagesIn(language), one, capabilities));
  }
}

/** A second picture of another shape may be stretched to be the mask. @throws Refusal as `asMask` does */
async function asMaskOrStretched(flow: Flow, press: Press, draft: Draft, paired: Paired): Promise<void> {
  try {
    await asMask(flow, press.asker, paired);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'mask-size') throw error;
    throw new RefusalWithWayOn('mask-size', error.details as Refusals['mask-size'], (messages) => [
      button(messages, 'ok', draft.id, { label: messages.buttons.stretch, emoji: '↔️', arg: 'stretch' }),
    ]);
  }
}

/** Takes the second picture for what the button says. @throws Refusal 'old-button', 'not-yours', and whatever that is refused for */
export async function usePair(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { incoming } = press;
  const asker = onBehalf(press);
  checkOwner(draft, asker);
  const isStretched = incoming.arg === 'stretch';
  const meaning = isStretched ? 'mask' : pairMeanings.find((known) => known === incoming.arg);
  if (!meaning) throw new Refusal('old-button', {});
  const content = pairDraftSchema.parse(draft.content);
  const node = await visibleNode(flow, content.node, asker.where);
  const sent = await flow.storage.blobs.get(content.second);
  const paired = { node, bytes: isStretched ? await flow.probe.resized(sent, node.image) : sent, content };
  await useDraft(flow, draft, async () => {
    if (meaning === 'mask') return asMaskOrStretched(flow, { ...press, asker }, draft, paired);
    return meaning === 'sketch' ? asSketch(flow, asker, paired) : apart(flow, { ...press, asker }, paired);
  });
  await removeDraftCard(flow, draft, incoming.message);
}
