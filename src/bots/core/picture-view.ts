import type { JobId, Lineage, LineageNode, NodeId } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { JobRow } from '../../storage/index.ts';
import type { PictureView } from './cards.ts';
import { type Desk, nameOf } from './desk.ts';

/** HEAD of `main`, which every lineage has. */
export function headOf({ heads }: Lineage): NodeId {
  const { main } = heads;
  if (!main) throw new RangeError('a lineage without main');
  return main;
}

/** The branch whose HEAD a node is; `main` before others; undefined for none. */
export function branchAt(lineage: Lineage, id: NodeId): string | undefined {
  const { heads } = lineage;
  return headOf(lineage) === id ? 'main' : Object.keys(heads).find((name) => heads[name] === id);
}

/** All pictures of the job that made this one, in order; the picture alone when no job did. */
export async function batchOf({ storage }: Pick<Desk, 'storage'>, node: LineageNode): Promise<readonly LineageNode[]> {
  return node.job === null ? [node] : storage.lineage.batch(node.job);
}

/** Whether an edit can be made of another picture than its own: what was painted over one picture is no other's. */
export const canMoveOn = ({ task }: Pick<JobRow, 'task'>): boolean => task.request.sketch === undefined;

/** Whether the branch a result was to move on went elsewhere meanwhile, and where it is. */
export async function racedBy(
  desk: Desk,
  id: JobId | null,
  { node, batch }: PictureView,
): Promise<NonNullable<PictureView['raced']> | null> {
  const job = id && (await desk.storage.jobs.find(id));
  if (!job || job.expected === null) return null;
  const lineage = await desk.storage.lineage.lineage(node.lineage);
  const head = lineage?.heads[job.branch];
  if (!head || batch.some((one) => one.id === head)) return null;
  const current = await desk.storage.lineage.node(head);
  return current ? { job: job.id, current: current.number, canFollow: canMoveOn(job) } : null;
}

/** Looks up everything a picture's card says. With `whole` the other pictures of its batch stand beside it. */
export async function pictureView(
  desk: Desk,
  node: LineageNode,
  { whole }: { readonly whole: boolean },
): Promise<PictureView> {
  const { lineage: tree } = desk.storage;
  const lineage = await tree.lineage(node.lineage);
  if (!lineage) throw new Refusal('gone', {});
  const [head, parent, [child], batch] = await Promise.all([
    tree.node(headOf(lineage)),
    node.parent === null ? undefined : tree.node(node.parent),
    tree.children(node.id, 1),
    whole ? batchOf(desk, node) : [node],
  ]);
  const branch = branchAt(lineage, node.id);
  return {
    node,
    batch,
    isHead: branch !== undefined,
    hasChildren: child !== undefined,
    author: await nameOf(desk, node.author),
    maskAuthor: node.maskAuthor === null ? null : await nameOf(desk, node.maskAuthor),
    parent: parent ? { number: parent.number, author: await nameOf(desk, parent.author), size: parent.image } : null,
    head: head?.number ?? node.number,
    branch: branch === undefined || branch === 'main' ? null : branch,
    made: null,
    notes: [],
  };
}
