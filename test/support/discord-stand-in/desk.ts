import type { Faults } from './faults.ts';
import type { Gateway } from './gateway.ts';
import type { JsonObject } from './json.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Cdn } from './wire.ts';
import type { StandInChannel, StandInUser, StoredMessage, World } from './world.ts';

/** One interaction, from click to the death of its token. */
export interface StoredInteraction {
  readonly id: string;
  readonly token: string;
  /** 2 command, 3 component, 4 autocomplete, 5 modal. */
  readonly type: 2 | 3 | 4 | 5;
  readonly user: StandInUser;
  readonly channel: StandInChannel;
  readonly createdAt: number;
  /** The message with the button. */
  readonly source: StoredMessage | null;
  /** The callback's body, once answered, and when. */
  callback: JsonObject | null;
  answeredAt: number | null;
  /** What `@original` means. */
  original: StoredMessage | null;
  followUps: number;
}

/** A line of the wire log: tokens are left out. */
export interface LogLine {
  readonly at: number;
  readonly way: 'request' | 'answer' | 'dispatch' | 'gateway';
  readonly what: string;
  readonly status?: number;
  readonly body?: unknown;
}

export interface DeskOptions {
  readonly token: string;
  /** Bytes of one file at most. */
  readonly uploadLimit: number;
  /** Whether modals may hold the young components (file upload, radio group). */
  readonly modalUploads: boolean;
  /** Edits of one message older than an hour before 30046. */
  readonly lateEdits: number;
  /** The application was granted the privileged intent Message Content. */
  readonly messageContent: boolean;
}

/** Everything the routes work on. */
export interface Desk {
  readonly world: World;
  readonly options: DeskOptions;
  readonly cdn: Cdn;
  readonly gateway: Gateway;
  readonly limits: RateLimits;
  readonly faults: Faults;
  readonly interactions: Map<string, StoredInteraction>;
  /** As registered, by scope: `global` or a server's id. */
  readonly commands: Map<string, readonly JsonObject[]>;
  /** Calls a client should never make; any of them fails the test at the end. */
  readonly violations: string[];
  readonly log: LogLine[];
}
