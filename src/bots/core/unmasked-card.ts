import { unmaskedDraftSchema } from '../../edit/draft.ts';
import type { Draft } from '../../storage/index.ts';
import { arranged, button } from './buttons.ts';
import { plainCard, quoted } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import type { Capabilities, Card } from './platform.ts';

/** Asks for the part, and says what was seen when that was not everything. */
export function unmaskedCard(messages: Messages, { id, content }: Draft, capabilities: Capabilities): Card {
  const { words, target, isPartial } = unmaskedDraftSchema.parse(content);
  const { title, partial, how, whole } = messages.unmasked;
  const wholeButton = button(messages, 'ok', id, { label: whole, emoji: '🖼️' });
  const lines = [...quoted(target ?? words.prompt ?? ''), ...(isPartial ? [partial] : []), how];
  const buttons = [...(target === null ? [wholeButton] : []), button(messages, 'no', id)];
  return { ...plainCard, title, lines, rows: arranged([buttons], capabilities) };
}
