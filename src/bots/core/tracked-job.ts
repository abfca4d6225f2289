import type { JobId } from '../../edit/lineage.ts';
import type { Line } from '../../jobs/queue.ts';
import type { JobRow } from '../../storage/index.ts';
import type { JobStage } from './job-card.ts';

/** A job whose card is kept up to date. */
export interface Tracked {
  row: JobRow;
  readonly author: string;
  readonly isRoom: boolean;
  /** Its author wants to see it grow. */
  readonly previews: boolean;
  /** The picture it is made from may be changed for another. */
  readonly mayChange: boolean;
  /** The first card being sent; the outcome waits for it, so that no card is left behind. */
  sending: Promise<void> | undefined;
  message: string | null;
  /** Cards posted so far: one that may have been posted already has the same number, and is not posted twice. */
  posted: number;
  /** It had been begun before, by somebody who is gone. */
  isAgain: boolean;
  /** The first card was put off by the platform and is still to be posted. */
  owed: boolean;
  sentAt: number;
  stage: JobStage;
  startedAt: number | null;
  preview: Uint8Array | null;
  previewAt: number;
  /** What the card says now, and when it was said. */
  said: string;
  editedAt: number;
}

/** How far a job is by the line: waiting, or in somebody's hands. */
export function stageIn(line: Line, id: JobId): JobStage {
  const waiting = line.waiting.find((job) => job.id === id);
  if (!waiting) return { kind: 'running', progress: null, etaSeconds: null };
  const etaSeconds = waiting.isPaused ? null : waiting.etaSeconds;
  return { kind: 'queued', place: waiting.ahead + 1, etaSeconds, workers: line.workers };
}
