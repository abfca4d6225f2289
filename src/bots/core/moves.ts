import { type Lineage, type LineageNode, type NodeId, newId } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Asker, Flow } from './accept.ts';
import { button } from './buttons.ts';
import type { Desk } from './desk.ts';
import { isLockedFor, mayMoveHead } from './heads.ts';
import type { Messages } from './messages/catalogue.ts';
import type { Notice } from './notice.ts';
import { RefusalWithWayOn } from './way-on.ts';

/** Shows a picture again, as a message of its own. */
export async function postNode(
  flow: Flow,
  asker: Asker,
  node: LineageNode,
  notes: readonly string[] = [],
): Promise<void> {
  const card: Notice = { kind: 'node', language: asker.language, notes };
  const { place } = asker.where;
  const key = `node:${asker.key}`;
  const about = { place, card, job: null, node: node.id, replyTo: asker.message };
  await flow.storage.outbox.put({ id: newId(flow.random), key, ...about });
  flow.outbox.wake();
}

/** @throws Refusal 'gone' */
export async function lineageOf({ storage }: Pick<Desk, 'storage'>, node: LineageNode): Promise<Lineage> {
  const lineage = await storage.lineage.lineage(node.lineage);
  if (!lineage) throw new Refusal('gone', {});
  return lineage;
}

/** @throws Refusal 'gone' */
export async function knownNode({ storage }: Pick<Desk, 'storage'>, id: NodeId): Promise<LineageNode> {
  const node = await storage.lineage.node(id);
  if (!node) throw new Refusal('gone', {});
  return node;
}

/**
 * Refuses who may not move a branch's HEAD, and offers a branch of their own at the picture they wanted, or to ask.
 * @throws Refusal 'locked', 'not-yours'
 */
export function checkMayMove(lineage: Lineage, branch: string, { speaker }: Asker, wanted: LineageNode): void {
  if (mayMoveHead(lineage, branch, speaker)) return;
  const ways = (messages: Messages) => [button(messages, 'br', wanted.id), button(messages, 'as', wanted.id)];
  if (isLockedFor(lineage, speaker)) throw new RefusalWithWayOn('locked', {}, ways);
  throw new RefusalWithWayOn('not-yours', {}, ways);
}

/** A step of a branch's HEAD. */
export interface Move {
  readonly lineage: Lineage;
  readonly branch: string;
  readonly from: NodeId;
  readonly to: LineageNode;
  /** Pictures that are left by stepping back, for Redo; the one left first comes first. */
  readonly left: readonly NodeId[];
  /** Pictures that are returned to: what they had been left for is forgotten. */
  readonly redone?: readonly NodeId[];
}

/** Somebody else was quicker: what was wanted can be done from where HEAD is now, or beside it. */
export async function outrun(
  { storage }: Flow,
  { lineage, branch, to, left }: Omit<Move, 'from' | 'redone'>,
): Promise<RefusalWithWayOn<'head-moved'> | Refusal<'gone'>> {
  const now = (await storage.lineage.lineage(lineage.id))?.heads[branch];
  const head = now && (await storage.lineage.node(now));
  if (!head) return new Refusal('gone', {});
  return new RefusalWithWayOn('head-moved', { current: head.number }, (messages) => [
    left.length > 0
      ? button(messages, 'un', head.id, { label: messages.buttons.applyOnHead })
      : button(messages, 'pk', to.id, { label: messages.buttons.applyOnHead }),
    button(messages, 'br', to.id, { label: messages.buttons.keepAsBranch }),
  ]);
}

/** Moves HEAD if it still is where it was seen. @throws Refusal 'head-moved' with both ways on, 'gone' */
export async function moveHead(flow: Flow, asker: Asker, move: Move): Promise<void> {
  const { lineage, branch, from, to, left, redone = [] } = move;
  const { user } = asker.speaker;
  try {
    await flow.storage.lineage.moveHead(lineage.id, branch, from, to.id);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'head-moved') throw await outrun(flow, move);
    throw error;
  }
  for (const id of left) await flow.storage.lineage.pushUndone(lineage.id, user, id);
  if (redone.length > 0) await flow.storage.lineage.dropUndone(lineage.id, user, redone);
}
