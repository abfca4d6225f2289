import type { BlobRef } from './blob.ts';
import type { Task, UserId } from './request.ts';

/** Place in a chat: `d:<guild or 0>:<channel>`, `t:<chat>:<topic or 0>`, `w:<canvas>`. */
export type PlaceId = string & { readonly brand: 'PlaceId' };
/** Ten characters of Crockford base32, lower case, 50 random bits. */
export type NodeId = string & { readonly brand: 'NodeId' };
export type LineageId = string & { readonly brand: 'LineageId' };
export type JobId = string & { readonly brand: 'JobId' };

/** Pixels somebody sent or a model made: immutable, after EXIF orientation. */
export interface StoredImage {
  readonly ref: BlobRef;
  readonly width: number;
  readonly height: number;
}

/** How a picture came to be. `source` is a root: an upload. */
export const operations = [
  'source',
  'edit',
  'inpaint',
  'outpaint',
  'upscale',
  'remove',
  'seam repair',
  'again',
  'less',
  'more',
  'same mask',
] as const;
export type Operation = (typeof operations)[number];

/** One picture in a tree. Nothing ever changes or replaces it: undo only moves a pointer, as on a palimpsest. */
export interface LineageNode {
  readonly id: NodeId;
  readonly lineage: LineageId;
  /** Order of creation in the lineage, from 0: the `#3` people read. Ids are what buttons carry. */
  readonly number: number;
  readonly parent: NodeId | null;
  readonly op: Operation;
  /** What made it; null for a root. Running it again gives the same bytes. */
  readonly task: Task | null;
  readonly image: StoredImage;
  /** Seed and infotext of this very picture; null for a root without them. */
  readonly seed: number | null;
  readonly infotext: string | null;
  /** Place in its batch, from 0. */
  readonly pick: number;
  readonly author: UserId;
  /** Who sent or drew the mask, when it was somebody. */
  readonly maskAuthor: UserId | null;
  readonly job: JobId | null;
  /** Hidden until touched, as its source was. */
  readonly spoiler: boolean;
  /** Its picture is no longer kept; what is known about it is. */
  readonly removed: boolean;
  readonly createdAt: Date;
}

/** Who may move HEAD. */
export type Policy = 'anyone' | 'collaborators' | 'owner';

/** Somebody invited to a tree: a person (`discord:…`), a role (`discord-role:…`), or a name people go by (`telegram:@bo`). */
export interface Collaborator {
  readonly member: string;
  /** What they were called when they were invited. */
  readonly name: string;
}

/** A tree of pictures grown from one upload. */
export interface Lineage {
  readonly id: LineageId;
  readonly place: PlaceId;
  readonly owner: UserId;
  readonly policy: Policy;
  /** Branch → its HEAD. There is always `main`. */
  readonly heads: Readonly<Record<string, NodeId>>;
  /** Branch → who began it; not for `main`. */
  readonly begunBy: Readonly<Record<string, UserId>>;
  readonly collaborators: readonly Collaborator[];
  /** Who locked it, if anybody did. */
  readonly lockedBy: UserId | null;
  /** The thread in which it goes on, where it has one; `place` is what that thread hangs on. */
  readonly thread: PlaceId | null;
  readonly createdAt: Date;
}

/** A picture in the outline of its tree: enough to draw the tree, of however many pictures. */
export interface OutlineNode {
  readonly id: NodeId;
  readonly number: number;
  readonly parent: NodeId | null;
  readonly author: UserId;
  /** Its picture has been taken away. */
  readonly removed: boolean;
}

/** Made over and over from the same picture: a new one takes the place of its sibling. */
const rerolls: readonly Operation[] = ['again', 'less', 'more'];
export const isReroll = (op: Operation): boolean => rerolls.includes(op);

/** Final states are `done`, `failed`, `cancelled`, `expired`. A job only moves forward. */
export const jobStates = [
  'queued',
  'preparing',
  'running',
  'encoding',
  'delivering',
  'done',
  'failed',
  'cancelled',
  'expired',
] as const;
export type JobState = (typeof jobStates)[number];
export const finalStates = ['done', 'failed', 'cancelled', 'expired'] as const satisfies readonly JobState[];

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';

/** The outbox key of a message that shows two pictures beside each other. @param asked  the key of what asked for it */
export const comparisonKey = (asked: string) => `compare:${asked}`;

/** A fresh id of ten characters. `random` fills bytes (node:crypto's, or a generator of a test). */
export function newId<Id extends string>(random: (count: number) => Uint8Array): Id {
  const bytes = random(10);
  return Array.from(bytes, (b) => crockford[b & 31]).join('') as Id;
}

/** Whether a text from outside has the form of an id; whether it exists is another question. */
export function isId(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{10}$/.test(text);
}
