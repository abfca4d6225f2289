import { Refusal } from '../../../errors.ts';
import type { JobRow } from '../../../storage/index.ts';
import type { Doing } from '../calls.ts';
import { cancelJob } from '../cancel.ts';
import { plainCard } from '../cards.ts';
import { nameOf } from '../desk.ts';
import { isOpen } from '../job-state.ts';
import { messagesIn } from '../messages/index.ts';
import type { Flow } from '../order.ts';
import { oneLine } from '../plain-text.ts';
import { decreed, type Ruled, ruled } from './decree.ts';

/** Lines of a list at most; the platforms show no more. */
export const LINES = 40;

/** A list that is cut where it is too long, and says so. */
export function listed(lines: readonly string[], more: (count: number) => string): readonly string[] {
  return lines.length <= LINES ? lines : [...lines.slice(0, LINES), more(lines.length - LINES)];
}

/** The unfinished edits a list is about, oldest first. */
async function unfinishedOf({ storage }: Flow, { scope, owner }: Ruled): Promise<readonly JobRow[]> {
  if (scope !== 'system') return storage.jobs.unfinishedOf(owner);
  return (await storage.jobs.unfinished()).filter(({ state }) => isOpen(state));
}

async function listQueue(doing: Doing): Promise<void> {
  const { flow, heard, incoming } = doing;
  const whose = ruled(doing);
  const isEverywhere = whose.scope === 'system';
  const jobs = await unfinishedOf(flow, whose);
  const { house } = messagesIn(heard.private);
  const lines = await Promise.all(
    jobs.map(async ({ author, cost, state, task, group }) => {
      const name = oneLine(await nameOf(flow, author), 40);
      const about = isEverywhere ? group : oneLine(task.request.params.prompt, 60); // words are for those who look after the room
      return `@${name} · ${cost.toFixed(1)} · ${state} · ${about}`;
    }),
  );
  const title = house.queueTitle(jobs.length, isEverywhere);
  await incoming.answer.tell({ ...plainCard, title, lines: listed(lines, house.more) });
}

/** Cancels a job that waits; false when it has just begun, or ended. */
async function takeOut({ flow, heard: { asker } }: Doing, row: JobRow): Promise<boolean> {
  const speaker = { ...asker.speaker, moderator: true }; // whoever may give the command may do this
  const there = { ...asker, speaker, where: { ...asker.where, place: row.place } };
  try {
    await cancelJob(flow, there, row);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

async function clearQueue(doing: Doing): Promise<void> {
  const { flow, heard, incoming, call } = doing;
  const { where, speaker } = heard.asker;
  let cleared = 0;
  for (const row of await unfinishedOf(flow, ruled(doing))) {
    if (row.state === 'queued' && (await takeOut(doing, row))) cleared += 1;
  }
  const action = call.sub;
  await flow.storage.moderation.record({
    ...{ owner: where.group, by: speaker.user, action },
    detail: `${action} ${cleared}`,
  });
  await incoming.answer.tell({ ...plainCard, title: messagesIn(heard.private).house.cleared(cleared) });
}

/** Stops or resumes dispatch: for the flow of this server alone, or, for operators, for all of them. */
function dispatch(value: 'paused' | 'running') {
  return (doing: Doing): Promise<void> => {
    const { storage, queue } = doing.flow;
    const whose = ruled(doing);
    const detail = whose.scope === 'system' ? `${value} ${whose.owner}` : value;
    return decreed(doing, detail, async () => {
      await storage.settings.set({ ...whose, key: 'dispatch', value });
      await queue.pause(whose.owner, value === 'paused');
    });
  };
}

/** What `/server queue …` does. */
export const queueDoes: Readonly<Record<string, (doing: Doing) => Promise<void>>> = {
  'queue pause': dispatch('paused'),
  'queue resume': dispatch('running'),
  'queue clear': clearQueue,
  'queue list': listQueue,
};
