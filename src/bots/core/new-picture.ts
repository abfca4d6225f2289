import { type NewPictureDraft, newPictureDraftSchema } from '../../edit/draft.ts';
import { isId, type LineageNode, type NodeId } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { type Asker, accept, type Flow } from './accept.ts';
import { receivedCard } from './cards.ts';
import { offerPictures } from './change-source.ts';
import { commands } from './commands.ts';
import { useDrawing } from './drawing.ts';
import { orderEdit } from './intake.ts';
import { messagesIn } from './messages/index.ts';
import { checkOwner, onBehalf, removeDraftCard, useDraft } from './open-drafts.ts';
import type { Press } from './press.ts';
import { scribbleOn } from './scribbles.ts';
import { visibleNode } from './source.ts';

/** It is one: edits it in the words that came with it, or says that it has arrived when there were none. */
async function asNew(
  flow: Flow,
  { asker, incoming, ...press }: Press,
  { words, preset }: NewPictureDraft,
  node: LineageNode,
): Promise<void> {
  const isBare = words.prompt === null && words.append === '';
  const capabilities = flow.platformOf(asker.where.place)?.capabilities;
  if (isBare && capabilities) return incoming.answer.tell(receivedCard(messagesIn(press.private), node, capabilities));
  const source = { kind: 'node', node, how: 'pointed at' } as const;
  const said = { command: commands.edit, words, preset, source, mask: undefined, sketch: undefined };
  await accept(flow, await orderEdit(flow, asker, { ...said, followsUp: true }));
}

/** It was drawn on the picture that was picked. @throws Refusal 'sketch-unchanged', 'diff-base', 'diff-too-different' */
async function asDrawing(
  flow: Flow,
  asker: Asker,
  { words, preset, use, target }: NewPictureDraft,
  { node, base }: { readonly node: LineageNode; readonly base: LineageNode },
): Promise<void> {
  const found = await scribbleOn(flow, base, await flow.storage.blobs.get(node.image.ref));
  if (!found) throw new Refusal('sketch-unchanged', {});
  await useDrawing(flow, asker, { base, found }, { words, preset, use, target, followsUp: true });
}

/**
 * What a picture is that looked like a drawn-on copy and was none: a new one, or drawn on one that is picked among the last.
 * @throws Refusal 'not-yours', 'no-image', and whatever it is refused for then
 */
export async function useNewPicture(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { incoming } = press;
  const asker = onBehalf(press);
  checkOwner(draft, asker);
  const content = newPictureDraftSchema.parse(draft.content);
  const node = await visibleNode(flow, content.node, asker.where);
  if (incoming.arg === 'pick') {
    const title = messagesIn(press.private).newPicture.which;
    const offer = { title, action: 'ok', target: draft.id, leaves: ({ id }: LineageNode) => id === node.id } as const;
    return offerPictures(flow, asker, offer, { answer: incoming.answer, language: press.private });
  }
  const base = isId(incoming.arg) ? await visibleNode(flow, incoming.arg as NodeId, asker.where) : null;
  await useDraft(flow, draft, () =>
    base ? asDrawing(flow, asker, content, { node, base }) : asNew(flow, { ...press, asker }, content, node),
  );
  await removeDraftCard(flow, draft, incoming.message);
}
