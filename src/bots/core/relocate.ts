import type { Flow } from './accept.ts';
import type { Address } from './platform.ts';

/** A place goes on under another name, and everything of it there. */
export async function relocate(flow: Flow, from: Address, to: Address): Promise<void> {
  const { storage, queue, jobCards, outbox, log } = flow;
  await storage.moves.move({ id: from.place, group: from.group }, { id: to.place, group: to.group });
  log.info({ from: from.place, to: to.place }, 'a place goes on under another name');
  if ((await storage.settings.having('server', 'dispatch', 'paused')).includes(to.group)) {
    await queue.pause(to.group, true);
    await queue.pause(from.group, false); // what waits under the old name can be paused no more, nor let go again
  }
  jobCards.moved(from.place, to.place);
  outbox.wake();
}
