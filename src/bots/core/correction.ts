import type { JobRow } from '../../storage/index.ts';
import type { Flow } from './accept.ts';
import type { Heard } from './heard.ts';
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

/**
 * Takes back what a message asked for before its words were corrected. @returns whether the corrected words count now
 * @throws Refusal when they cannot be read; then what was asked before stays
 */
export async function takeBack(
  flow: Flow,
  heard: Heard,
  incoming: CommandIncoming | MessageIncoming,
): Promise<boolean> {
  const row = await waitingFor(flow, heard, incoming.message);
  if (!row) return false;
  parseText(incoming.text);
  if (!(await flow.storage.jobs.end(row.id, 'cancelled', null, null, 0))) return false;
  await flow.jobCards.release(row.id);
  await flow.queue.cancel(row.id);
  const card = (await flow.storage.jobs.find(row.id))?.cardMessage;
  if (card) await flow.platformOf(row.place)?.remove(row.place, card);
  return true;
}
