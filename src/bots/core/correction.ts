import type { JobRow } from '../../storage/index.ts';
import type { Flow } from './accept.ts';
import { commandList } from './commands.ts';
import type { Heard } from './heard.ts';
import { draftOfRow } from './notice.ts';
import { dropDraft, removeDraftCard } from './open-drafts.ts';
import type { CommandIncoming, MessageIncoming } from './platform.ts';
import { parseText } from './verbs.ts';

/** The edit a message asked for, while it still waits for its turn. */
async function waitingFor(
  { storage, queue }: Flow,
  { asker }: Heard,
  message: string | null,
): Promise<JobRow | undefined> {
  const row = await storage.jobs.newestUnfinished(asker.where.place, asker.speaker.user);
  const { waiting } = await queue.line();
  return row && row.replyTo === message && waiting.some(({ id }) => id === row.id) ? row : undefined;
}

type Corrected = CommandIncoming | MessageIncoming;

/** Whether words ask for an edit: what else they could ask for is not done twice. */
function isAboutEditing(incoming: Corrected): boolean {
  if (incoming.kind === 'message') return parseText(incoming.text).kind === 'edit';
  return commandList.some(({ name, edits }) => name === incoming.name && edits !== undefined);
}

/**
 * Nothing has come yet of what a message said before: it was refused, had no words, or waits for somebody to decide – then that card
 * goes, and the corrected words are asked about anew.
 */
async function isUnanswered(flow: Flow, { asker }: Heard, incoming: Corrected): Promise<boolean> {
  const { storage } = flow;
  const { where, speaker } = asker;
  if (incoming.message === null || !isAboutEditing(incoming)) return false;
  if (await storage.jobs.hasAnswered(where.place, speaker.user, incoming.message)) return false;
  const answer = await storage.outbox.answerTo(where.place, incoming.message);
  if (!answer) return true;
  const asked = draftOfRow(answer);
  const draft = asked === null ? undefined : await storage.drafts.find(asked);
  if (draft?.author !== speaker.user) return false;
  await dropDraft(flow, draft);
  await removeDraftCard(flow, draft, answer.message);
  return true;
}

/**
 * Takes back what a message asked for before its words were corrected. @returns whether the corrected words count now
 * @throws Refusal when they cannot be read; then what was asked before stays
 */
export async function takeBack(flow: Flow, heard: Heard, incoming: Corrected): Promise<boolean> {
  const row = await waitingFor(flow, heard, incoming.message);
  if (!row) return isUnanswered(flow, heard, incoming);
  parseText(incoming.text);
  if (!(await flow.storage.jobs.end(row.id, 'cancelled', null, null, 0))) return false;
  await flow.jobCards.release(row.id);
  await flow.queue.cancel(row.id);
  const card = (await flow.storage.jobs.find(row.id))?.cardMessage;
  if (card) await flow.platformOf(row.place)?.remove(row.place, card);
  return true;
}
