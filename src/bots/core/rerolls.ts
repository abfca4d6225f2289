import type { Params } from '../../edit/fields.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import type { PartialParams } from '../../edit/params.ts';
import { placementOf } from '../../edit/placement.ts';
import type { MaskSource } from '../../edit/request.ts';
import { resolveEdit } from '../../edit/resolve.ts';
import { Refusal } from '../../errors.ts';
import type { JobRow } from '../../storage/index.ts';
import type { Asker, Order } from './accept.ts';
import { isAtBound, nextStrength } from './buttons.ts';
import { type Desk, uniform } from './desk.ts';
import { capsFor } from './house/rules.ts';
import { catalogNow, clampedNotes } from './intake.ts';
import { maskOfNode } from './mask.ts';
import { isWhole, movedTo, placementSince } from './past-masks.ts';
import { canMoveOn } from './picture-view.ts';

/** What a picture was made with. @throws Refusal 'nothing-to-repeat' for an upload */
function paramsOf(node: LineageNode): Params {
  if (!node.task || node.seed === null) throw new Refusal('nothing-to-repeat', {});
  const { params } = node.task.request;
  if (node.pick === 0) return { ...params, seed: node.seed };
  return { ...params, seed: node.seed, batchSize: 1, batchCount: 1 }; // chosen from its batch, it goes on alone
}

/** The same edit of the same picture with some other values: a sibling of `node`. */
async function sibling(
  desk: Desk,
  asker: Asker,
  node: LineageNode,
  params: Params,
): Promise<Pick<Order, 'request' | 'parent' | 'notes'>> {
  const before = node.parent === null ? undefined : await desk.storage.lineage.node(node.parent);
  if (!before || !node.task) throw new Refusal('gone', {});
  const { init, mask, sketch } = node.task.request;
  const layers = [{ name: 'command', content: { params } }] as const;
  const wish = { init, initSize: before.image, mask, sketch, layers };
  const caps = await capsFor(desk, asker);
  const { request, clamped } = resolveEdit(wish, await catalogNow(desk), caps, () => uniform(desk));
  const notes = clampedNotes(asker, clamped);
  return { request, parent: { kind: 'node', node: before, how: 'pointed at' }, notes };
}

/** Again: the same with another seed, and whatever else was said. @throws Refusal 'nothing-to-repeat', 'gone' */
export async function orderAgain(
  desk: Desk,
  asker: Asker,
  node: LineageNode,
  said: PartialParams = {},
): Promise<Order> {
  const params = { ...paramsOf(node), seed: -1, ...said };
  const { maskAuthor } = node;
  return { asker, ...(await sibling(desk, asker, node, params)), op: 'again', maskAuthor, pressed: node };
}

/**
 * Less and More: the same seed, a tenth of strength down or up.
 * @throws Refusal 'out-of-range' at the bound, 'nothing-to-repeat', 'gone'
 */
export async function orderStep(
  desk: Desk,
  asker: Asker,
  node: LineageNode,
  { action, said = {} }: { readonly action: 'ls' | 'mo'; readonly said?: PartialParams },
): Promise<Order> {
  const before = paramsOf(node);
  const { denoisingStrength: strength } = before;
  if (isAtBound(action, strength)) {
    throw new Refusal('out-of-range', { field: 'strength', given: nextStrength(action, strength), min: 0.05, max: 1 });
  }
  const params = { ...before, denoisingStrength: nextStrength(action, strength), ...said };
  const op = action === 'ls' ? 'less' : 'more';
  const { maskAuthor } = node;
  return { asker, ...(await sibling(desk, asker, node, params)), op, maskAuthor, pressed: node };
}

/** A mask of a picture's parent at its place in the picture; as it is where that is the same place. */
async function maskOnResult(desk: Desk, node: LineageNode, mask: MaskSource): Promise<MaskSource> {
  const parent = node.parent === null ? undefined : await desk.storage.lineage.node(node.parent);
  if (mask.kind !== 'image' || !parent || !node.task) return mask;
  const placement = placementOf(node.task.request, parent.image, node.image);
  if (isWhole(placement)) return mask;
  const past = { mask, from: node, placement, author: node.author };
  return { kind: 'image', blob: await movedTo(desk, past, node), read: 'white' };
}

/** What is different when a mask is used again. */
interface SameMask {
  /** The picture that is repainted; the one that was made with the mask, unless it is said. */
  readonly on?: LineageNode;
  readonly changed?: PartialParams;
}

/**
 * Same mask: repaints the same part of this very picture; the mask moves along where the edit moved the picture.
 * @throws Refusal 'no-mask', 'nothing-to-repeat'
 */
export async function orderSameMask(
  desk: Desk,
  asker: Asker,
  node: LineageNode,
  { on = node, changed = {} }: SameMask = {},
): Promise<Order> {
  const { mask: drawn, author } = maskOfNode(node, asker.speaker);
  const mask = on === node ? await maskOnResult(desk, node, drawn) : drawn;
  const before = paramsOf(node);
  const isRelative = /x$/i.test(before.size); // "2x" has been done once
  const params = { ...before, seed: -1, script: 'none', ...(isRelative ? { size: 'src' } : {}), ...changed } as const;
  const layers = [{ name: 'command', content: { params } }] as const;
  const wish = { init: on.image.ref, initSize: on.image, mask, layers };
  const caps = await capsFor(desk, asker);
  const { request, clamped } = resolveEdit(wish, await catalogNow(desk), caps, () => uniform(desk));
  const notes = clampedNotes(asker, clamped);
  const parent = { kind: 'node', node: on, how: 'pointed at' } as const;
  return { asker, request, parent, op: 'same mask', maskAuthor: author, notes };
}

/** The mask of an edit at its place in a picture that came of what the edit was of. @throws Refusal 'mask-size' */
async function maskOnto(desk: Desk, row: JobRow, onto: LineageNode): Promise<MaskSource | null> {
  const { mask } = row.task.request;
  if (mask?.kind !== 'image') return null;
  const placement = await placementSince(desk, row.parent, onto);
  if (placement && !isWhole(placement)) {
    return { kind: 'image', blob: await movedTo(desk, { mask, from: row, placement }, onto), read: 'white' };
  }
  const before = placement === undefined ? (await desk.storage.lineage.node(row.parent))?.image : onto.image;
  if (before?.width === onto.image.width && before.height === onto.image.height) return mask;
  const inWords = (size?: { width: number; height: number }) => (size ? `${size.width}×${size.height}` : '–');
  throw new Refusal('mask-size', { mask: inWords(before), image: inWords(onto.image) });
}

/** An edit that was made elsewhere, with all its values, of another picture of the same tree. @throws Refusal 'old-button', 'mask-size' */
export async function orderOnto(desk: Desk, asker: Asker, row: JobRow, parent: LineageNode): Promise<Order> {
  if (!canMoveOn(row)) throw new Refusal('old-button', {});
  const layers = [{ name: 'command', content: { params: row.task.request.params } }] as const;
  const mask = await maskOnto(desk, row, parent);
  const wish = { init: parent.image.ref, initSize: parent.image, mask, layers };
  const caps = await capsFor(desk, asker);
  const { request, clamped } = resolveEdit(wish, await catalogNow(desk), caps, () => uniform(desk));
  const { op, maskAuthor } = row;
  const notes = clampedNotes(asker, clamped);
  return { asker, request, parent: { kind: 'node', node: parent, how: 'pointed at' }, op, maskAuthor, notes };
}
