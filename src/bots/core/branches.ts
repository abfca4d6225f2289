import type { Lineage, LineageNode } from '../../edit/lineage.ts';
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

/** A name that is sound, and no other branch's. @throws Refusal 'branch-name' */
function freeName({ heads }: Lineage, given: string, own?: string): string {
  const name = branchName(given);
  if (name === '') throw new Refusal('branch-name', { given: given.slice(0, 60), why: 'unsound' });
  const others = Object.keys(heads).filter((other) => other !== own);
  if (others.some((other) => other.toLowerCase() === name.toLowerCase()))
    throw new Refusal('branch-name', { given: name, why: 'taken' });
  return name;
}

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
  const name = freeName(lineage, incoming.values.name ?? '');
  if (Object.keys(lineage.heads).length >= MOST_BRANCHES)
    throw new Refusal('branch-name', { given: name, why: 'too-many' });
  if (!(await flow.storage.lineage.addBranch(lineage.id, name, node.id, asker.speaker.user)))
    throw new Refusal('branch-name', { given: name, why: 'taken' });
  await postNode(flow, asker, node, [messagesIn(asker.language).room.branchBegun(name)]);
}

/** The branch whose HEAD a picture is, for whoever may move it. @throws Refusal 'old-button', 'not-yours', 'locked', 'gone' */
async function ownBranch(flow: Flow, { asker }: Press, node: LineageNode) {
  const lineage = await lineageOf(flow, node);
  const name = branchAt(lineage, node.id);
  if (name === undefined || name === 'main') throw new Refusal('old-button', {});
  checkMayMove(lineage, name, asker, node);
  return { lineage, name };
}

/** Asks for another name of the branch whose HEAD a picture is, and gives it. @throws Refusal as `ownBranch` does, 'branch-name' */
async function renameBranch(flow: Flow, press: Press, node: LineageNode): Promise<void> {
  const { incoming } = press;
  const { lineage, name } = await ownBranch(flow, press, node);
  const { renameForm, branchLabel, branchRenamed } = messagesIn(press.private).room;
  if (!incoming.values) {
    const field = { name: 'name', label: branchLabel, value: name, long: false, required: true };
    const fields = [{ ...field, maxLength: BRANCH_LENGTH }];
    return incoming.answer.form({ action: 'bx', target: node.id, arg: 'r', title: renameForm, fields });
  }
  const to = freeName(lineage, incoming.values.name ?? '', name);
  if (!(await flow.storage.lineage.renameBranch(lineage.id, name, to, node.id)))
    throw new Refusal('branch-name', { given: to, why: 'taken' });
  await incoming.answer.tell({ ...plainCard, title: branchRenamed(name, to) });
}

/**
 * Forgets the branch whose HEAD a picture is, or renames it, as the button says; pictures stay.
 * @throws Refusal 'not-yours', 'locked', 'gone', 'branch-name'
 */
export async function changeBranch(flow: Flow, press: Press, node: LineageNode): Promise<void> {
  const { incoming } = press;
  if (incoming.arg === 'r') return renameBranch(flow, press, node);
  const { lineage, name } = await ownBranch(flow, press, node);
  if (!(await flow.storage.lineage.removeBranch(lineage.id, name, node.id))) throw new Refusal('gone', {});
  await incoming.answer.tell({ ...plainCard, title: messagesIn(press.private).room.branchForgotten(name) });
}
