import type { Progress } from '../../edit/request.ts';
import type { JobRow } from '../../storage/index.ts';
import { button } from './buttons.ts';
import { plainCard, quoted } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import { oneLine } from './plain-text.ts';
import type { Card } from './platform.ts';

/** How far a job is, as its card tells it. */
export type JobStage =
  | {
      readonly kind: 'queued';
      readonly place: number;
      /** Null while its group is paused. */
      readonly etaSeconds: number | null;
      readonly workers: number;
    }
  | { readonly kind: 'running'; readonly progress: Progress | null; readonly etaSeconds: number | null };

const CELLS = 12;

/** Share of the whole, 0…1: preparing to 5 %, sampling to 92 %, decoding to 97 %, uploading the rest. */
export function shareOf({ phase, step, steps }: Progress): number {
  const done = steps > 0 ? Math.min(1, step / steps) : 0;
  switch (phase) {
    case 'loading':
      return 0;
    case 'preparing':
      return 0.05 * done;
    case 'sampling':
      return 0.05 + 0.87 * done;
    case 'decoding':
      return 0.92 + 0.05 * done;
    case 'uploading':
      return 0.97 + 0.03 * done;
    default:
      return phase satisfies never;
  }
}

/** `▰▰▰▰▱▱▱▱▱▱▱▱ 34 %` */
export function progressBar(share: number): string {
  const full = Math.round(CELLS * Math.min(1, Math.max(0, share)));
  return `${'▰'.repeat(full)}${'▱'.repeat(CELLS - full)} ${Math.round(share * 100)} %`;
}

function progressLine(messages: Messages, progress: Progress, etaSeconds: number | null): string {
  const { job } = messages;
  const { phase, step, steps } = progress;
  const says = {
    ...{ loading: job.preparing, preparing: job.preparing, decoding: job.decoding, uploading: job.uploading },
    sampling: job.sampling(step, steps),
  }[phase];
  const eta = etaSeconds === null || phase !== 'sampling' ? [] : [messages.eta(etaSeconds)];
  return [progressBar(shareOf(progress)), says, ...eta].join(' · ');
}

/** Where an edit stands, in one line. */
export function stageLine(messages: Messages, stage: JobStage): string {
  if (stage.kind === 'running') {
    return stage.progress
      ? progressLine(messages, stage.progress, stage.etaSeconds)
      : `${progressBar(0)} · ${messages.job.preparing}`;
  }
  if (stage.etaSeconds === null) return messages.job.queued(stage.place, messages.job.paused);
  if (stage.workers === 0) return messages.job.waitsForWorker;
  return messages.job.queued(stage.place, messages.eta(stage.etaSeconds));
}

export interface JobView {
  readonly row: JobRow;
  readonly author: string;
  readonly stage: JobStage;
  /** A small JPEG of the picture as the model sees it now. */
  readonly preview: Uint8Array | null;
  /** Which picture was meant is a guess, or one of several. */
  readonly mayChange: boolean;
  /** It is made from the beginning once more, because whoever was at it is gone. */
  readonly isAgain: boolean;
}

/** An accepted edit on its way: what was asked, where it stands, and Cancel. */
export function jobCard(messages: Messages, { row, author, stage, preview, mayChange, isAgain }: JobView): Card {
  const image = { name: 'preview.jpg', description: messages.picture.preview };
  return {
    ...plainCard,
    title: `⏳ ${messages.operations[row.op]} · @${oneLine(author, 40)}`,
    lines: [
      ...quoted(row.task.request.params.prompt),
      stageLine(messages, stage),
      ...(isAgain ? [messages.job.again] : []),
      ...row.notes,
    ],
    images: preview ? [{ ...image, source: preview }] : [],
    rows: [[button(messages, 'cx', row.id), ...(mayChange ? [button(messages, 'cs', row.id)] : [])]],
    tone: 'busy',
    spoiler: row.spoiler,
  };
}
