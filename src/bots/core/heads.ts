import type { Lineage, LineageNode, NodeId } from '../../edit/lineage.ts';
import { branchAt } from './picture-view.ts';
import { oneLine } from './plain-text.ts';
import type { Speaker } from './platform.ts';

/** Whether somebody decides about a tree whatever its policy says. */
export function isManager({ owner }: Pick<Lineage, 'owner'>, { user, moderator }: Speaker): boolean {
  return owner === user || moderator;
}

function isInvited({ collaborators }: Lineage, { user, handle, alias = [] }: Speaker): boolean {
  return collaborators.some(({ member }) => member === user || member === handle || alias.includes(member));
}

/** Whether somebody else's lock is in the way of this person. */
export function isLockedFor(lineage: Lineage, speaker: Speaker): boolean {
  return lineage.lockedBy !== null && lineage.lockedBy !== speaker.user && !isManager(lineage, speaker);
}

/** Whether lock and policy let this person move a branch's HEAD, or forget the branch. What somebody began is theirs. */
export function mayMoveHead(lineage: Lineage, branch: string, speaker: Speaker): boolean {
  if (isManager(lineage, speaker)) return true;
  if (isLockedFor(lineage, speaker)) return false;
  if (lineage.policy === 'anyone' || lineage.begunBy[branch] === speaker.user) return true;
  return lineage.policy === 'collaborators' && isInvited(lineage, speaker);
}

/** Characters of a branch's name at most. */
export const BRANCH_LENGTH = 32;

/** A name as branches have them: on one line, without what looks like nothing; empty when nothing is left. */
export function branchName(given: string): string {
  const name = oneLine(given.normalize('NFC'), 200);
  return [...name].length > BRANCH_LENGTH ? '' : name;
}

/** `ann-1`, `ann-2` …: the first name of that form no branch has. */
export function forkName({ heads }: Lineage, { name }: Pick<Speaker, 'name'>): string {
  const base = oneLine(name, 24).toLowerCase().replace(/\s+/g, '-') || 'fork';
  let n = 1;
  while (Object.hasOwn(heads, `${base}-${n}`)) n++;
  return `${base}-${n}`;
}

/** The branch a new picture belongs to, and which HEAD it takes the place of; null when that branch is elsewhere and stays there. */
export interface Placing {
  readonly branch: string;
  readonly expected: NodeId | null;
}

/**
 * Where a new child of `parent` goes: to the branch that is there, when this person may move it, else to a new one of their own.
 * For a re-roll `pressed` is the sibling that may be HEAD. @param apart  to a branch of their own in any case
 */
export function placingOf(
  lineage: Lineage,
  speaker: Speaker,
  { parent, pressed, apart = false }: { parent: LineageNode; pressed?: LineageNode | undefined; apart?: boolean },
): Placing {
  const at = [parent, ...(pressed ? [pressed] : [])].find(({ id }) => branchAt(lineage, id) !== undefined);
  const branch = (at && branchAt(lineage, at.id)) ?? 'main';
  if (apart || !mayMoveHead(lineage, branch, speaker)) return { branch: forkName(lineage, speaker), expected: null };
  return { branch, expected: at?.id ?? null };
}
