import type { ModelKind } from '../../../edit/catalog.ts';
import type { Operation } from '../../../edit/lineage.ts';
import type { Remark } from '../../../edit/request.ts';
import type { Warning } from '../../../edit/resolve.ts';
import type { RefusalCode, Refusals } from '../../../errors.ts';
import type { HelpTopic } from '../commands.ts';
import type { DrawingMessages } from './drawing.ts';
import type { HouseMessages } from './house.ts';
import type { RoomMessages } from './room.ts';

/** What went wrong, why, and what the person can do; parts that would only repeat another are empty. */
export interface Trouble {
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

/** Numbers of a result card, already computed. */
interface Made {
  readonly strength: number;
  readonly steps: number;
  readonly stepsRun: number;
  readonly cfg: number;
  readonly sampler: string;
  readonly seed: number;
  readonly model: string;
  /** `832×1248`, or `768×1152 → 832×1248`. */
  readonly size: string;
  readonly seconds: number;
}

/** Words on buttons; at most 24 display cells (Telegram shows no more). */
export type ButtonWord =
  | 'again'
  | 'less'
  | 'more'
  | 'edit'
  | 'sameMask'
  | 'use'
  | 'undo'
  | 'redo'
  | 'settings'
  | 'original'
  | 'cancel'
  | 'retry'
  | 'region'
  | 'upscale'
  | 'outpaint'
  | 'remove'
  | 'useMask'
  | 'invert'
  | 'grow'
  | 'shrink'
  | 'combine'
  | 'soft'
  | 'toggleSketch'
  | 'seams'
  | 'confirm'
  | 'dismiss'
  | 'lastMask'
  | 'paintMask'
  | 'latentNothing'
  | 'growAndRetry'
  | 'change'
  | 'useInfo'
  | 'branch'
  | 'forgetBranch'
  | 'renameBranch'
  | 'pin'
  | 'history'
  | 'compare'
  | 'delete'
  | 'together'
  | 'lock'
  | 'vote'
  | 'parallel'
  | 'ask'
  | 'allow'
  | 'show'
  | 'furtherButtons'
  | 'yes'
  | 'no'
  | 'savePreset'
  | 'report'
  | 'copyPreset'
  | 'remindMe'
  | 'smaller'
  | 'onlyMasked'
  | 'begin'
  | 'info'
  | 'invertMask'
  | 'downscale'
  | 'stretch'
  | 'newest'
  | 'back'
  | 'pageBack'
  | 'pageOn'
  | 'thumbnails'
  | 'applyOnHead'
  | 'keepAsBranch';

/** Every text the bots say, in one language. A language that misses one does not compile. */
export interface Messages extends DrawingMessages {
  readonly refusals: { readonly [C in RefusalCode]: (details: Refusals[C]) => Trouble };
  readonly buttons: Readonly<Record<ButtonWord, string>>;
  readonly operations: Readonly<Record<Operation, string>>;
  /** `~40 s`, beyond ten minutes `~12 min`. */
  readonly eta: (seconds: number) => string;
  /** Cards of a job on its way. */
  readonly job: {
    readonly queued: (place: number, eta: string) => string;
    readonly waitsForWorker: string;
    /** In place of the time left. */
    readonly paused: string;
    /** It had been begun before. */
    readonly again: string;
    /** Told to whoever asked, beside where the card is. */
    readonly begun: string;
    readonly preparing: string;
    readonly sampling: (step: number, steps: number) => string;
    readonly decoding: string;
    readonly uploading: string;
    readonly cancelled: (by: string) => string;
  };
  /** Lines of a picture's card. */
  readonly picture: {
    readonly numbers: (made: Made) => readonly string[];
    readonly from: (number: number) => string;
    readonly maskBy: (name: string) => string;
    readonly baseBy: (name: string) => string;
    readonly by: (name: string) => string;
    readonly head: (number: number) => string;
    readonly headIs: (number: number) => string;
    readonly branch: (name: string) => string;
    readonly clamped: (option: string, asked: number | string, given: number | string) => string;
    readonly warnings: Readonly<Record<Warning, string>>;
    readonly remark: (remark: Remark) => string;
    readonly lastOfYours: (number: number) => string;
    readonly newestHere: (number: number) => string;
    readonly lastHere: string;
    readonly ofDraft: (number: number) => string;
    readonly pinnedHere: (number: number) => string;
    readonly saidTwice: (options: string) => string;
    readonly fullMask: string;
    /** Of several pictures in a message. */
    readonly firstOf: (count: number) => string;
    /** The others of a message were not shown to us. */
    readonly onlyOne: string;
    readonly source: (number: number) => string;
    readonly whichSource: string;
    readonly otherModel: (name: string) => string;
    readonly pictureLost: string;
    /** Of a place that takes words only. */
    readonly picturesBarred: string;
    readonly description: (number: number, prompt: string) => string;
    readonly preview: string;
    readonly received: string;
    readonly tellMe: string;
  };
  /** The card that asks before it moves a HEAD that is elsewhere. */
  readonly elsewhere: (head: number, node: number, parent: number) => { readonly title: string; readonly line: string };
  readonly setHead: (number: number) => string;
  /** Two pictures came together. */
  readonly pair: {
    readonly title: string;
    readonly line: string;
    readonly choices: Readonly<Record<'mask' | 'sketch' | 'apart', string>>;
  };
  /** A picture came, and words about a part of it, but not which part. */
  readonly unmasked: {
    readonly title: string;
    /** Further pictures were not shown to us. */
    readonly partial: string;
    readonly how: string;
    /** On the button that edits all of it. */
    readonly whole: string;
  };
  /** A picture came after its album. */
  readonly late: { readonly title: string; readonly line: string };
  readonly room: RoomMessages;
  readonly house: HouseMessages;
  readonly settings: {
    readonly title: (number: number) => string;
    readonly upload: string;
    readonly made: (at: string) => string;
  };
  readonly models: {
    readonly title: (count: number) => string;
    readonly kinds: Readonly<Record<ModelKind, string>>;
    readonly more: (count: number) => string;
    readonly none: string;
  };
  readonly original: (number: number) => string;
  readonly form: { readonly title: (number: number) => string; readonly advanced: string };
  readonly queue: {
    readonly title: (waiting: number, running: number, workers: number) => string;
    readonly yours: (place: number, eta: string, prompt: string) => string;
    readonly running: (prompt: string) => string;
    readonly cancelling: { readonly placeholder: string; readonly unnamed: string };
    readonly none: string;
  };
  readonly help: Readonly<
    Record<
      HelpTopic,
      {
        readonly title: string;
        readonly lines: readonly string[];
        /** What its picture shows, for those who cannot see it. */
        readonly picture: string;
      }
    >
  >;
  readonly moreHelp: (topics: string) => string;
  readonly hereIsHow: string;
}
