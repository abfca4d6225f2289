import type { Lineage, LineageNode } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Asker, Flow } from './accept.ts';
import { plainCard } from './cards.ts';
import { askDeleteCard, takeAway } from './delete.ts';
import { isManager } from './heads.ts';
import { messagesIn } from './messages/index.ts';
import { lineageOf, type Move, moveHead, postNode } from './moves.ts';
import type { NodeAction } from './press.ts';
import { checkMayLock, say, toggleLock } from './together.ts';
import type { Motion } from './vote-card.ts';
import { ballot, neededFor, openVote } from './votes.ts';

type About = Pick<Motion, 'does'> & Partial<Pick<Motion, 'branch' | 'from' | 'left' | 'redone'>>;

/** Asks everybody where everybody is to be asked. True when that was done, and nothing else is to be done now. */
export async function asksEverybody(
  flow: Flow,
  asker: Asker,
  { lineage, node }: { readonly lineage: Lineage; readonly node: LineageNode },
  about: About,
): Promise<boolean> {
  const needed = await neededFor(flow, asker, lineage);
  if (needed <= 1) return false;
  const { user: by, name } = asker.speaker;
  const motion = { number: node.number, by, name, node: node.id, branch: 'main', from: node.id, left: [], ...about };
  await openVote(flow, asker, lineage, motion, needed);
  return true;
}

/** Moves HEAD and shows where it is now; or asks everybody first. @throws Refusal 'head-moved', 'gone' */
export async function takeStep(flow: Flow, asker: Asker, move: Move): Promise<void> {
  const { lineage, branch, from, to, left, redone = [] } = move;
  if (await asksEverybody(flow, asker, { lineage, node: to }, { does: 'move', branch, from, left, redone })) return;
  await moveHead(flow, asker, move);
  await postNode(flow, asker, to);
}

/** Does what enough people agreed to, in the name and the words of whoever asked for it. */
async function carry(flow: Flow, asker: Asker, motion: Motion, node: LineageNode): Promise<void> {
  const { does, branch, from, left, redone = [], by, name } = motion;
  const lineage = await lineageOf(flow, node);
  const mover: Asker = { ...asker, speaker: { ...asker.speaker, user: by, name } };
  switch (does) {
    case 'move':
      await moveHead(flow, mover, { lineage, branch, from, to: node, left, redone });
      return postNode(flow, mover, node);
    case 'delete':
      await takeAway(flow, node);
      return;
    case 'lock':
      return say(flow, mover, node, { title: await toggleLock(flow, mover, lineage) });
    default:
      return does satisfies never;
  }
}

/** A ballot. Its button names the vote, not a picture. @throws Refusal 'gone', 'vote-over', 'head-moved' */
export function castBallot(flow: Flow, asker: Asker, vote: string): Promise<void> {
  return ballot(flow, asker, vote, (motion, node, language) => carry(flow, { ...asker, language }, motion, node));
}

/** Lock, or unlock. @throws Refusal 'not-yours', 'locked', 'gone' */
export const lock: NodeAction = async (flow, { asker }, node) => {
  const lineage = await lineageOf(flow, node);
  checkMayLock(lineage, asker, node);
  if (await asksEverybody(flow, asker, { lineage, node }, { does: 'lock' })) return;
  await say(flow, asker, node, { title: await toggleLock(flow, asker, lineage) });
};

/** Delete: asks first; then picture and messages are gone, and what was made from it stays. @throws Refusal 'not-yours', 'gone' */
export const deletePicture: NodeAction = async (flow, { asker, incoming, ...press }, node) => {
  const lineage = await lineageOf(flow, node);
  if (!isManager(lineage, asker.speaker) && node.author !== asker.speaker.user) throw new Refusal('not-yours', {});
  const messages = messagesIn(press.private);
  if (incoming.arg !== 'y') return incoming.answer.tell(askDeleteCard(messages, node));
  if (await asksEverybody(flow, asker, { lineage, node }, { does: 'delete' })) return;
  if (!(await takeAway(flow, node))) throw new Refusal('gone', {});
  const title = messages.room.deleted(node.number, asker.speaker.name);
  await incoming.answer.replace({ ...plainCard, title });
};
