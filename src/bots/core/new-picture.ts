import { type DraftWords, newPictureDraftSchema } from '../../edit/draft.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import type { Draft } from '../../storage/index.ts';
import { type Asker, accept, type Flow } from './accept.ts';
import { receivedCard } from './cards.ts';
import { commands } from './commands.ts';
import { orderEdit } from './intake.ts';
import { messagesIn } from './messages/index.ts';
import { checkOwner, onBehalf, postDraft, putDraft, removeDraftCard, useDraft } from './open-drafts.ts';
import type { Press } from './press.ts';
import { visibleNode } from './source.ts';

/** Asks whether a picture that looked like a drawn-on copy, and was none, is a new one. */
export async function askAboutNewPicture(
  flow: Flow,
  asker: Asker,
  { node, ...said }: { readonly node: LineageNode; readonly words: DraftWords; readonly preset: string | null },
): Promise<void> {
  const draft = await putDraft(flow, asker, 'new picture', { node: node.id, ...said });
  await postDraft(flow, asker, draft);
}

/** It is: edits it in the words that came with it, or says that it has arrived when there were none. */
export async function useAsNewPicture(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { incoming } = press;
  const asker = onBehalf(press);
  checkOwner(draft, asker);
  const { node: id, words, preset } = newPictureDraftSchema.parse(draft.content);
  const node = await visibleNode(flow, id, asker.where);
  const isBare = words.prompt === null && words.append === '';
  await useDraft(flow, draft, async () => {
    const capabilities = flow.platformOf(asker.where.place)?.capabilities;
    if (isBare && capabilities)
      return incoming.answer.tell(receivedCard(messagesIn(press.private), node, capabilities));
    const source = { kind: 'node', node, how: 'pointed at' } as const;
    const said = { command: commands.edit, words, preset, source, mask: undefined, sketch: undefined };
    await accept(flow, await orderEdit(flow, asker, { ...said, followsUp: true }));
  });
  await removeDraftCard(flow, draft, incoming.message);
}
