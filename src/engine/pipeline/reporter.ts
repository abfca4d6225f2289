import type { Progress, Seconds } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import { encodeJpeg } from '../image/encode.ts';
import { toPictures } from '../image/pixels.ts';
import { resample } from '../image/resample.ts';
import { rows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LatentSpace } from '../weights/declared.ts';
import type { PreviewOf } from './preview.ts';

/** What an engine does; uploading is for whoever it works for. */
type Phase = Exclude<Progress['phase'], 'uploading'>;

/** Where an edit's time and progress are told, and where a cancelled one ends. */
export interface Reporter {
  /** Begins the next stretch of work. @throws Refusal 'cancelled' */
  phase(phase: Phase): void;
  /** Where time goes from now on, without a word about it. @throws Refusal 'cancelled' */
  spend(phase: Phase): void;
  /** Sampling is about to make `calls` model calls in all, which people know as `steps`. */
  plan(of: { readonly calls: number; readonly steps: number; readonly latentSpace: LatentSpace }): void;
  /** One model call is done; `latent` makes the clean picture as it is guessed now, [B, 4, h, w]. @throws Refusal 'cancelled' */
  called(latent: () => Tensor): Promise<void>;
  seconds(): Seconds;
}

export interface ReporterOptions {
  readonly progress: (progress: Progress) => void;
  readonly signal: { readonly cancelled: boolean };
  /** Makes live previews; null for none. */
  readonly preview: PreviewOf | null;
}

/** Share of the whole work at which each phase begins; posting the result takes the rest. */
const starts = { loading: 0, preparing: 0.02, sampling: 0.05, decoding: 0.92 } as const;
const stage = { loading: 'load', preparing: 'encode', sampling: 'sample', decoding: 'decode' } as const;
/** One every so often is enough to watch, and all of them together take at most a twentieth of the time. */
const PREVIEW_EVERY_MS = 400;
const PREVIEW_SHARE = 1 / 20;
const PREVIEW_SIDE = 512;

/** The first picture of a batch as a small JPEG, eight pixels to a latent, at most 512 on a side. */
async function previewFile(of: PreviewOf, space: LatentSpace, latent: Tensor): Promise<Uint8Array> {
  const first = rows(latent, 0, 1);
  const [small] = toPictures(await of(space, first));
  const [height = 1, width = 1] = first.shape.slice(2);
  const times = Math.min(8, PREVIEW_SIDE / Math.max(width, height));
  const size = { width: Math.max(1, Math.round(width * times)), height: Math.max(1, Math.round(height * times)) };
  return await encodeJpeg(resample(small!, size, 'bilinear'), { quality: 70 });
}

/** When the next preview is due, by what the last one cost. */
function previewTimer(preview: PreviewOf | null) {
  let due = performance.now() + PREVIEW_EVERY_MS;
  return async (space: LatentSpace, latent: () => Tensor): Promise<{ readonly preview?: Uint8Array }> => {
    const start = performance.now();
    if (!preview || start < due) return {};
    const file = await previewFile(preview, space, latent()).catch(withoutPreview);
    const end = performance.now();
    due = end + Math.max(PREVIEW_EVERY_MS, (end - start) / PREVIEW_SHARE);
    return file ? { preview: file } : {};
  };
}

/** A picture is worth more than a glimpse of it: where one cannot be had, it is painted unseen. */
const withoutPreview = () => null;

/** Time is only told, never decided by: the pictures of an edit do not depend on it. */
export function openReporter({ progress, signal, preview }: ReporterOptions): Reporter {
  const spent = { load: 0, encode: 0, sample: 0, decode: 0 };
  let now: Phase = 'loading';
  let since = performance.now();
  let work = { calls: 1, steps: 0, latentSpace: 'sd' as LatentSpace };
  let done = 0;
  const previewNow = previewTimer(preview);

  const checked = () => {
    if (signal.cancelled) throw new Refusal('cancelled', {});
  };
  const clock = () => {
    const time = performance.now();
    spent[stage[now]] += (time - since) / 1000;
    since = time;
  };
  const spend = (phase: Phase) => {
    clock();
    now = phase;
    checked();
  };
  return {
    spend,
    phase(phase) {
      spend(phase);
      progress({ phase, fraction: starts[phase], step: 0, steps: work.steps });
    },
    plan: (of) => {
      work = of;
    },
    async called(latent) {
      checked();
      done++;
      const share = Math.min(1, done / work.calls);
      const fraction = starts.sampling + share * (starts.decoding - starts.sampling);
      const glimpse = await previewNow(work.latentSpace, latent);
      progress({ phase: 'sampling', fraction, step: Math.floor(share * work.steps), steps: work.steps, ...glimpse });
    },
    seconds: () => {
      clock();
      return { ...spent };
    },
  };
}

/**
 * For one of several runs of a request: people see a single stretch of sampling, that begins with the first run's.
 * Its times are still told apart.
 */
export function partOf(report: Reporter): Reporter {
  return { ...report, phase: report.spend };
}
