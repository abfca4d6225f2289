import type { LineageNode, NodeId } from '../../edit/lineage.ts';
import type { Desk } from './desk.ts';
import type { Speaker, Whereabouts } from './platform.ts';

/** Who wants to work on a picture, and where. */
export interface Worker {
  readonly speaker: Speaker;
  readonly where: Whereabouts;
}

/** Somebody who opened a form or works on a mask counts as busy for this long after the last press, ms. */
const HOLD_MS = 120_000;

/**
 * Says that somebody works on a picture: others are told before they work on it too. Alone nobody is in the way, nor is who came later:
 * two who both work on it would wait for each other.
 */
export async function holdPicture({ storage, clock }: Desk, { speaker, where }: Worker, node: NodeId): Promise<void> {
  if (where.kind === 'private') return;
  if ((await storage.together.holders(node)).some(({ by }) => by !== speaker.user)) return;
  await storage.together.hold(node, speaker.user, new Date(clock.now() + HOLD_MS));
}

/** Somebody else who is busy with a picture, and for how many seconds at most. */
export async function otherHolder({ storage, clock }: Desk, { speaker }: Pick<Worker, 'speaker'>, node: LineageNode) {
  const other = (await storage.together.holders(node.id)).find(({ by }) => by !== speaker.user);
  return other && { by: other.by, seconds: Math.ceil((other.until.getTime() - clock.now()) / 1000) };
}
