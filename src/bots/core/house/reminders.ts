import { newId } from '../../../edit/lineage.ts';
import { Refusal, type Refusals } from '../../../errors.ts';
import type { Draft } from '../../../storage/index.ts';
import { button } from '../buttons.ts';
import { plainCard } from '../cards.ts';
import { messagesIn } from '../messages/index.ts';
import type { Asker, Flow } from '../order.ts';
import { oneLine } from '../plain-text.ts';
import type { Button } from '../platform.ts';
import type { Press } from '../press.ts';
import { saidIn } from '../threads.ts';
import { ask } from './drafts.ts';
import { postCard } from './review.ts';

/** Longest wait one is reminded after, s. */
const LONGEST = 2 * 3600;

/** Shortest wait that is worth a reminder, and the one where nobody knows how long it will be, s. */
const SHORTEST = 30;
const UNKNOWN = 60;

/** When there will be room for somebody again, s; undefined for refusals that no waiting helps. */
function secondsOf({ code, details }: Refusal): number | undefined {
  if (code === 'quota') return (details as Refusals['quota']).seconds;
  if (code !== 'queue-full') return undefined;
  return Math.max(SHORTEST, (details as Refusals['queue-full']).seconds ?? UNKNOWN);
}

/** [Remind me], where waiting helps; nothing for other refusals. */
export async function reminderButton(
  flow: Flow,
  asker: Pick<Asker, 'speaker' | 'where' | 'language'>,
  error: unknown,
): Promise<readonly Button[]> {
  const seconds = error instanceof Refusal ? secondsOf(error) : undefined;
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
  await postCard(flow, saidIn(asker.where), card, { key, language: asker.language, dueAt: new Date(at) });
  const minutes = Math.max(1, Math.ceil((at - flow.clock.now()) / 60_000));
  await incoming.answer.tell({ ...plainCard, title: messagesIn(press.private).house.remindSet(minutes) });
}
