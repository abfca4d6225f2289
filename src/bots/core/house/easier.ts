import type { Params } from '../../../edit/fields.ts';
import type { LineageNode } from '../../../edit/lineage.ts';
import type { EditRequest, Task } from '../../../edit/request.ts';
import { resolveEdit } from '../../../edit/resolve.ts';
import { uniform } from '../desk.ts';
import { catalogNow, clampedNotes } from '../intake.ts';
import type { Asker, Flow } from '../order.ts';
import { capsFor } from './rules.ts';

/** Sides are taken times this. */
const SMALLER = 0.75;

function changedParams({ width, height, params }: EditRequest, how: string): Params {
  const side = (length: number) => Math.max(64, 8 * Math.round((length * SMALLER) / 8));
  if (how === 's') return { ...params, size: `${side(width)}x${side(height)}` };
  return how === 'm' ? { ...params, inpaintArea: 'only masked' } : params;
}

/**
 * A failed request once more, under the caps of now, and in which way it asks for less: `s` smaller, `m` the masked part alone, else as
 * it was.
 */
export async function easier(
  flow: Flow,
  asker: Asker,
  { task, parent }: { readonly task: Task; readonly parent: LineageNode },
  how: string,
): Promise<{ readonly request: EditRequest; readonly notes: readonly string[] }> {
  const { request } = task;
  const { init, mask, sketch } = request;
  const layers = [{ name: 'command', content: { params: changedParams(request, how) } }] as const;
  const wish = { init, initSize: parent.image, mask, sketch, layers };
  const caps = await capsFor(flow, asker);
  const resolved = resolveEdit(wish, await catalogNow(flow), caps, () => uniform(flow));
  return { request: resolved.request, notes: clampedNotes(asker, resolved.clamped) };
}
