import type { BlobRef, BlobStore } from '../edit/blob.ts';
import type {
  JobId,
  JobState,
  Lineage,
  LineageId,
  LineageNode,
  NodeId,
  Operation,
  PlaceId,
  Policy,
  StoredImage,
} from '../edit/lineage.ts';
import type { Layer, Preset, PresetScope } from '../edit/presets.ts';
import type { Task, UserId } from '../edit/request.ts';
import type { RefusalData } from '../errors.ts';

export type Language = 'en' | 'zh';

/** Somebody the bot has met. */
export interface Person {
  readonly id: UserId;
  readonly name: string;
  /** What they chose; null follows their client. */
  readonly language: Language | null;
}

/** A channel, chat, topic or browser canvas. */
export interface Place {
  readonly id: PlaceId;
  /** Who shares limits and a turn in the queue: `d:<guild>`, `t:<chat>`, `d:dm`, `w`. */
  readonly group: string;
  readonly language: Language | null;
  readonly policy: Policy;
}

/** A job as the database knows it: the truth about every accepted edit. */
export interface JobRow {
  readonly id: JobId;
  /** The platform's id of the message, interaction or update that asked; unique, so that a repeated delivery is no second job. */
  readonly requestKey: string;
  readonly state: JobState;
  readonly task: Task;
  readonly author: UserId;
  readonly place: PlaceId;
  readonly group: string;
  readonly cost: number;
  readonly lineage: LineageId;
  readonly parent: NodeId;
  readonly op: Operation;
  readonly maskAuthor: UserId | null;
  /** Branch whose HEAD moves to the result. */
  readonly branch: string;
  /** The platform's message that shows the queue position and progress, once sent. */
  readonly cardMessage: string | null;
  /** The platform's message to reply to. */
  readonly replyTo: string | null;
  /** Language of the cards. */
  readonly language: Language;
  readonly error: RefusalData | null;
  readonly acceptedAt: Date;
  readonly endedAt: Date | null;
}
export type NewJob = Omit<JobRow, 'state' | 'error' | 'endedAt' | 'cardMessage'>;

/** A message that must be posted exactly once. */
export interface OutboxRow {
  /** At most 25 characters: Discord's nonce. */
  readonly id: string;
  /** What it is about, unique: `result:<job>`, `error:<job>` … A second row of the same key is not written. */
  readonly key: string;
  readonly place: PlaceId;
  /** The card as the chat core made it; JSON, its pictures as blob references. */
  readonly card: unknown;
  readonly job: JobId | null;
  readonly node: NodeId | null;
  readonly replyTo: string | null;
  readonly state: 'waiting' | 'sending' | 'sent' | 'failed';
  readonly attempts: number;
  readonly dueAt: Date;
  readonly sendingSince: Date | null;
  /** The platform's message id, once sent. */
  readonly message: string | null;
}
export type NewOutboxRow = Pick<OutboxRow, 'id' | 'key' | 'place' | 'card' | 'job' | 'node' | 'replyTo'>;

/** What a message of ours is about; how a reply or an old message finds its way back. */
export interface MessageLink {
  readonly place: PlaceId;
  readonly message: string;
  readonly kind: 'card' | 'result' | 'mask' | 'panel';
  readonly node: NodeId | null;
  readonly job: JobId | null;
  readonly draft: string | null;
}

/** A request that still misses something (a mask, a prompt, a choice). Never in the queue; gone after 30 minutes. */
export interface Draft {
  readonly id: string;
  readonly place: PlaceId;
  readonly author: UserId;
  readonly kind: string;
  /** What is known so far; parsed by whoever made it. */
  readonly content: unknown;
  readonly expiresAt: Date;
}

/** A finished picture on its way into the tree. */
export type NewNode = Omit<LineageNode, 'number' | 'createdAt' | 'lineage'>;

export interface Images {
  /** Remembers a picture's size beside its blob; the same picture twice is one row. */
  remember(image: StoredImage): Promise<void>;
  find(ref: BlobRef): Promise<StoredImage | undefined>;
}

export interface LineageStore {
  /** A new tree of one picture. HEAD of `main` is that picture. */
  plant(root: {
    id: NodeId;
    lineage: LineageId;
    image: StoredImage;
    author: UserId;
    place: PlaceId;
    infotext: string | null;
  }): Promise<LineageNode>;
  lineage(id: LineageId): Promise<Lineage | undefined>;
  node(id: NodeId): Promise<LineageNode | undefined>;
  /** Oldest first. */
  children(id: NodeId): Promise<readonly LineageNode[]>;
  /** All nodes of a tree, by number; a page of at most `limit` from number `from` on. */
  nodes(lineage: LineageId, from: number, limit: number): Promise<readonly LineageNode[]>;
  /**
   * Compare-and-set of a branch's HEAD.
   * @throws Refusal 'head-moved' when HEAD is not `expected` (any more)
   */
  moveHead(lineage: LineageId, branch: string, expected: NodeId, to: NodeId): Promise<void>;
  /** Remembers that `by` stepped back from `left` to its parent: what their Redo returns to, newest first. */
  pushUndone(lineage: LineageId, by: UserId, left: NodeId): Promise<void>;
  /** The newest undone child of `parent` that `by` left, taken off the stack; undefined when there is none. */
  popUndone(lineage: LineageId, by: UserId, parent: NodeId): Promise<NodeId | undefined>;
  /** The newest picture in a place since then, of one author or of anybody. */
  newest(place: PlaceId, since: Date, author?: UserId): Promise<LineageNode | undefined>;
}

export interface JobStore {
  /** Writes the row in state `queued`, or returns the row the same `requestKey` already made. */
  accept(job: NewJob): Promise<{ readonly job: JobRow; readonly isNew: boolean }>;
  find(id: JobId): Promise<JobRow | undefined>;
  /** Everything that is not final, oldest first: what a starting process takes up again. */
  unfinished(): Promise<readonly JobRow[]>;
  /** How many are queued or running, for limits. */
  count(of: { author: UserId } | { group: string } | 'all'): Promise<{ queued: number; running: number }>;
  /** Credits of jobs this person had accepted since then, cancelled and failed ones not counted. */
  creditsSince(author: UserId, since: Date): Promise<number>;
  /** Forward only; false (and no change) when the job is already as far or final. */
  advance(id: JobId, to: JobState): Promise<boolean>;
  setCard(id: JobId, message: string): Promise<void>;
  /** The person's newest unfinished job in a place. */
  newestUnfinished(place: PlaceId, author: UserId): Promise<JobRow | undefined>;
  /**
   * One transaction: state → `delivering`, nodes numbered and written, HEAD of the job's branch moved to the first one if it still is
   * the parent (else left alone), outbox row written. Undefined, and nothing written, when the job had already ended.
   */
  complete(id: JobId, nodes: readonly NewNode[], outbox: NewOutboxRow): Promise<readonly LineageNode[] | undefined>;
  /** One transaction: state → `failed` or `cancelled`, outbox row written if given. False when the job had already ended. */
  end(
    id: JobId,
    state: 'failed' | 'cancelled',
    error: RefusalData | null,
    outbox: NewOutboxRow | null,
  ): Promise<boolean>;
}

export interface OutboxStore {
  /** Writes the row unless its key exists. */
  put(row: NewOutboxRow): Promise<void>;
  /** Waiting rows that are due, and rows left `sending` by a process that died, oldest first. */
  due(now: Date, stuckBefore: Date, limit: number): Promise<readonly OutboxRow[]>;
  /** waiting → sending (or sending since long → sending anew); false when somebody else took it. */
  claim(row: OutboxRow, now: Date): Promise<boolean>;
  /** One transaction: row → sent, message linked, its job → `done`. */
  sent(id: string, message: string, link: MessageLink): Promise<void>;
  retryAt(id: string, dueAt: Date): Promise<void>;
  /** Given up; its job stays `delivering`, its node is still in the history. */
  failed(id: string): Promise<void>;
}

export interface MessageStore {
  link(link: MessageLink): Promise<void>;
  find(place: PlaceId, message: string): Promise<MessageLink | undefined>;
  /** Newest message that shows a node in a place. */
  ofNode(place: PlaceId, node: NodeId): Promise<MessageLink | undefined>;
}

export interface DraftStore {
  put(draft: Draft): Promise<void>;
  find(id: string): Promise<Draft | undefined>;
  /** The person's newest open draft of a kind in a place. */
  newest(place: PlaceId, author: UserId, kind: string): Promise<Draft | undefined>;
  remove(id: string): Promise<void>;
}

export interface PeopleStore {
  person(id: UserId): Promise<Person | undefined>;
  savePerson(person: Person): Promise<void>;
  place(id: PlaceId): Promise<Place | undefined>;
  savePlace(place: Place): Promise<void>;
  /** True the first time a hint is asked for, then false until `days` have passed. */
  mayHint(person: UserId, hint: string, days: number, now: Date): Promise<boolean>;
}

export interface PresetStore {
  save(preset: Preset): Promise<void>;
  find(scope: PresetScope, owner: string, name: string): Promise<Preset | undefined>;
  list(scope: PresetScope, owner: string): Promise<readonly Preset[]>;
  remove(scope: PresetScope, owner: string, name: string): Promise<boolean>;
  /** Marks a preset as its owner's default, or none with null. */
  setDefault(scope: PresetScope, owner: string, name: string | null): Promise<void>;
  /** Defaults of system, server, channel and person in one reading, as layers. */
  layers(of: { group: string; place: PlaceId; user: UserId }): Promise<readonly Layer[]>;
}

/** What the bots remember. Row types never leave this folder. */
export interface Storage extends AsyncDisposable {
  readonly blobs: BlobStore;
  readonly images: Images;
  readonly lineage: LineageStore;
  readonly jobs: JobStore;
  readonly outbox: OutboxStore;
  readonly messages: MessageStore;
  readonly drafts: DraftStore;
  readonly people: PeopleStore;
  readonly presets: PresetStore;
  /** Deletes blobs that no row refers to and that are older than `before`; returns how many. Expired drafts go first. */
  sweep(before: Date): Promise<number>;
}
