import { type MaskDraft, maskDraftSchema, newPictureDraftSchema, outpaintDraftSchema } from '../../edit/draft.ts';
import type { LineageNode, NodeId } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { arranged, button } from './buttons.ts';
import { plainCard } from './cards.ts';
import type { Desk } from './desk.ts';
import { maskCard } from './mask-card.ts';
import type { Messages } from './messages/catalogue.ts';
import { outpaintCard } from './outpaint-card.ts';
import { pairCard } from './pair-card.ts';
import type { Capabilities, Card } from './platform.ts';
import { unmaskedCard } from './unmasked-card.ts';

async function nodeOf({ storage }: Desk, id: NodeId): Promise<LineageNode> {
  const node = await storage.lineage.node(id);
  if (!node) throw new Refusal('gone', {});
  return node;
}

/** The card of a draft as it is now. @throws Refusal 'gone' when its picture is @throws RangeError for a draft without a card */
export async function draftCard(
  desk: Desk,
  messages: Messages,
  draft: Draft,
  capabilities: Capabilities,
): Promise<Card> {
  switch (draft.kind) {
    case 'mask': {
      const content: MaskDraft = maskDraftSchema.parse(draft.content);
      const node = await nodeOf(desk, content.node);
      return maskCard(desk, messages, { ...draft, content }, { node, capabilities });
    }
    case 'outpaint': {
      const content = outpaintDraftSchema.parse(draft.content);
      const node = await nodeOf(desk, content.node);
      return outpaintCard(desk, messages, { ...draft, content }, { node, capabilities });
    }
    case 'pair':
      return pairCard(messages, draft, capabilities);
    case 'no mask':
      return unmaskedCard(messages, draft, capabilities);
    case 'new picture': {
      newPictureDraftSchema.parse(draft.content);
      const { title, line } = messages.newPicture;
      const pick = { label: messages.newPicture.pick, emoji: '🔎', arg: 'pick' };
      const choices = [button(messages, 'ok', draft.id, { style: 'primary' }), button(messages, 'ok', draft.id, pick)];
      const rows = arranged([[...choices, button(messages, 'no', draft.id)]], capabilities);
      return { ...plainCard, title, lines: [line], rows, tone: 'warning' };
    }
    default:
      throw new RangeError(`draft ${draft.id}: a ${draft.kind} has no card`);
  }
}
