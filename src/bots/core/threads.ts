import { draftedNodeSchema } from '../../edit/draft.ts';
import type { LineageId, NodeId, PlaceId } from '../../edit/lineage.ts';
import type { OutboxRow } from '../../storage/index.ts';
import { aloneIn } from './alone.ts';
import type { Desk } from './desk.ts';
import { draftOfRow, voteOfRow } from './notice.ts';
import { oneLine } from './plain-text.ts';
import {
  type Card,
  DeliveryError,
  type Incoming,
  type Platform,
  type Posted,
  type SendOptions,
  type Whereabouts,
} from './platform.ts';

// A tree may go on in a thread of its own. To the rest of the core it stays where it began: what is said in the thread counts as said
// in the place the thread hangs on, and only here, where messages come in and go out, is it told apart. So does what still comes from
// the old name of a place that has a new one.

/** Characters of a thread's name at most. */
const NAME_LENGTH = 90;

/** A message in a thread, as one of the place the thread hangs on. */
export function inThread(thread: PlaceId, message: string): string {
  return `${thread}/${message}`;
}

/** Where something was really said, for cards that are about no tree. */
export const saidIn = ({ place, thread }: Pick<Whereabouts, 'place' | 'thread'>): PlaceId => thread ?? place;

/** Where a message of a place really is. */
export function whereIs(place: PlaceId, message: string): { readonly place: PlaceId; readonly message: string } {
  const at = message.lastIndexOf('/');
  return at < 0 ? { place, message } : { place: message.slice(0, at) as PlaceId, message: message.slice(at + 1) };
}

/** Where what was said somewhere counts as said, when that is another place. */
async function homeOf({ storage, platformOf }: Desk, where: Whereabouts): Promise<Whereabouts | undefined> {
  const moved = await storage.moves.homeOf(where.place);
  if (moved) return { ...where, place: moved.id, group: moved.group };
  if (!platformOf(where.place)?.openThread) return undefined;
  const lineage = await storage.lineage.ofThread(where.place);
  if (!lineage) return undefined;
  const { within: _, ...spot } = where; // what the thread hangs on is its place itself
  return { ...spot, place: lineage.place, thread: where.place };
}

/**
 * What was said in the thread of a tree, as said in the place of that tree, and what comes from the old name of a place, as of the new
 * one; anything else as it came.
 */
export async function atHome(desk: Desk, incoming: Incoming): Promise<Incoming> {
  const where = await homeOf(desk, incoming.where);
  if (!where) return incoming;
  const there = { ...incoming, where };
  const named = (message: string) => inThread(incoming.where.place, message);
  if (there.kind === 'unreadable') return there;
  const message = there.message === null ? null : named(there.message);
  if (there.kind === 'action') return { ...there, message };
  const { repliedTo } = there;
  return { ...there, message, repliedTo: repliedTo && { ...repliedTo, message: named(repliedTo.message) } };
}

/** The thread a card belongs in: that of its tree, else the one its request was said in. */
async function threadFor(
  { storage }: Pick<Desk, 'storage'>,
  place: PlaceId,
  { lineage, replyTo }: { readonly lineage: LineageId | null; readonly replyTo: string | null },
): Promise<{ readonly thread: PlaceId; readonly tree: LineageId | null } | undefined> {
  const tree = lineage === null ? undefined : await storage.lineage.lineage(lineage);
  if (tree?.place === place && tree.thread !== null) return { thread: tree.thread, tree: tree.id };
  const asked = lineage !== null || replyTo === null || aloneIn(replyTo) ? place : whereIs(place, replyTo).place;
  return asked === place ? undefined : { thread: asked, tree: null };
}

/** Posts a card where it belongs: in a thread, or, when that takes nothing any more, in its place. @throws DeliveryError */
export async function sendAbout(
  { storage, log }: Pick<Desk, 'storage' | 'log'>,
  platform: Platform,
  lineage: LineageId | null,
  { place, card, how }: { readonly place: PlaceId; readonly card: Card; readonly how: SendOptions },
): Promise<Posted> {
  const found = platform.openThread && (await threadFor({ storage }, place, { lineage, replyTo: how.replyTo }));
  if (!found) return platform.send(place, card, how);
  const { thread, tree } = found;
  try {
    return await platform.send(place, card, { ...how, thread });
  } catch (error) {
    if (!(error instanceof DeliveryError && error.reason === 'unreachable')) throw error;
    log.info({ place, thread }, 'a thread takes nothing any more');
    if (tree !== null) await storage.lineage.setThread(tree, null);
    return platform.send(place, card, how);
  }
}

/** The tree a message is about; null for one that is about none. */
export async function lineageOfRow({ storage }: Pick<Desk, 'storage'>, row: OutboxRow): Promise<LineageId | null> {
  const ofNode = async (id: NodeId) => (await storage.lineage.node(id))?.lineage ?? null;
  if (row.node !== null) return ofNode(row.node);
  if (row.job !== null) return (await storage.jobs.find(row.job))?.lineage ?? null;
  const vote = voteOfRow(row);
  if (vote !== null) return (await storage.together.vote(vote))?.lineage ?? null;
  const draft = draftOfRow(row);
  const found = draft === null ? undefined : draftedNodeSchema.safeParse((await storage.drafts.find(draft))?.content);
  return found?.success ? ofNode(found.data.node) : null;
}

/** Begins the thread of a tree at its first result, where its place wants that. What cannot be begun is done without. */
export async function beginThread(
  { storage, log }: Pick<Desk, 'storage' | 'log'>,
  platform: Platform,
  { place, node: id }: Pick<OutboxRow, 'place' | 'node'>,
  message: string,
): Promise<void> {
  const node = platform.openThread && id ? await storage.lineage.node(id) : undefined;
  if (!platform.openThread || node?.number !== 1 || !(await storage.together.rules(place)).threads) return;
  const tree = await storage.lineage.lineage(node.lineage);
  const isThread = ((await storage.people.place(place))?.within ?? null) !== null; // and threads have none of their own
  if (tree?.place !== place || tree.thread !== null || isThread) return;
  const name = oneLine(node.task?.request.params.prompt ?? '', NAME_LENGTH) || `#${node.number}`;
  try {
    await storage.lineage.setThread(tree.id, await platform.openThread(place, message, name));
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    log.info({ error, place }, 'a thread could not be begun');
  }
}
