import { Refusal } from '../../errors.ts';
import { isManager } from './heads.ts';
import { messagesIn } from './messages/index.ts';
import { lineageOf } from './moves.ts';
import { keyIn, pinnedId } from './pinned.ts';
import type { NodeAction } from './press.ts';
import { say } from './together.ts';

/** Pins a picture's tree to the place, or takes the pin away. @throws Refusal 'not-yours', 'gone' */
export const pin: NodeAction = async (flow, { asker }, node) => {
  const { place, kind } = asker.where;
  const lineage = await lineageOf(flow, node);
  if (kind === 'room' && !isManager(lineage, asker.speaker)) throw new Refusal('not-yours', {});
  const { room } = messagesIn(asker.language);
  const before = await pinnedId(flow, place);
  const isPinned = before !== undefined && (await flow.storage.lineage.node(before))?.lineage === node.lineage;
  if (isPinned) await flow.storage.settings.reset(keyIn(place));
  else await flow.storage.settings.set({ ...keyIn(place), value: node.id });
  await say(flow, asker, node, { title: (isPinned ? room.unpinned : room.pinned)(node.number, asker.speaker.name) });
};
