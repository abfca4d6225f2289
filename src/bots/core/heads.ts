import type { Lineage, LineageNode } from '../../edit/lineage.ts';
import { branchAt } from './picture-view.ts';
import { oneLine } from './plain-text.ts';
import type { Speaker } from './platform.ts';

/** Whether the lineage's policy lets this person move a branch's HEAD. A branch of somebody's own began as a fork and is free. */
export function mayMoveHead(lineage: Lineage, branch: string, { user, moderator }: Speaker): boolean {
  return branch !== 'main' || lineage.policy === 'anyone' || lineage.owner === user || moderator;
}

/** `ann-1`, `ann-2` …: the first name of that form no branch has. */
function forkName({ heads }: Lineage, { name }: Speaker): string {
  const base = oneLine(name, 24).toLowerCase().replace(/\s+/g, '-') || 'fork';
  let n = 1;
  while (Object.hasOwn(heads, `${base}-${n}`)) n++;
  return `${base}-${n}`;
}

/**
 * The branch whose HEAD follows a new child of `parent`: the one that is there, when this person may move it, else a new one of
 * their own. For a re-roll `pressed` is the sibling that was HEAD.
 */
export function branchForChild(lineage: Lineage, speaker: Speaker, parent: LineageNode, pressed?: LineageNode): string {
  const there = branchAt(lineage, parent.id) ?? (pressed && branchAt(lineage, pressed.id)) ?? 'main';
  return mayMoveHead(lineage, there, speaker) ? there : forkName(lineage, speaker);
}
