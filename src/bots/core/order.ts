import type { LineageNode, Operation } from '../../edit/lineage.ts';
import type { EditRequest, UserId } from '../../edit/request.ts';
import type { Language } from '../../storage/index.ts';
import type { Desk } from './desk.ts';
import type { JobCards } from './job-cards.ts';
import type { Outbox } from './outbox.ts';
import type { Answer, Speaker, Whereabouts } from './platform.ts';
import type { Source } from './source.ts';

/** The desk and the two things that write to the chat on their own. */
export interface Flow extends Desk {
  readonly outbox: Outbox;
  readonly jobCards: JobCards;
  /** Runs one after another what must not overlap: counting what somebody has, and adding to it. */
  readonly inTurn: <T>(step: () => Promise<T>) => Promise<T>;
}

/** Who asked, and where the answer goes. */
export interface Asker {
  readonly key: string;
  readonly speaker: Speaker;
  readonly where: Whereabouts;
  /** The message to reply to; or, as `aloneIn` reads it, whom alone the answer is for. */
  readonly message: string | null;
  /** As `Answer.briefly`. */
  readonly briefly?: Answer['briefly'];
  /** Of the cards everybody reads. */
  readonly language: Language;
  /** Of what they alone read; as everybody's, when not said. */
  readonly privately?: Language;
}

/** An edit that is complete and only needs to be let in. */
export interface Order {
  readonly asker: Asker;
  readonly request: EditRequest;
  /** What the results become children of. */
  readonly parent: Source;
  readonly op: Operation;
  readonly maskAuthor: UserId | null;
  /** The sibling whose button was pressed, for a re-roll. */
  readonly pressed?: LineageNode;
  /** On a branch of its own, beside what somebody else is busy with. */
  readonly apart?: boolean;
  readonly notes: readonly string[];
}
