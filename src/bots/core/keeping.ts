import type { Flow } from './accept.ts';
import { plainCard } from './cards.ts';
import type { MenuCommand } from './commands.ts';
import type { Heard } from './heard.ts';
import { messagesIn } from './messages/index.ts';
import { putDraft } from './open-drafts.ts';
import type { CommandIncoming } from './platform.ts';
import { findSource, imageOfSource } from './source.ts';

type Kept = 'kept mask' | 'kept sketch';

const kinds: Readonly<Record<MenuCommand, Kept>> = { 'use as mask': 'kept mask', 'use as sketch': 'kept sketch' };

/** What a menu entry keeps a picture as; undefined for anything else that is called. */
export function keptAs(name: string): Kept | undefined {
  return Object.hasOwn(kinds, name) ? kinds[name as MenuCommand] : undefined;
}

/** Keeps the picture that is pointed at for somebody's next command here; only the newest one of a kind is kept. */
export async function keepFile(
  flow: Flow,
  { asker, ...heard }: Heard,
  { speaker, where, repliedTo, message, answer }: CommandIncoming,
  kind: Kept,
): Promise<void> {
  const pointed = { speaker, where, repliedTo, message, link: null, file: undefined, others: [] };
  const { ref } = imageOfSource(await findSource(flow, pointed));
  const earlier = await flow.storage.drafts.newest(where.place, speaker.user, kind);
  if (earlier) await flow.storage.drafts.take(earlier.id);
  await putDraft(flow, asker, kind, { blob: ref });
  const { mask } = messagesIn(heard.private);
  await answer.tell({ ...plainCard, title: kind === 'kept mask' ? mask.kept : mask.keptSketch });
}
