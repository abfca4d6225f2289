import type { Faults } from './faults.ts';
import type { Call } from './http.ts';
import type { InlineAnswer } from './inline.ts';
import type { RateLimits } from './limits.ts';
import type { Updates } from './updates.ts';
import type { Fields, StandInUser, World } from './world.ts';

/** One thing that went over the wire. Tokens are not in it. */
export interface LogLine {
  /** ms since 1970. */
  readonly at: number;
  readonly way: 'call' | 'answer' | 'update';
  /** The method; of an update, its kind. */
  readonly what: string;
  /** Raw fields as they came: what was dropped on the way is missing. */
  readonly fields: Fields;
  /** Of an answer: 200, or the error code. */
  readonly status: number | null;
}

export interface StoredQuery {
  readonly id: string;
  readonly from: StandInUser;
  readonly at: number;
  /** Null until it is answered: then its text, or ''. */
  answer: string | null;
}

/** Everything the parts of the stand-in share. */
export interface Desk {
  readonly world: World;
  readonly token: string;
  readonly updates: Updates;
  readonly limits: RateLimits;
  readonly faults: Faults;
  readonly queries: Map<string, StoredQuery>;
  readonly inlineQueries: Map<string, { answer: InlineAnswer | null }>;
  /** Paths of files handed out, and until when, ms. */
  readonly links: Map<string, { readonly file: string; readonly until: number }>;
  /** `getFile` names files in this folder; null: links. */
  readonly localDir: string | null;
  /** By scope and language: `default:zh`. */
  readonly menus: Map<string, readonly Fields[]>;
  /** Kinds of updates the bot asked for; null: all. Stays as it was last said. Source: Bot API, `getUpdates`. */
  allowedUpdates: readonly unknown[] | null;
  readonly webhook: { url: string; secret: string };
  /** Chat actions by chat, and until when they are shown. */
  readonly actions: Map<number, { readonly action: string; readonly until: number }>;
  readonly log: LogLine[];
  readonly violations: string[];
}

export type Method = (desk: Desk, call: Call, gone: AbortSignal) => Promise<unknown>;
