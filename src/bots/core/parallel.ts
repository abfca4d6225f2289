import { isId, type LineageNode, type NodeId, newId, type Operation } from '../../edit/lineage.ts';
import type { EditRequest, UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { button } from './buttons.ts';
import { type Desk, nameOf } from './desk.ts';
import { otherHolder, type Worker } from './holds.ts';
import { type Source, visibleNode } from './source.ts';
import { RefusalWithWayOn } from './way-on.ts';

/** How long an edit waits for a decision, ms. */
const WAITS_MS = 30 * 60_000;
const KIND = 'parallel';

/** An edit that is complete. */
interface Complete {
  readonly request: EditRequest;
  readonly op: Operation;
  readonly maskAuthor: UserId | null;
  readonly notes: readonly string[];
  readonly parent: Source;
  readonly pressed?: LineageNode;
  readonly apart?: boolean;
}
type Wanted = Complete & { readonly asker: Worker };

/** An edit that waits, as JSON. */
type Parked = Pick<Complete, 'request' | 'op' | 'maskAuthor' | 'notes'> & {
  readonly parent: NodeId;
  readonly pressed: NodeId | null;
};

/** The picture somebody works on by an order: the one whose button was pressed, else the one it starts from. */
function workedOn({ pressed, parent }: Complete): LineageNode | undefined {
  return pressed ?? (parent.kind === 'node' ? parent.node : undefined);
}

async function park(desk: Desk, { asker, request, op, maskAuthor, notes, parent, pressed }: Wanted): Promise<NodeId> {
  if (parent.kind !== 'node') throw new RangeError('only an edit of a known picture waits');
  const content: Parked = { request, op, maskAuthor, notes, parent: parent.node.id, pressed: pressed?.id ?? null };
  const id = newId<NodeId>(desk.random);
  const about = { place: asker.where.place, author: asker.speaker.user, kind: KIND, content };
  await desk.storage.drafts.put({ id, ...about, expiresAt: new Date(desk.clock.now() + WAITS_MS) });
  return id;
}

/** Refuses while somebody else is busy with the same picture, and keeps the edit for "work in parallel". @throws Refusal 'being-edited' */
export async function checkFree(desk: Desk, order: Wanted): Promise<void> {
  const node = workedOn(order);
  const holder = node && !order.apart && (await otherHolder(desk, order.asker, node));
  if (!node || !holder) return;
  const id = await park(desk, order);
  const details = { by: await nameOf(desk, holder.by), seconds: holder.seconds };
  throw new RefusalWithWayOn('being-edited', details, (messages) => [
    button(messages, 'wp', id),
    button(messages, 'as', node.id, { arg: 'w' }),
  ]);
}

/** The edit that waits, on a branch of its own now. @throws Refusal 'gone', 'not-yours' */
export async function parkedEdit(
  desk: Desk,
  asker: Worker,
  id: string,
): Promise<{ readonly draft: Draft; readonly order: Complete }> {
  const draft = await desk.storage.drafts.find(id);
  if (draft?.kind !== KIND || draft.place !== asker.where.place) throw new Refusal('gone', {});
  if (draft.author !== asker.speaker.user) throw new Refusal('not-yours', {});
  const { parent, pressed, ...order } = draft.content as Parked; // our own row
  if (!isId(parent)) throw new RangeError(`draft ${id} holds no order`);
  const node = await visibleNode(desk, parent, asker.where);
  const sibling = pressed === null ? {} : { pressed: await visibleNode(desk, pressed, asker.where) };
  const source = { kind: 'node', node, how: 'pointed at' } as const;
  return { draft, order: { ...order, ...sibling, parent: source, apart: true } };
}
