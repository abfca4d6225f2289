import type { UserId } from '../../edit/request.ts';
import type { Line } from '../../jobs/queue.ts';
import { plainCard } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import { oneLine } from './plain-text.ts';
import type { Card } from './platform.ts';

/** The line as one person sees it: how long it is, and where theirs stand. What they do elsewhere is not told here. */
export function queueCard(
  messages: Messages,
  line: Line,
  who: { readonly user: UserId; readonly group: string },
): Card {
  const { queue } = messages;
  const isTheirs = (job: { author: UserId; group: string }) => job.author === who.user && job.group === who.group;
  const running = line.running
    .filter(isTheirs)
    .map((job) => queue.running(oneLine(job.task.request.params.prompt, 60)));
  const waiting = line.waiting
    .filter(isTheirs)
    .map((job) =>
      queue.yours(job.ahead + 1, messages.eta(job.etaSeconds), oneLine(job.task.request.params.prompt, 60)),
    );
  const own = [...running, ...waiting];
  return {
    ...plainCard,
    title: queue.title(line.waiting.length, line.running.length, line.workers),
    lines: own.length > 0 ? own : [queue.none],
  };
}
