import type { MaskedContent } from '../../edit/choices.ts';

/** How the denoising strength goes from the first loop to the last. */
export type DenoisingCurve = 'Aggressive' | 'Linear' | 'Lazy';

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

const curves: Readonly<Record<DenoisingCurve, (progress: number) => number>> = {
  Aggressive: (t) => Math.sin(t * Math.PI * 0.5),
  Linear: (t) => t,
  Lazy: (t) => 1 - Math.cos(t * Math.PI * 0.5),
};

/** Everything that the script runs, in order; seeds go on over the chains. Source: A1111 scripts/loopback.py */
export function loopbackRuns(options: LoopbackOptions): LoopbackRun[] {
  const { loops, finalDenoisingStrength, denoisingStrength, curve, seed } = options;
  return Array.from({ length: loops * options.batchCount }, (_, i): LoopbackRun => {
    const loop = i % loops;
    const progress = loops === 1 ? 0 : curves[curve](loop / (loops - 1));
    return {
      chain: Math.floor(i / loops),
      loop,
      seed: seed + i,
      denoisingStrength: denoisingStrength + (finalDenoisingStrength - denoisingStrength) * progress,
      maskedContent: loop === 0 ? options.maskedContent : 'original',
    };
  });
}

/** Which runs' pictures are the result: all of a single chain, else the last of each. */
export function loopbackResults(runs: readonly LoopbackRun[], { loops, batchCount }: LoopbackOptions): LoopbackRun[] {
  return runs.filter(({ loop }) => batchCount === 1 || loop === loops - 1);
}
