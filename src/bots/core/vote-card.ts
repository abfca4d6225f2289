import type { NodeId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import type { Vote } from '../../storage/index.ts';
import { button } from './buttons.ts';
import { plainCard } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import type { Card } from './platform.ts';

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
}

/** A vote as it stands. */
export function voteCard(messages: Messages, { id, content, needed, ballots, state }: Vote): Card {
  const { motions, ballotsGiven, voteEnds } = messages.room;
  const motion = content as Motion; // our own row
  const open = [[button(messages, 'vt', id as NodeId, { label: messages.room.agree(ballots.length, needed) })]];
  return {
    ...plainCard,
    title: motions[motion.does](motion.name, motion.number),
    lines: [state === 'open' ? ballotsGiven(ballots.length, needed) : voteEnds[state]],
    rows: state === 'open' ? open : [],
  };
}
