import { draftedNodeSchema } from '../../edit/draft.ts';
import type { LineageId, NodeId, PlaceId } from '../../edit/lineage.ts';
import type { OutboxRow } from '../../storage/index.ts';
import type { Desk } from './desk.ts';
import { draftOfRow, voteOfRow } from './notice.ts';
import { oneLine } from './plain-text.ts';
import { type Card, DeliveryError, type Incoming, type Platform, type Posted, type SendOptions } from './platform.ts';

// A tree may go on in a thread of its own. To the rest of the core it stays where it began: what is said in the thread counts as said
// in the place the thread hangs on, and only here, where messages come in and go out, is it told apart.

/** Characters of a thread's name at most. */
const NAME_LENGTH = 90;

/** A message in a thread, as one of the place the thread hangs on. */
export function inThread(thread: PlaceId, message: string): string {
  return `${thread}/${message}`;
}

/** Where a message of a place really is. */
export function whereIs(place: PlaceId, message: string): { readonly place: PlaceId; readonly message: string } {
  const at = message.lastIndexOf('/');
  return at < 0 ? { place, message } : { place: message.slice(0, at) as PlaceId, message: message.slice(at + 1) };
}

/** What was said in the thread of a tree, as said in the place of that tree; anything else as it came. */
export async function atHome(desk: Desk, incoming: Incoming): Promise<Incoming> {
  const { where } = incoming;
  if (!desk.platformOf(where.place)?.openThread) return incoming;
  const lineage = await desk.storage.lineage.ofThread(where.place);
  if (!lineage) return incoming;
  const thread = where.place;
  const there = { ...incoming, where: { ...where, place: lineage.place, thread } };
  if (there.kind === 'unreadable') return there;
  const message = there.message === null ? null : inThread(thread, there.message);
  if (there.kind === 'action') return { ...there, message };
  const { repliedTo } = there;
  return {
    ...{ ...there, message },
    repliedTo: repliedTo && { ...repliedTo, message: inThread(thread, repliedTo.message) },
  };
}

/** Posts a card about a tree where that goes on: in its thread, or, when that takes nothing any more, in its place. @throws DeliveryError */
export async function sendAbout(
  { storage, log }: Pick<Desk, 'storage' | 'log'>,
  platform: Platform,
  lineage: LineageId | null,
  { place, card, how }: { readonly place: PlaceId; readonly card: Card; readonly how: SendOptions },
): Promise<Posted> {
  const tree = lineage === null || !platform.openThread ? undefined : await storage.lineage.lineage(lineage);
  const thread = tree?.place === place ? tree.thread : null;
  if (!tree || thread === null) return platform.send(place, card, how);
  try {
    return await platform.send(place, card, { ...how, thread });
  } catch (error) {
    if (!(error instanceof DeliveryError && error.reason === 'unreachable')) throw error;
    log.info({ place, thread }, 'a thread takes nothing any more');
    await storage.lineage.setThread(tree.id, null);
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
  if (tree?.place !== place || tree.thread !== null) return;
  const name = oneLine(node.task?.request.params.prompt ?? '', NAME_LENGTH) || `#${node.number}`;
  try {
    await storage.lineage.setThread(tree.id, await platform.openThread(place, message, name));
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    log.info({ error, place }, 'a thread could not be begun');
  }
}
