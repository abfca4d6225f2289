import { Refusal } from '../../errors.ts';
import type { Language } from '../../storage/index.ts';
import { button } from './buttons.ts';
import { messagesIn } from './messages/index.ts';
import type { Flow } from './order.ts';
import type { Button, Incoming } from './platform.ts';
import { lastMade } from './source.ts';
import { waysToBegin } from './welcome.ts';

/** How far back the newest picture is looked for, ms. */
const LOOK_BACK_MS = 30 * 24 * 60 * 60_000;

/** Ways on from a refusal by what there is here: to begin, where there is no picture; to the newest one, from what is old or gone. */
export async function waysHere(
  flow: Flow,
  incoming: Incoming,
  language: Language,
  error: unknown,
): Promise<readonly Button[]> {
  if (!(error instanceof Refusal)) return [];
  if (error.code === 'no-image') return waysToBegin(flow, language);
  if (error.code !== 'old-button' && error.code !== 'gone') return [];
  const newest = await lastMade(flow, incoming, new Date(flow.clock.now() - LOOK_BACK_MS));
  if (!newest || newest.node.removed) return [];
  const messages = messagesIn(language);
  return [button(messages, 'sh', newest.node.id, { label: messages.buttons.newest })];
}
