import type { UserId } from '../../edit/request.ts';
import type { Job, Line } from '../../jobs/queue.ts';
import { arranged, button } from './buttons.ts';
import { plainCard } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import { oneLine } from './plain-text.ts';
import type { Button, Capabilities, Card } from './platform.ts';

/** Edits one can choose from to cancel: what a list holds. */
const MOST = 25;

const promptOf = ({ task }: Pick<Job, 'task'>) => oneLine(task.request.params.prompt, 60);

/** Models that are at work, each once. */
function modelsAtWork({ house }: Messages, { running }: Line): string {
  const names = [...new Set(running.map(({ task }) => oneLine(task.request.params.checkpoint, 60)))];
  return names.length > 0 ? names.join(', ') : house.noModel;
}

/** By which somebody cancels one of their edits: a list, or a button for each. */
function cancelling(
  messages: Messages,
  own: readonly Job[],
  capabilities: Capabilities,
): Pick<Card, 'choices' | 'rows'> {
  const { placeholder, unnamed } = messages.queue.cancelling;
  const options = own.slice(0, MOST).map((job, line) => ({
    ...{ label: promptOf(job) || unnamed, action: 'cx', target: job.id, line },
  })) satisfies readonly (Omit<Button, 'action'> & { line: number; action: 'cx' })[];
  if (options.length === 0) return { rows: [] };
  if (capabilities.selectMenus) return { choices: { placeholder, options: [...options] }, rows: [] };
  const buttons = options.map(({ target }, at) => button(messages, 'cx', target, { label: String(at + 1) }));
  return { rows: arranged([buttons], capabilities) };
}

/**
 * The line as one person sees it: how long it is, where theirs stand, and by what they are cancelled. What they do elsewhere is not
 * told here.
 */
export function queueCard(
  messages: Messages,
  line: Line,
  who: { readonly user: UserId; readonly group: string },
  capabilities: Capabilities,
): Card {
  const { queue, house } = messages;
  const isTheirs = (job: Job) => job.author === who.user && job.group === who.group;
  const running = line.running.filter(isTheirs);
  const waiting = line.waiting.filter(isTheirs);
  const lines = [
    ...running.map((job) => queue.running(promptOf(job))),
    ...waiting.map((job) => {
      const when = job.isPaused ? messages.job.paused : messages.eta(job.etaSeconds);
      return queue.yours(job.ahead + 1, when, promptOf(job));
    }),
  ];
  return {
    ...plainCard,
    title: queue.title(line.waiting.length, line.running.length, line.workers),
    lines: [
      ...(lines.length > 0 ? lines : [queue.none]),
      house.health(line.workers, modelsAtWork(messages, line), line.waiting.length),
    ],
    ...cancelling(messages, [...running, ...waiting], capabilities),
  };
}
