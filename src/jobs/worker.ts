import type { BlobStore } from '../edit/blob.ts';
import type { EditResult, Progress } from '../edit/request.ts';
import { Refusal } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { EngineHost } from './engine-host.ts';
import type { Handler, Job } from './queue.ts';

/**
 * What a worker does with a job: names to bytes, an edit, bytes to names. Counts what came of it; why it failed is for the line to
 * tell (`outcome.ts`).
 */
export function workHandler(engine: EngineHost, blobs: BlobStore, log: Log, metrics?: Metrics): Handler {
  return async (job, report, signal) => {
    try {
      const io = { fetch: blobs.get.bind(blobs), progress: report, signal };
      const { images, ...outcome } = await engine.run(job.task, io);
      const uploaded = uploads(images.length, report);
      const stored = images.map(async (image) => {
        const ref = await blobs.put(image.image);
        uploaded();
        return { ...image, image: ref };
      });
      const result: EditResult = { ...outcome, images: await Promise.all(stored) };
      tell(job, result, log, metrics);
      return result;
    } catch (error) {
      metrics?.edits.inc({
        outcome: signal.aborted ? 'cancelled' : error instanceof Refusal ? error.code : 'internal',
      });
      throw error;
    }
  };
}

/** Share of the whole at which uploading begins. */
const UPLOADING = 0.97;

/** Tells that so many results are being uploaded; called for each that has been. */
function uploads(steps: number, report: (progress: Progress) => void): () => void {
  let step = 0;
  const say = () => report({ phase: 'uploading', fraction: UPLOADING + (1 - UPLOADING) * (step / steps), step, steps });
  say();
  return () => {
    step += 1;
    say();
  };
}

function tell(job: Job, { seconds, images, stepsRun }: EditResult, log: Log, metrics?: Metrics): void {
  const { id, author, group } = job;
  log.info({ job: id, user: author, group, seconds, images: images.length, stepsRun }, 'edit done');
  metrics?.edits.inc({ outcome: 'done' });
  for (const [stage, spent] of Object.entries(seconds)) metrics?.stageSeconds.observe({ stage }, spent);
}
