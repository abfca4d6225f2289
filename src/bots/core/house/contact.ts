import type { OutboxRow } from '../../../storage/index.ts';
import { plainCard } from '../cards.ts';
import type { Heard } from '../heard.ts';
import { messagesIn } from '../messages/index.ts';
import { noticeCard } from '../notice.ts';
import type { Flow } from '../order.ts';
import type { Incoming } from '../platform.ts';

/** Kept messages told at one meeting; the others at the next. */
const AT_ONCE = 5;
/** Tips are given once in a lifetime. */
const LIFETIME_DAYS = 36_500;

async function tellKept(flow: Flow, heard: Heard, incoming: Incoming, row: OutboxRow): Promise<void> {
  const platform = flow.platformOf(heard.asker.where.place);
  if (!platform || !(await flow.storage.outbox.told(row.id))) return;
  const card = await noticeCard(flow, row, platform.capabilities);
  await incoming.answer.tell({ ...card, rows: [] });
}

/** What could not be posted anywhere is told to whoever asked for it. */
async function tellAllKept(flow: Flow, heard: Heard, incoming: Incoming): Promise<void> {
  const kept = (await flow.storage.outbox.keptFor(heard.asker.speaker.user)).slice(0, AT_ONCE);
  if (kept.length === 0) return;
  const { house } = messagesIn(heard.private);
  await incoming.answer.tell({ ...plainCard, title: house.keptTitle(kept.length) });
  for (const row of kept) {
    await tellKept(flow, heard, incoming, row).catch((error: unknown) => {
      flow.log.warn({ error, row: row.key }, 'a kept message could not be told');
    });
  }
}

/** Three lines for somebody's first command, where they alone read them. */
async function tip(flow: Flow, heard: Heard, incoming: Incoming): Promise<void> {
  const { where, speaker } = heard.asker;
  const isFirst = incoming.kind === 'command' && !['help', 'start', 'privacy'].includes(incoming.name);
  if (!isFirst || where.kind === 'private' || !flow.platformOf(where.place)?.capabilities.ephemeral) return;
  if (!(await flow.storage.people.mayHint(speaker.user, 'welcome', LIFETIME_DAYS, new Date(flow.clock.now())))) return;
  const { house } = messagesIn(heard.private);
  await incoming.answer.tell({ ...plainCard, title: house.welcome.title, lines: house.tip });
}

/** Meets somebody: what waited for them, and on the first time how to go on. */
export async function greet(flow: Flow, heard: Heard, incoming: Incoming): Promise<void> {
  // A form must be the first thing a button is answered with: what waits is told at another moment.
  if (incoming.kind === 'command' || incoming.kind === 'message') {
    await tellAllKept(flow, heard, incoming);
    await tip(flow, heard, incoming);
  }
}
