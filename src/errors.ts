/**
 * Every way a person's request can be refused, and the facts the message about it needs. A code is noticed in any layer; its words,
 * in every language, stand in `bots/core/messages` (a code without words does not compile).
 */
export interface Refusals {
  // pictures and files that come in
  'no-image': Record<string, never>;
  'no-content': Record<string, never>;
  'download-failed': { host: string };
  /** A link to somewhere else than pictures are fetched from. */
  'link-not-followed': { hosts: readonly string[] };
  /** A link that led to a file once. */
  'link-expired': Record<string, never>;
  'file-too-big': { bytes: number; limit: number };
  'not-an-image': { found: string };
  'image-broken': { format: string };
  'image-too-large': { megapixels: number; limit: number };
  'image-sides': { width: number; height: number; min: number; max: number };
  'mask-size': { mask: string; image: string };
  'mask-empty': Record<string, never>;
  'no-mask': Record<string, never>;
  /** Nobody here can find a thing in a picture by its name. */
  'no-finder': { target: string };
  'sketch-and-mask': Record<string, never>;
  'sketch-size': { sketch: string; image: string };
  'sketch-unchanged': Record<string, never>;
  'no-past-mask': Record<string, never>;
  'too-many-drafts': { limit: number };
  'diff-base': Record<string, never>;
  'diff-too-different': Record<string, never>;
  // what was asked
  'bad-color': { given: string };
  'bad-direction': { given: string };
  'bad-ratio': { given: string };
  /** A picture that is to grow to a shape has it. */
  'has-shape': { ratio: string };
  /** `nearest`: the size that can be made, for one that is understood; `meant`: what one that is not may stand for. */
  'bad-size': { given: string; nearest?: string; meant?: string };
  'bad-weight': { text: string };
  /** `text`: what is no option; empty where a value is missing, a quotation mark for one that is never closed. `around`: the text there, and where in it the trouble begins. */
  'bad-option': {
    position: number;
    text: string;
    nearest: string | null;
    around?: { excerpt: string; at: number };
  };
  'option-missing': { command: string; option: string };
  'which-subcommand': { command: string; subcommands: readonly string[] };
  'out-of-range': { field: string; given: number | string; min: number; max: number };
  'prompt-too-long': { length: number; limit: number };
  'unknown-name': { kind: string; given: string; nearest: readonly string[] };
  /** `nearest`: people who can be named. */
  'unknown-person': { given: string; nearest: readonly string[] };
  /** `nearest`: what they are told apart by. */
  'several-people': { given: string; nearest: readonly string[] };
  'nothing-to-do': { why: 'latent-noise-without-strength' | 'no-prompt' };
  'sigma-range': { min: number; max: number };
  /** As many steps exactly, at so little strength, are the end of a schedule longer than anybody can make. */
  'exact-steps': { strength: number; least: number };
  'soft-sampler': { sampler: string };
  // scripts
  'mask-with-script': { script: string };
  'batch-with-script': { script: string; field: string };
  'result-too-large': { width: number; height: number; maxSide: number; megapixels: number };
  'run-too-large': { script: string; width: number; height: number; megapixels: number };
  'tile-overlap': { field: string; overlap: number; width: number; height: number };
  'too-many-runs': { runs: number; limit: number };
  // buttons, lineage, people
  'old-button': Record<string, never>;
  gone: Record<string, never>;
  'not-yours': Record<string, never>;
  'not-a-manager': Record<string, never>;
  /** Somebody wants to cancel an edit of somebody else. */
  'not-your-edit': { by: string };
  locked: Record<string, never>;
  'head-moved': { current: number };
  'being-edited': { by: string; seconds: number };
  'vote-over': Record<string, never>;
  /** The same is asked already. */
  'vote-open': Record<string, never>;
  'too-many-votes': { limit: number };
  'branch-name': { given: string; why: 'taken' | 'unsound' | 'too-many' };
  'nothing-to-compare': Record<string, never>;
  'nothing-to-undo': Record<string, never>;
  'nothing-to-redo': Record<string, never>;
  'nothing-to-repeat': Record<string, never>;
  'too-late': Record<string, never>;
  // the line
  /** `limit`: edits on the way, for a person; edits that wait, for a server and for all. `seconds`: until there is room, when that is known. */
  'queue-full': { scope: 'user' | 'server' | 'global'; limit: number; seconds: number | null };
  quota: { seconds: number };
  'missing-permissions': { permissions: readonly string[] };
  // the rules of the house
  'forbidden-word': { word: string };
  'bad-expression': { entry: string; position: number };
  nsfw: { isAllowedElsewhere: boolean };
  banned: { why: string | null; isEverywhere: boolean };
  /** Something for their eyes alone has no way to them. */
  'no-private-messages': Record<string, never>;
  'channel-closed': { open: readonly string[] };
  'role-needed': Record<string, never>;
  /** The platform has no threads for pictures. */
  'no-threads': Record<string, never>;
  'foreign-source': Record<string, never>;
  forgetting: Record<string, never>;
  'under-review': Record<string, never>;
  'too-many-presets': { limit: number };
  // the engine and its files
  'no-checkpoint': { folder: string };
  'weights-broken': { file: string; why: string };
  'weights-unsupported': { file: string; why: string };
  'out-of-memory': { setting: string };
  cancelled: Record<string, never>;
  'worker-lost': Record<string, never>;
  'storage-full': Record<string, never>;
  internal: { ref: string };
}

export type RefusalCode = keyof Refusals;

/** A refusal as plain data, as it crosses the queue and the worker thread. */
export type RefusalData = { [C in RefusalCode]: { readonly code: C; readonly details: Refusals[C] } }[RefusalCode];

/** Thrown wherever a request turns out to be impossible; shown to its author in their language. */
export class Refusal<C extends RefusalCode = RefusalCode> extends Error {
  override readonly name = 'Refusal';
  readonly code: C;
  readonly details: Refusals[C];
  constructor(code: C, details: Refusals[C], options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(details)}`, options);
    this.code = code;
    this.details = details;
  }
}

/** The plain data of a refusal, for a queue or a thread boundary. */
export function refusalData(refusal: Refusal): RefusalData {
  return { code: refusal.code, details: refusal.details } as RefusalData;
}
