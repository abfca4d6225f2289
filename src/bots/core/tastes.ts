import type { JobRow, OutboxRow } from '../../storage/index.ts';
import type { Desk } from './desk.ts';
import { choicesFor, wordOf } from './house/rules.ts';
import { isResult } from './notice.ts';
import type { Card, SendOptions } from './platform.ts';

/** Whoever waited longer than this may be elsewhere, ms. */
const PATIENCE_MS = 60_000;

/** How somebody wants their results. */
export interface Tastes {
  readonly notice: Pick<SendOptions, 'mention' | 'silent'>;
  /** The card with its pictures as files, or besides as files; as it is for whoever wants neither. */
  readonly inFiles: (card: Card) => Card;
}

/** A hidden picture stays one where a file would show it. */
function asFiles(card: Card, files: string, hidesFiles: boolean): Card {
  if (card.spoiler && !hidesFiles) return card;
  const whole = card.images.map((image) => ({ ...image, original: true }));
  if (files === 'document') return { ...card, images: whole };
  return files === 'both' ? { ...card, images: [...card.images, ...whole] } : card;
}

/** What the author of a result chose for themselves, else for the channel, the server, everybody. Null for any other message. */
export async function tastesFor(desk: Desk, row: OutboxRow, job: JobRow | undefined): Promise<Tastes | null> {
  if (!job || !isResult(row)) return null;
  const choices = await choicesFor(desk, job, job.author);
  const notify = wordOf(choices, 'notify');
  const { hidesFiles = false } = desk.platformOf(row.place)?.capabilities ?? {};
  const isLate = desk.clock.now() - job.acceptedAt.getTime() > PATIENCE_MS;
  const isMentioned = notify === 'always' || (notify === 'auto' && isLate);
  return {
    notice: { mention: isMentioned ? job.author : null, silent: notify === 'never' },
    inFiles: (card) => asFiles(card, wordOf(choices, 'files'), hidesFiles),
  };
}
