import { type PairDraft, pairDraftSchema } from '../../edit/draft.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { type Asker, accept, type Flow, plantUpload } from './accept.ts';
import { receivedCard } from './cards.ts';
import { commands } from './commands.ts';
import { draftOfMask } from './drawing.ts';
import { orderEdit } from './intake.ts';
import { placeMask } from './mask.ts';
import { askAboutMask } from './mask-drafts.ts';
import { messagesIn } from './messages/index.ts';
import { checkOwner, onBehalf, postDraft, putDraft, removeDraftCard, useDraft } from './open-drafts.ts';
import { pairMeanings } from './pair-card.ts';
import type { RemoteFile } from './platform.ts';
import type { Press } from './press.ts';
import { fetchUpload, storeUpload, type Upload, visibleNode } from './source.ts';

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
  const params = { maskMode: 'inpaint masked', maskRound: true } as const;
  const { mask } = await placeMask(flow, { bytes, check, isPainted: false }, node.image, params);
  if (mask?.kind !== 'image') throw new Refusal('mask-empty', {});
  const { words, preset } = content;
  const said = { words, preset, use: null, target: null, followsUp: true };
  await askAboutMask(flow, asker, draftOfMask(node, mask, { covered: check.covered, said, asks: true }));
}

/** The edit that the words ask for, of one of the pictures. */
async function editOf(flow: Flow, asker: Asker, node: LineageNode, { words, preset }: PairDraft, painted?: RemoteFile) {
  const source = { kind: 'node', node, how: 'pointed at' } as const;
  const sketch = painted && { file: painted, kind: 'inpaint sketch' as const };
  const said = { command: commands.edit, words, preset, source, mask: undefined, sketch, followsUp: true };
  await accept(flow, await orderEdit(flow, asker, said));
}

async function asSketch(flow: Flow, asker: Asker, { node, bytes, content }: Paired): Promise<void> {
  const painted = { role: 'sketch', name: 'sketch.png', size: bytes.length, download: async () => bytes } as const;
  await editOf(flow, asker, node, content, painted);
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

/** Takes the second picture for what the button says. @throws Refusal 'old-button', 'not-yours', and whatever that is refused for */
export async function usePair(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { incoming } = press;
  const asker = onBehalf(press);
  checkOwner(draft, asker);
  const meaning = pairMeanings.find((known) => known === incoming.arg);
  if (!meaning) throw new Refusal('old-button', {});
  const content = pairDraftSchema.parse(draft.content);
  const node = await visibleNode(flow, content.node, asker.where);
  const paired = { node, bytes: await flow.storage.blobs.get(content.second), content };
  await useDraft(flow, draft, async () => {
    if (meaning === 'mask') return asMask(flow, asker, paired);
    return meaning === 'sketch' ? asSketch(flow, asker, paired) : apart(flow, { ...press, asker }, paired);
  });
  await removeDraftCard(flow, draft, incoming.message);
}
