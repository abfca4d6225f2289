import { hashDistance, type ImageHash } from '../../edit/image-hash.ts';
import type { LineageNode, StoredImage } from '../../edit/lineage.ts';
import type { FoundScribble } from '../../edit/probe.ts';
import type { Size } from '../../edit/size.ts';
import { Refusal } from '../../errors.ts';
import type { Desk } from './desk.ts';
import type { Whereabouts } from './platform.ts';

/** Among how many pictures of a place, and how far back, the one that was drawn on is looked for. */
const LOOKED_AT = 20;
const LOOK_BACK_MS = 24 * 60 * 60_000;
/** Heavy scribbles change up to so many of the 64 bits. */
const HASH_DISTANCE = 18;
/** The newest are compared in any case: where a picture is nearly plain, the noise of a JPEG file decides the bits. */
const ALWAYS = 4;
const ASPECT = 0.01;

/** What was drawn, and on which picture. */
export interface Drawing {
  readonly base: LineageNode;
  readonly found: FoundScribble;
}

/** What was drawn on a picture's copy; null for nothing. @throws Refusal 'diff-base', 'diff-too-different' */
export async function scribbleOn(desk: Desk, base: LineageNode, marked: Uint8Array): Promise<FoundScribble | null> {
  return desk.probe.scribble(await desk.storage.blobs.get(base.image.ref), marked);
}

async function hashOf({ storage, probe }: Desk, { ref }: StoredImage): Promise<ImageHash> {
  const known = await storage.images.hash(ref);
  if (known) return known;
  const hash = await probe.hash(await storage.blobs.get(ref));
  await storage.images.rememberHash(ref, hash);
  return hash;
}

const sameAspect = (a: Size, b: Size) => Math.abs((a.width * b.height) / (a.height * b.width) - 1) <= ASPECT;

/** Pictures of a place that a marked copy may be of. */
async function candidates(desk: Desk, { place }: Whereabouts, copy: Uint8Array, size: Size) {
  const since = new Date(desk.clock.now() - LOOK_BACK_MS);
  const recent = await desk.storage.lineage.recent(place, since, LOOKED_AT);
  const fitting = recent.filter(({ image }) => sameAspect(image, size));
  if (fitting.length === 0) return [];
  const hash = await desk.probe.hash(copy);
  const near: LineageNode[] = [];
  for (const [i, node] of fitting.entries()) {
    const other = await hashOf(desk, node.image).catch(() => undefined); // a picture that is no longer kept
    if (other && (i < ALWAYS || hashDistance(hash, other) <= HASH_DISTANCE)) near.push(node);
  }
  return near;
}

async function compared(desk: Desk, base: LineageNode, copy: Uint8Array) {
  try {
    return { base, found: await scribbleOn(desk, base, copy) };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/**
 * The picture of a place that somebody drew on and sent back without pointing at it: the one whose copy differs in the least.
 * Undefined for a picture that is new, or a copy without strokes.
 */
export async function findDrawing(
  desk: Desk,
  where: Whereabouts,
  copy: Uint8Array,
  size: Size,
): Promise<Drawing | undefined> {
  let best: Drawing | undefined;
  for (const node of await candidates(desk, where, copy, size)) {
    const result = await compared(desk, node, copy);
    if (!result) continue;
    if (result.found === null) return undefined; // a plain copy
    const isHead = (await desk.storage.lineage.lineage(node.lineage))?.heads.main === node.id;
    const isLess = !best || result.found.covered < best.found.covered;
    const isTie = best?.found.covered === result.found.covered && isHead;
    if (isLess || isTie) best = { base: result.base, found: result.found };
  }
  return best;
}
