import type { NodeId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import type { Vote } from '../../storage/index.ts';
import { button } from './buttons.ts';
import { plainCard } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import type { Button, Card } from './platform.ts';

/** What is voted on, as JSON. */
export interface Motion {
  readonly does: 'move' | 'delete' | 'lock';
  /** Number of the picture it is about. */
  readonly number: number;
  /** Who moved it, and by which name. */
  readonly by: UserId;
  readonly name: string;
  readonly node: NodeId;
  /** Of a move: the branch, the HEAD it starts from, and what is left by it. */
  readonly branch: string;
  readonly from: NodeId;
  readonly left: readonly NodeId[];
  /** Of a step forward: pictures its mover had stepped back from. */
  readonly redone?: readonly NodeId[];
}

/** Agrees, or takes that back. */
export function voteButton(
  messages: Messages,
  { id, ballots, needed }: Pick<Vote, 'id' | 'ballots' | 'needed'>,
): Button {
  return button(messages, 'vt', id as NodeId, { label: messages.room.agree(ballots.length, needed) });
}

/** A vote as it stands. */
export function voteCard(messages: Messages, vote: Vote): Card {
  const { content, needed, ballots, state } = vote;
  const { motions, ballotsGiven, voteEnds } = messages.room;
  const motion = content as Motion; // our own row
  return {
    ...plainCard,
    title: motions[motion.does](motion.name, motion.number),
    lines: [state === 'open' ? ballotsGiven(ballots.length, needed) : voteEnds[state]],
    rows: state === 'open' ? [[voteButton(messages, vote)]] : [],
  };
}
