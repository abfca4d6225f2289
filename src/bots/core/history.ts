import { isId, type Lineage, type LineageNode, type NodeId, newId } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Asker, Flow } from './accept.ts';
import { elsewhereCard } from './cards.ts';
import type { Desk } from './desk.ts';
import { mayMoveHead } from './heads.ts';
import { messagesIn } from './messages/index.ts';
import type { Notice } from './notice.ts';
import { batchOf, branchAt, headOf } from './picture-view.ts';
import type { Answer } from './platform.ts';

/** Shows a picture again, as a message of its own. */
async function post(flow: Flow, asker: Asker, node: LineageNode): Promise<void> {
  const card: Notice = { kind: 'node', language: asker.language, notes: [] };
  const { place } = asker.where;
  const key = `node:${asker.key}`;
  await flow.storage.outbox.put({
    id: newId(flow.random),
    key,
    place,
    card,
    job: null,
    node: node.id,
    replyTo: asker.message,
  });
  flow.outbox.wake();
}

async function lineageOf({ storage }: Desk, node: LineageNode): Promise<Lineage> {
  const lineage = await storage.lineage.lineage(node.lineage);
  if (!lineage) throw new Refusal('gone', {});
  return lineage;
}

async function knownNode({ storage }: Desk, id: NodeId): Promise<LineageNode> {
  const node = await storage.lineage.node(id);
  if (!node) throw new Refusal('gone', {});
  return node;
}

function checkPolicy(lineage: Lineage, branch: string, { speaker }: Asker): void {
  if (!mayMoveHead(lineage, branch, speaker)) throw new Refusal('not-yours', {});
}

/** What undoing needs: the picture left, and for one that is not HEAD, the HEAD that was seen when moving it was agreed to. */
export interface Undoing {
  readonly node: LineageNode;
  readonly seen: string;
  readonly answer: Pick<Answer, 'tell'>;
  /** Language of what only the person reads. */
  readonly private: Asker['language'];
}

/**
 * Undo: HEAD goes to the picture's parent, which is shown again. A picture that is not HEAD is asked about first.
 * @throws Refusal 'nothing-to-undo', 'not-yours', 'head-moved'
 */
export async function undo(flow: Flow, asker: Asker, { node, seen, answer, ...undoing }: Undoing): Promise<void> {
  if (node.parent === null) throw new Refusal('nothing-to-undo', {});
  const [lineage, parent] = await Promise.all([lineageOf(flow, node), knownNode(flow, node.parent)]);
  const branch = branchAt(lineage, node.id) ?? 'main';
  checkPolicy(lineage, branch, asker);
  const head = lineage.heads[branch]!;
  if (head === parent.id) throw new Refusal('head-moved', { current: parent.number }); // somebody has undone it
  if (head !== node.id && seen === '') {
    const numbers = { head: (await knownNode(flow, head)).number, parent: parent.number };
    await answer.tell(elsewhereCard(messagesIn(undoing.private), node, numbers, head));
    return;
  }
  if (seen !== '' && !isId(seen)) throw new Refusal('old-button', {});
  const left = seen === '' ? node.id : (seen as NodeId);
  await flow.storage.lineage.moveHead(lineage.id, branch, left, parent.id);
  await flow.storage.lineage.pushUndone(lineage.id, asker.speaker.user, node.id);
  await post(flow, asker, parent);
}

/**
 * Redo: HEAD goes to the child this person last stepped back from, else to the newest one.
 * @throws Refusal 'nothing-to-redo', 'not-yours', 'head-moved'
 */
export async function redo(flow: Flow, asker: Asker, node: LineageNode): Promise<void> {
  const { lineage: tree } = flow.storage;
  const lineage = await lineageOf(flow, node);
  const branch = branchAt(lineage, node.id);
  if (branch === undefined)
    throw new Refusal('head-moved', { current: (await knownNode(flow, headOf(lineage))).number });
  checkPolicy(lineage, branch, asker);
  const { user } = asker.speaker;
  const remembered = await tree.popUndone(lineage.id, user, node.id);
  const child = remembered ?? (await tree.children(node.id)).at(-1)?.id;
  if (!child) throw new Refusal('nothing-to-redo', {});
  try {
    await tree.moveHead(lineage.id, branch, node.id, child);
  } catch (error) {
    if (remembered) await tree.pushUndone(lineage.id, user, remembered);
    throw error;
  }
  await post(flow, asker, await knownNode(flow, child));
}

/** The picture a choice means: the `which`th of the batch from 1, or the pressed one itself. @throws Refusal 'old-button' */
async function chosenOf(desk: Desk, node: LineageNode, which: string): Promise<LineageNode> {
  if (which === '') return node;
  const chosen = /^\d{1,3}$/.test(which) ? (await batchOf(desk, node))[Number(which) - 1] : undefined;
  if (!chosen) throw new Refusal('old-button', {});
  return chosen;
}

/**
 * Chooses a picture: it becomes HEAD, as far as this person may say so, and is shown alone with all its buttons.
 * @throws Refusal 'old-button', 'head-moved'
 */
export async function pick(flow: Flow, asker: Asker, node: LineageNode, which: string): Promise<void> {
  const chosen = await chosenOf(flow, node, which);
  const lineage = await lineageOf(flow, node);
  const branch = branchAt(lineage, chosen.id) ?? branchAt(lineage, node.id) ?? 'main';
  const head = lineage.heads[branch]!;
  if (head !== chosen.id && mayMoveHead(lineage, branch, asker.speaker)) {
    await flow.storage.lineage.moveHead(lineage.id, branch, head, chosen.id);
  }
  await post(flow, asker, chosen);
}
