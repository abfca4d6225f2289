/** What became of one golden case; printed as one line by `palimpsest golden`. */
export interface GoldenOutcome {
  /** Folder of the golden data: `img2img/primitives`, `sampling`, `models/sd15` … */
  readonly area: string;
  readonly name: string;
  /** 'not covered': this version does not implement what the case is about; never used to hide a failure. */
  readonly status: 'ok' | 'failed' | 'not covered';
  readonly maxError?: number;
  readonly tolerance?: number;
  /** Why it failed or is not covered. */
  readonly reason?: string;
}

/**
 * Runs every case found below `dir` (a folder laid out like that area of the golden data).
 * Cases are discovered from the files, never listed in code: other inputs and parameters exist.
 */
export type GoldenArea = (dir: string) => AsyncIterable<GoldenOutcome>;
