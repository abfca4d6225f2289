import { newId } from '../../../edit/lineage.ts';
import { Refusal } from '../../../errors.ts';
import type { Draft } from '../../../storage/index.ts';
import { button } from '../buttons.ts';
import { plainCard } from '../cards.ts';
import { messagesIn } from '../messages/index.ts';
import type { Asker, Flow } from '../order.ts';
import { oneLine } from '../plain-text.ts';
import type { Button } from '../platform.ts';
import type { Press } from '../press.ts';
import { ask } from './drafts.ts';
import { postCard } from './review.ts';

/** Longest wait one is reminded after, s. */
const LONGEST = 2 * 3600;

/** When there will be room for somebody again, s: their quota tells; else when the next edit of the line is done. */
async function secondsOf({ queue }: Flow, error: Refusal): Promise<number | undefined> {
  if (error.code === 'quota') return (error.details as { seconds: number }).seconds;
  if (error.code !== 'queue-full') return undefined;
  const { waiting } = await queue.line();
  return Math.max(30, waiting[0]?.etaSeconds ?? 60);
}

/** [Remind me], where waiting helps; nothing for other refusals. */
export async function reminderButton(
  flow: Flow,
  asker: Pick<Asker, 'speaker' | 'where' | 'language'>,
  error: unknown,
): Promise<readonly Button[]> {
  const seconds = error instanceof Refusal ? await secondsOf(flow, error) : undefined;
  if (seconds === undefined || seconds > LONGEST) return [];
  const at = flow.clock.now() + seconds * 1000;
  const id = await ask(flow, asker, 'remind', { content: { at } });
  const messages = messagesIn(asker.language);
  return [button(messages, 'ok', id, { label: messages.buttons.remindMe, emoji: '⏰' })];
}

/** Tells whoever pressed that they can go on, when they can; a restart does not make it forgotten. */
export async function remind(flow: Flow, { asker, incoming, ...press }: Press, draft: Draft): Promise<void> {
  const { at } = draft.content as { at: number };
  const { house } = messagesIn(asker.language);
  const name = oneLine(asker.speaker.name, 40);
  const card = { ...plainCard, title: house.remindTitle, lines: [`@${name}`] };
  const key = `remind:${newId(flow.random)}`;
  await postCard(flow, asker.where.place, card, { key, language: asker.language, dueAt: new Date(at) });
  const minutes = Math.max(1, Math.ceil((at - flow.clock.now()) / 60_000));
  await incoming.answer.tell({ ...plainCard, title: messagesIn(press.private).house.remindSet(minutes) });
}
