import type { LineageNode } from '../../edit/lineage.ts';
import type { Flow } from './accept.ts';
import { button } from './buttons.ts';
import { plainCard } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import type { Card } from './platform.ts';

/** Asks whether a picture is really to go. */
export function askDeleteCard(messages: Messages, node: LineageNode): Card {
  const { title, line } = messages.room.askDelete(node.number);
  const label = messages.room.confirmDelete(node.number);
  const confirm = button(messages, 'dl', node.id, { label, arg: 'y', style: 'danger' });
  return { ...plainCard, title, lines: [line], rows: [[confirm]] };
}

/** Takes a picture away, and the messages that show it as far as the platform lets us. False when it was gone already. */
export async function takeAway(flow: Flow, node: LineageNode): Promise<boolean> {
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
