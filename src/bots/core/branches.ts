import type { LineageNode } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Flow } from './accept.ts';
import { plainCard } from './cards.ts';
import { BRANCH_LENGTH, branchName, forkName } from './heads.ts';
import { messagesIn } from './messages/index.ts';
import { checkMayMove, lineageOf, postNode } from './moves.ts';
import { branchAt } from './picture-view.ts';
import type { Press } from './press.ts';

/** Branches of one tree at most. */
const MOST_BRANCHES = 100;

/** Asks for a name, and begins a branch of that name at the picture. @throws Refusal 'branch-name' */
export async function branch(flow: Flow, press: Press, node: LineageNode): Promise<void> {
  const { incoming, asker } = press;
  const messages = messagesIn(press.private);
  const lineage = await lineageOf(flow, node);
  if (!incoming.values) {
    const { branchForm, branchLabel } = messages.room;
    const value = forkName(lineage, asker.speaker);
    const field = { name: 'name', label: branchLabel, value, long: false, required: true, maxLength: BRANCH_LENGTH };
    return incoming.answer.form({ action: 'br', target: node.id, title: branchForm(node.number), fields: [field] });
  }
  const given = incoming.values.name ?? '';
  const name = branchName(given);
  const names = Object.keys(lineage.heads);
  if (name === '') throw new Refusal('branch-name', { given: given.slice(0, 60), why: 'unsound' });
  if (names.length >= MOST_BRANCHES) throw new Refusal('branch-name', { given: name, why: 'too-many' });
  const isTaken = names.some((other) => other.toLowerCase() === name.toLowerCase());
  const begun = !isTaken && (await flow.storage.lineage.addBranch(lineage.id, name, node.id, asker.speaker.user));
  if (!begun) throw new Refusal('branch-name', { given: name, why: 'taken' });
  await postNode(flow, asker, node, [messagesIn(asker.language).room.branchBegun(name)]);
}

/** Forgets the branch whose HEAD a picture is; pictures stay. @throws Refusal 'not-yours', 'locked', 'head-moved' */
export async function forgetBranch(flow: Flow, press: Press, node: LineageNode): Promise<void> {
  const { incoming, asker } = press;
  const lineage = await lineageOf(flow, node);
  const name = branchAt(lineage, node.id);
  if (name === undefined || name === 'main') throw new Refusal('old-button', {});
  checkMayMove(lineage, name, asker, node);
  if (!(await flow.storage.lineage.removeBranch(lineage.id, name, node.id))) throw new Refusal('gone', {});
  await incoming.answer.tell({ ...plainCard, title: messagesIn(press.private).room.branchForgotten(name) });
}
