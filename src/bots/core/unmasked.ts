import { type UnmaskedDraft, unmaskedDraftSchema } from '../../edit/draft.ts';
import type { Draft } from '../../storage/index.ts';
import { type Asker, accept, type Flow, plantUpload } from './accept.ts';
import { commands } from './commands.ts';
import { orderEdit } from './intake.ts';
import { checkOwner, onBehalf, postDraft, putDraft, removeDraftCard, useDraft } from './open-drafts.ts';
import type { MessageIncoming } from './platform.ts';
import type { Press } from './press.ts';
import { type Upload, visibleNode } from './source.ts';

/** A picture came, and words about a part of it, but not which part: keeps both and asks. Replies to the card are about the picture. */
export async function askWhere(
  flow: Flow,
  asker: Asker,
  { upload, ...said }: Omit<UnmaskedDraft, 'node'> & { readonly upload: Upload },
): Promise<void> {
  const node = await plantUpload(flow, asker, upload);
  const content: UnmaskedDraft = { node: node.id, ...said };
  await postDraft(flow, asker, await putDraft(flow, asker, 'no mask', content), node.id);
}

/** What was said before about the picture that a message sends a mask or a drawing for; undefined for any other message. */
export async function saidBefore(
  { storage }: Flow,
  { files, repliedTo, where }: MessageIncoming,
): Promise<{ readonly draft: Draft; readonly content: UnmaskedDraft } | undefined> {
  const link = files.length > 0 && repliedTo && (await storage.messages.find(where.place, repliedTo.message));
  const draft = link && link.draft !== null ? await storage.drafts.find(link.draft) : undefined;
  return draft?.kind === 'no mask' ? { draft, content: unmaskedDraftSchema.parse(draft.content) } : undefined;
}

/** Edits the whole picture after all. @throws Refusal 'not-yours', 'gone', and whatever the edit is refused for */
export async function useWhole(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const asker = onBehalf(press);
  checkOwner(draft, asker);
  const { node: id, words, preset } = unmaskedDraftSchema.parse(draft.content);
  const node = await visibleNode(flow, id, asker.where);
  const source = { kind: 'node', node, how: 'pointed at' } as const;
  const said = { command: commands.edit, words, preset, source, mask: undefined, sketch: undefined, followsUp: false };
  await useDraft(flow, draft, async () => accept(flow, await orderEdit(flow, asker, said)));
  await removeDraftCard(flow, draft, press.incoming.message);
}
