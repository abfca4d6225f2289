import type { Lineage, LineageNode } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Asker, Flow } from './accept.ts';
import { button } from './buttons.ts';
import { plainCard } from './cards.ts';
import { isManager } from './heads.ts';
import { messagesIn } from './messages/index.ts';
import { lineageOf } from './moves.ts';
import type { NodeAction } from './press.ts';

/** Whoever made a picture may delete it, and so may the tree's owner and moderators. */
function mayDelete(lineage: Lineage, node: LineageNode, { speaker }: Asker): boolean {
  return isManager(lineage, speaker) || node.author === speaker.user;
}

/** Takes a picture away, and the messages that show it as far as the platform lets us. False when it was gone already. */
async function takeAway(flow: Flow, node: LineageNode): Promise<boolean> {
  const messages = await flow.storage.messages.showing(node.id);
  if (!(await flow.storage.lineage.remove(node))) return false;
  for (const { place, message } of messages) {
    await flow
      .platformOf(place)
      ?.remove(place, message)
      .catch((error: unknown) => {
        flow.log.warn({ error, place, node: node.id }, 'the message of a deleted picture could not be removed');
      });
  }
  return true;
}

/** Delete: asks first; then picture and messages are gone, and what was made from it stays. @throws Refusal 'not-yours', 'gone' */
export const deletePicture: NodeAction = async (flow, { asker, incoming, ...press }, node) => {
  const lineage = await lineageOf(flow, node);
  if (!mayDelete(lineage, node, asker)) throw new Refusal('not-yours', {});
  const messages = messagesIn(press.private);
  if (incoming.arg !== 'y') {
    const { title, line } = messages.room.askDelete(node.number);
    const label = messages.room.confirmDelete(node.number);
    const confirm = button(messages, 'dl', node.id, { label, arg: 'y', style: 'danger' });
    return incoming.answer.tell({ ...plainCard, title, lines: [line], rows: [[confirm]] });
  }
  if (!(await takeAway(flow, node))) throw new Refusal('gone', {});
  const title = messages.room.deleted(node.number, asker.speaker.name);
  await incoming.answer.replace({ ...plainCard, title });
};
