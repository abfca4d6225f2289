import type { DenoisingCurve, MaskedContent } from '../../edit/choices.ts';
import { loopbackStrengths } from '../../edit/script.ts';

/** The parameters of the script "Loopback", and those of the job that it changes. */
export interface LoopbackOptions {
  /** 1…32 */
  readonly loops: number;
  readonly finalDenoisingStrength: number;
  readonly curve: DenoisingCurve;
  readonly denoisingStrength: number;
  /** How often the whole chain is run; one picture at a time. */
  readonly batchCount: number;
  readonly seed: number;
  readonly maskedContent: MaskedContent;
}

/** One run of the pipeline; all but the first of a chain take the picture of the run before. */
export interface LoopbackRun {
  readonly chain: number;
  readonly loop: number;
  readonly seed: number;
  readonly denoisingStrength: number;
  readonly maskedContent: MaskedContent;
}

/** Everything that the script runs, in order; seeds go on over the chains. Source: A1111 scripts/loopback.py */
export function loopbackRuns(options: LoopbackOptions): LoopbackRun[] {
  const { loops, seed } = options;
  const strengths = loopbackStrengths(options, options.denoisingStrength);
  return Array.from({ length: loops * options.batchCount }, (_, i): LoopbackRun => {
    const loop = i % loops;
    return {
      chain: Math.floor(i / loops),
      loop,
      seed: seed + i,
      denoisingStrength: strengths[loop]!,
      maskedContent: loop === 0 ? options.maskedContent : 'original',
    };
  });
}

/** Which runs' pictures are the result: all of a single chain, else the last of each. */
export function loopbackResults(runs: readonly LoopbackRun[], { loops, batchCount }: LoopbackOptions): LoopbackRun[] {
  return runs.filter(({ loop }) => batchCount === 1 || loop === loops - 1);
}
