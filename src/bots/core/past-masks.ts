import type { BlobRef } from '../../edit/blob.ts';
import type { LineageNode, NodeId } from '../../edit/lineage.ts';
import { andThen, type Placement, placementOf } from '../../edit/placement.ts';
import type { MaskSource, UserId } from '../../edit/request.ts';
import type { Desk } from './desk.ts';

/** How far back masks are looked for, in edits of a picture and in those that led to it. */
const DEPTH = 50;

/** A mask somebody used before, for the picture it is wanted on. */
export interface PastMask {
  readonly mask: Extract<MaskSource, { kind: 'image' }>;
  /** The picture that was made with it. */
  readonly from: LineageNode;
  /** Where the picture it was drawn on lies in the picture it is wanted on; null when they are the same. */
  readonly placement: Placement | null;
  readonly author: UserId;
}

const imageMaskOf = (node: LineageNode) => {
  const mask = node.task?.request.mask;
  return mask?.kind === 'image' ? mask : undefined;
};

function pastMask(from: LineageNode, placement: Placement | null): readonly PastMask[] {
  const mask = imageMaskOf(from);
  return mask ? [{ mask, from, placement, author: from.maskAuthor ?? from.author }] : [];
}

/**
 * Masks that were used on a picture and on those it was made from, newest first. A mask is drawn on a picture's parent: that of an
 * ancestor moves along with every edit since.
 */
export async function pastMasks({ storage }: Desk, node: LineageNode): Promise<readonly PastMask[]> {
  const { lineage } = storage;
  const found = (await lineage.children(node.id, DEPTH)).flatMap((child) => pastMask(child, null));
  let placement: Placement | null = null;
  let at: LineageNode = node;
  for (let depth = 0; depth < DEPTH && at.parent !== null && at.task; depth++) {
    const parent = await lineage.node(at.parent);
    if (!parent) break;
    const step = placementOf(at.task.request, parent.image, at.image);
    placement = placement ? andThen(step, placement) : step;
    found.push(...pastMask(at, placement));
    at = parent;
  }
  return found;
}

/** Where an ancestor lies in a picture, null when it is the same; undefined when the picture was not made from it. */
export async function placementSince(
  { storage }: Desk,
  ancestor: NodeId,
  node: LineageNode,
): Promise<Placement | null | undefined> {
  let placement: Placement | null = null;
  let at: LineageNode = node;
  for (let depth = 0; at.id !== ancestor; depth++) {
    const parent: LineageNode | undefined = at.parent === null ? undefined : await storage.lineage.node(at.parent);
    if (!parent || !at.task || depth === DEPTH) return undefined;
    const step = placementOf(at.task.request, parent.image, at.image);
    placement = placement ? andThen(step, placement) : step;
    at = parent;
  }
  return placement;
}

/** Whether a picture fills what was made of it. */
export const isWhole = ({ output, x, y, width, height }: Placement) =>
  x === 0 && y === 0 && width === output.width && height === output.height;

/** A mask, and what was made with it, or would have been: its parent is what the mask was drawn on. */
type Movable = Pick<PastMask, 'mask' | 'placement'> & { readonly from: Pick<LineageNode, 'parent'> };

/** A past mask as a hard mask of the picture it is wanted on. */
export async function movedTo(desk: Desk, { mask, placement, from }: Movable, node: LineageNode): Promise<BlobRef> {
  const bytes = await desk.storage.blobs.get(mask.blob);
  const parent = from.parent === null ? undefined : await desk.storage.lineage.node(from.parent);
  const size = placement && !isWhole(placement) && parent ? parent.image : node.image;
  const drawn = await desk.probe.drawMask({ kind: 'read', from: bytes, reading: mask.read, size });
  const moved =
    placement && !isWhole(placement)
      ? await desk.probe.drawMask({ kind: 'move', mask: drawn.mask, to: placement })
      : drawn;
  return desk.storage.blobs.put(moved.mask);
}
