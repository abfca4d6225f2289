import type { Flow } from './accept.ts';
import { parseWords } from './grammar.ts';
import type { Heard } from './heard.ts';
import { presetNamed, takePreset } from './house/preset-names.ts';
import { answerMask } from './mask-drafts.ts';
import { openDraft } from './open-drafts.ts';
import type { MessageIncoming } from './platform.ts';

/**
 * Words in reply to the card of a mask are what shall be painted there. @returns false when no such card is replied to
 * @throws Refusal 'gone' for one that has expired
 */
export async function answersDraft(flow: Flow, { asker }: Heard, incoming: MessageIncoming): Promise<boolean> {
  const { repliedTo, text } = incoming;
  if (!repliedTo || text.trim() === '') return false;
  const link = await flow.storage.messages.find(asker.where.place, repliedTo.message);
  if (!link?.draft) return false;
  const draft = await openDraft(flow, link.draft, asker.where);
  if (draft.kind !== 'mask') return false;
  const { preset, rest } = takePreset(text);
  if (preset !== null) await presetNamed(flow, asker, preset);
  await answerMask(flow, asker, draft, { words: parseWords(rest), preset, card: repliedTo.message });
  return true;
}
