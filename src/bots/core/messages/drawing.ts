import type { MaskCombination } from '../../../edit/probe.ts';

/** Words of everything that begins with drawing, masks and dialogs. */
export interface DrawingMessages {
  /** The card that asks whether a part of a picture is meant. */
  readonly mask: {
    readonly title: (number: number, by: string) => string;
    readonly removeTitle: (number: number, by: string) => string;
    readonly area: (percent: string) => string;
    readonly noWords: string;
    readonly uses: Readonly<Record<'inpaint sketch' | 'sketch', string>>;
    readonly description: (number: number, percent: string) => string;
    readonly softOn: string;
    readonly softOff: string;
    readonly isSketch: string;
    readonly isMask: string;
    readonly combineTitle: string;
    readonly combinations: Readonly<Record<MaskCombination, string>>;
    readonly promptTitle: (number: number) => string;
    readonly kept: string;
    readonly keptSketch: string;
  };
  readonly remove: {
    readonly what: (target: string) => string;
    readonly prompt: (before: string, after: string) => string;
    readonly title: (number: number) => string;
    readonly target: string;
    readonly how: readonly string[];
  };
  /** A picture that looked like a drawn-on copy. */
  readonly newPicture: { readonly title: string; readonly line: string; readonly pick: string; readonly which: string };
  /** How to say which part. */
  readonly region: {
    readonly title: (number: number) => string;
    readonly lines: readonly string[];
    /** Where a mask can be painted on the spot. */
    readonly painting: readonly string[];
  };
  /** The dialog that makes a picture larger. */
  readonly outpaint: {
    readonly title: (number: number, by: string) => string;
    readonly size: (before: string, after: string, passes: number) => string;
    readonly nothing: string;
    readonly methods: Readonly<Record<'outpainting mk2' | "poor man's outpainting" | 'mosaic outpaint', string>>;
    readonly promptTitle: (number: number) => string;
    readonly prompt: string;
    readonly go: string;
    readonly description: (size: string) => string;
    readonly preset: string;
    readonly presetNote: string;
  };
  readonly upscale: {
    readonly title: (number: number) => string;
    readonly lines: readonly string[];
    readonly ways: Readonly<Record<'img2img' | 'sd' | 'lanczos' | 'nearest' | 'custom', string>>;
    readonly form: (number: number) => string;
    readonly factor: string;
    readonly set: (strength: number) => string;
  };
  /** A sheet to draw on. */
  readonly sheet: { readonly title: string; readonly lines: readonly string[]; readonly posted: string };
}
