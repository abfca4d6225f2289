import type { Draft } from '../../storage/index.ts';
import { arranged, button } from './buttons.ts';
import { plainCard } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import type { Capabilities, Card } from './platform.ts';

/** What the second picture can be. */
export const pairMeanings = ['mask', 'sketch', 'apart'] as const;

/** Asks what the second of two pictures is. */
export function pairCard(messages: Messages, { id }: Draft, capabilities: Capabilities): Card {
  const { title, line, choices } = messages.pair;
  const emoji = { mask: '🖌️', sketch: '✏️', apart: '🖼️' } as const;
  const buttons = pairMeanings.map((arg) =>
    button(messages, 'ok', id, { label: choices[arg], emoji: emoji[arg], arg }),
  );
  return { ...plainCard, title, lines: [line], rows: arranged([buttons, [button(messages, 'no', id)]], capabilities) };
}
