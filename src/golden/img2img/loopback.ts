import { type DenoisingCurve, maskedContents } from '../../edit/choices.ts';
import { loopbackResults, loopbackRuns } from '../../engine/pipeline/loopback.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, maxDifference, mismatch, readJson } from './case.ts';

const area = 'img2img/loopback';

interface LoopbackCase {
  readonly loops: number;
  readonly final_denoising_strength: number;
  readonly curve: DenoisingCurve;
  readonly denoising_strength: number;
  readonly batch_count: number;
  readonly inpainting_fill: number;
  readonly calls: readonly {
    readonly seed: number;
    readonly denoising_strength: number;
    readonly inpainting_fill: number;
  }[];
  readonly images_returned: number;
  readonly first_is_grid: boolean;
}

/** Seeds and strengths of the script "Loopback", and how many pictures it gives back. */
export async function* loopback(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const [i, one] of (await readJson<LoopbackCase[]>(dir, 'runs.json')).entries()) {
    const options = {
      loops: one.loops,
      finalDenoisingStrength: one.final_denoising_strength,
      curve: one.curve,
      denoisingStrength: one.denoising_strength,
      batchCount: one.batch_count,
      seed: one.calls[0]?.seed ?? 0,
      maskedContent: maskedContents[one.inpainting_fill]!.value,
    };
    const runs = loopbackRuns(options);
    yield await judge({ area, name: `${i} seeds and masked content`, tolerance: 0 }, () =>
      mismatch(
        runs.map(({ seed, maskedContent }) => [seed, maskedContent]),
        one.calls.map(({ seed, inpainting_fill }) => [seed, maskedContents[inpainting_fill]!.value]),
      ),
    );
    yield await judge({ area, name: `${i} strengths`, tolerance: 1e-12 }, () =>
      maxDifference(
        runs.map((run) => run.denoisingStrength),
        one.calls.map((call) => call.denoising_strength),
      ),
    );
    yield await judge({ area, name: `${i} results`, tolerance: 0 }, () => {
      const results = loopbackResults(runs, options).length;
      return mismatch(results, one.images_returned - (one.first_is_grid ? 1 : 0));
    });
  }
}
