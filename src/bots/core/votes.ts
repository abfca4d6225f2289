import { type Lineage, type LineageNode, type NodeId, newId } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Vote } from '../../storage/index.ts';
import type { Asker, Flow } from './accept.ts';
import { messagesIn } from './messages/index.ts';
import type { Notice } from './notice.ts';
import { type Motion, voteButton, voteCard } from './vote-card.ts';
import { RefusalWithWayOn } from './way-on.ts';

/** A vote stays open this long, ms. */
const OPEN_MS = 10 * 60_000;
/** Who made pictures this lately has a say, ms. */
const LATELY_MS = 60 * 60_000;
/** Votes one person may have open in a place. */
const MOST_OPEN = 3;
/** Agreements that are enough, however many people there are. */
const ENOUGH = 3;

/** How many must agree: half of those who lately made pictures of the tree, at most three. */
export function agreementsNeeded(makers: number): number {
  return Math.min(ENOUGH, Math.ceil(Math.max(1, makers) / 2));
}

/** How many must agree before anything moves; 1 where nobody needs to be asked. */
export async function neededFor(
  { storage, clock }: Flow,
  { speaker, where }: Asker,
  lineage: Lineage,
): Promise<number> {
  if (speaker.moderator || where.kind === 'private' || lineage.policy !== 'anyone') return 1;
  if (!(await storage.together.rules(where.place)).votes) return 1;
  return agreementsNeeded(await storage.lineage.makers(lineage.id, new Date(clock.now() - LATELY_MS)));
}

/** Whether two motions come to the same, whoever makes them. */
const isSame = (a: Motion, b: Motion) => a.does === b.does && a.node === b.node && a.branch === b.branch;

/** What is asked already is agreed to there; nobody asks more than so many things at a time. @throws Refusal 'vote-open', 'too-many-votes' */
async function checkMayAsk({ storage }: Flow, { where }: Asker, motion: Motion): Promise<void> {
  const open = await storage.together.openVotes(where.place);
  const same = open.find(({ content }) => isSame(content as Motion, motion)); // our own rows
  if (same) {
    const hasAgreed = same.ballots.includes(motion.by);
    throw new RefusalWithWayOn('vote-open', {}, (messages) => (hasAgreed ? [] : [voteButton(messages, same)]));
  }
  const own = open.filter(({ content }) => (content as Motion).by === motion.by);
  if (own.length >= MOST_OPEN) throw new Refusal('too-many-votes', { limit: MOST_OPEN });
}

/** Asks everybody; whoever asks agrees. @throws Refusal 'vote-open', 'too-many-votes' */
export async function openVote(
  flow: Flow,
  asker: Asker,
  lineage: Lineage,
  motion: Motion,
  needed: number,
): Promise<void> {
  await checkMayAsk(flow, asker, motion);
  const { storage, clock, random, outbox } = flow;
  const id = newId<NodeId>(random);
  const { place } = asker.where;
  const vote = { id, lineage: lineage.id, place, content: motion, needed, language: asker.language };
  await storage.together.openVote({ ...vote, closesAt: new Date(clock.now() + OPEN_MS) }, asker.speaker.user);
  const card: Notice = { kind: 'vote', language: asker.language, vote: id };
  const about = { place, card, job: null, node: motion.node, replyTo: asker.message };
  await storage.outbox.put({ id: newId(random), key: `vote:${id}`, ...about });
  outbox.wake();
}

/** Shows a vote as it stands now, where it stands. */
export async function showVote(flow: Flow, vote: Vote): Promise<void> {
  const message = await flow.storage.outbox.messageOf(`vote:${vote.id}`);
  if (message === undefined) return;
  const card = voteCard(messagesIn(vote.language), vote);
  await flow
    .platformOf(vote.place)
    ?.edit(vote.place, message, card)
    .catch((error: unknown) => {
      flow.log.debug({ error, vote: vote.id }, 'a vote could not be shown'); // it counts all the same
    });
}

/** Ends votes whose time is over. */
export async function closeVotes(flow: Flow): Promise<void> {
  for (const vote of await flow.storage.together.overdueVotes()) {
    if (await flow.storage.together.endVote(vote.id, 'closed')) await showVote(flow, { ...vote, state: 'closed' });
  }
}

/**
 * Gives a ballot, or takes it back; with enough of them `carry` does what was asked, once.
 * @throws Refusal 'gone', 'vote-over'
 */
export async function ballot(
  flow: Flow,
  asker: Asker,
  id: string,
  carry: (motion: Motion, node: LineageNode, language: Vote['language']) => Promise<void>,
): Promise<void> {
  const { together, lineage } = flow.storage;
  const before = await together.vote(id);
  if (before?.place !== asker.where.place) throw new Refusal('gone', {});
  if (before.closesAt.getTime() <= flow.clock.now()) await closeVotes(flow);
  const isOver = before.state !== 'open' || before.closesAt.getTime() <= flow.clock.now();
  if (isOver) throw new Refusal('vote-over', {});
  await together.toggleBallot(id, asker.speaker.user);
  const vote = (await together.vote(id))!;
  const isEnough = vote.ballots.length >= vote.needed;
  const isPassed = isEnough && (await together.endVote(id, 'passed'));
  await showVote(flow, (await together.vote(id)) ?? vote); // somebody else may have been the last one needed
  if (!isPassed) return;
  const motion = vote.content as Motion;
  const node = await lineage.node(motion.node);
  if (!node || node.removed) throw new Refusal('gone', {});
  await carry(motion, node, vote.language);
}
