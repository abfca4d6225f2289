import { isId, type LineageNode, type NodeId } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Asker, Flow } from './accept.ts';
import { button } from './buttons.ts';
import { elsewhereCard, plainCard, promptOf } from './cards.ts';
import { takeStep } from './carry.ts';
import type { Desk } from './desk.ts';
import { mayMoveHead } from './heads.ts';
import { messagesIn } from './messages/index.ts';
import { checkMayMove, knownNode, lineageOf, moveHead, outrun, postNode } from './moves.ts';
import { batchOf, branchAt } from './picture-view.ts';
import { oneLine } from './plain-text.ts';
import type { Answer } from './platform.ts';

/** Ways forward that are offered to choose from. */
const CHOICES_SHOWN = 20;

/** What stepping through a history needs besides who steps. */
export interface Stepping {
  readonly node: LineageNode;
  readonly steps?: number;
  readonly answer: Pick<Answer, 'tell'>;
  /** Language of what only the person reads. */
  readonly private: Asker['language'];
}

/** The pictures above one, nearest first, at most so many; over those that were removed it goes on. */
async function above({ storage }: Desk, node: LineageNode, most: number): Promise<readonly LineageNode[]> {
  const found: LineageNode[] = [];
  for (let at = node; found.length < most; at = found.at(-1)!) {
    const next = await storage.lineage.above(at);
    if (!next) break;
    found.push(next);
  }
  return found;
}

/**
 * Undo: HEAD goes to the picture's parent, or further up, which is shown again. A picture that is not HEAD is asked about first.
 * @param seen  HEAD as it was seen when moving it from elsewhere was agreed to; else empty
 * @throws Refusal 'nothing-to-undo', 'not-yours', 'locked', 'head-moved'
 */
export async function undo(
  flow: Flow,
  asker: Asker,
  { node, steps = 1, ...undoing }: Stepping,
  seen = '',
): Promise<void> {
  const [lineage, path] = await Promise.all([lineageOf(flow, node), above(flow, node, steps)]);
  const to = path.at(-1);
  if (!to) throw new Refusal('nothing-to-undo', {});
  const branch = branchAt(lineage, node.id) ?? 'main';
  checkMayMove(lineage, branch, asker, to);
  const head = lineage.heads[branch]!;
  const move = { lineage, branch, to, left: [node.id, ...path.slice(0, -1).map(({ id }) => id)] };
  if (head !== node.id && seen === '') {
    if (head === to.id) return moveHead(flow, asker, { ...move, from: node.id }); // somebody has undone it: says so
    const numbers = { head: (await knownNode(flow, head)).number, parent: to.number };
    return undoing.answer.tell(elsewhereCard(messagesIn(undoing.private), node, numbers, head));
  }
  if (seen !== '' && !isId(seen)) throw new Refusal('old-button', {});
  await takeStep(flow, asker, { ...move, from: seen === '' ? node.id : (seen as NodeId) });
}

/** The pictures a way forward goes over, and those of them that this person had stepped back from. */
interface WayForward {
  readonly path: readonly LineageNode[];
  readonly remembered: readonly NodeId[];
  /** Where it parts at the very beginning. */
  readonly ways: readonly LineageNode[];
}

/** Goes to what this person last stepped back from, else to the only picture there is, at most so many steps. */
async function wayForward(flow: Flow, { speaker }: Asker, from: LineageNode, steps: number): Promise<WayForward> {
  const { lineage: tree } = flow.storage;
  const path: LineageNode[] = [];
  const remembered: NodeId[] = [];
  for (let at = from; path.length < steps; at = path.at(-1)!) {
    const left = await tree.undone(from.lineage, speaker.user, at.id);
    const known = left && (await tree.node(left));
    const ways = known ? [known] : await tree.below(at.id, CHOICES_SHOWN); // of each batch the first
    const [only, another] = ways;
    if (!only || another) return { path, remembered, ways: path.length === 0 ? ways : [] };
    if (known) remembered.push(known.id);
    path.push(only);
  }
  return { path, remembered, ways: [] };
}

/** Asks which of several pictures to go on to. */
async function askWhich({ answer, ...stepping }: Stepping, ways: readonly LineageNode[]): Promise<void> {
  const messages = messagesIn(stepping.private);
  const rows = ways.map((way) => {
    const label = [`#${way.number}`, oneLine(promptOf(way), 20)].filter((part) => part !== '').join(' ');
    return [button(messages, 'rd', stepping.node.id, { label, arg: way.id })];
  });
  const inFives = Array.from({ length: Math.ceil(rows.length / 4) }, (_, i) => rows.slice(i * 4, (i + 1) * 4).flat());
  await answer.tell({ ...plainCard, title: messages.room.whichForward, rows: inFives });
}

/** The way to a picture that was chosen. @throws Refusal 'old-button' when it is no child of `from` */
async function chosenWay({ storage: { lineage } }: Desk, from: LineageNode, chosen: string): Promise<WayForward> {
  const child = await lineage.node(chosen as NodeId);
  const isBelow = child && !child.removed && (await lineage.above(child))?.id === from.id;
  if (!isBelow) throw new Refusal('old-button', {});
  return { path: [child], remembered: [], ways: [] };
}

/**
 * Redo: HEAD goes to the child this person last stepped back from, else to the only one; when there are several, which is asked.
 * @param chosen  the child that was chosen; else empty
 * @throws Refusal 'nothing-to-redo', 'not-yours', 'locked', 'head-moved', 'old-button'
 */
export async function redo(flow: Flow, asker: Asker, stepping: Stepping, chosen = ''): Promise<void> {
  const { node, steps = 1 } = stepping;
  const lineage = await lineageOf(flow, node);
  const branch = branchAt(lineage, node.id);
  if (branch === undefined) throw await outrun(flow, { lineage, branch: 'main', to: node, left: [] });
  checkMayMove(lineage, branch, asker, node);
  const found = chosen === '' ? await wayForward(flow, asker, node, steps) : await chosenWay(flow, node, chosen);
  const { path, remembered, ways } = found;
  if (ways.length > 1) return askWhich(stepping, ways);
  const to = path.at(-1);
  if (!to) throw new Refusal('nothing-to-redo', {});
  await takeStep(flow, asker, { lineage, branch, from: node.id, to, left: [], redone: remembered });
}

/** The picture a choice means: the `which`th of the batch from 1, or the pressed one itself. @throws Refusal 'old-button' */
async function chosenOf(desk: Desk, node: LineageNode, which: string): Promise<LineageNode> {
  if (which === '') return node;
  const chosen = /^\d{1,3}$/.test(which) ? (await batchOf(desk, node))[Number(which) - 1] : undefined;
  if (!chosen) throw new Refusal('old-button', {});
  return chosen;
}

/**
 * Chooses a picture: it becomes HEAD, and is shown alone with all its buttons. One of a batch is shown to whoever may not move HEAD too.
 * @throws Refusal 'old-button', 'not-yours', 'locked', 'head-moved'
 */
export async function pick(flow: Flow, asker: Asker, node: LineageNode, which: string): Promise<void> {
  const to = await chosenOf(flow, node, which);
  const lineage = await lineageOf(flow, node);
  const branch = branchAt(lineage, to.id) ?? branchAt(lineage, node.id) ?? 'main';
  const from = lineage.heads[branch]!;
  if (which === '') checkMayMove(lineage, branch, asker, to);
  if (from !== to.id && mayMoveHead(lineage, branch, asker.speaker)) {
    return takeStep(flow, asker, { lineage, branch, from, to, left: [] });
  }
  await postNode(flow, asker, to);
}
