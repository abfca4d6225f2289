import { Refusal } from '../../../errors.ts';
import type { SettingScope } from '../../../storage/index.ts';
import type { Doing } from '../calls.ts';
import { plainCard } from '../cards.ts';
import { messagesIn } from '../messages/index.ts';
import { oneLine } from '../plain-text.ts';
import { everywhere } from './gate.ts';

/** Whose rule it is: a server's, its channel's, or everybody's. */
export interface Ruled {
  readonly scope: Exclude<SettingScope, 'user'>;
  readonly owner: string;
}

/** Does something for a server, writes down who did it, and says so. */
export async function decreed(
  { flow, heard, incoming, call }: Doing,
  detail: string,
  work: () => Promise<void>,
): Promise<void> {
  await work();
  const { speaker, where } = heard.asker;
  const line = oneLine(`${call.sub} ${detail}`, 300);
  await flow.storage.moderation.record({ owner: where.group, by: speaker.user, action: call.sub, detail: line });
  await incoming.answer.tell({ ...plainCard, title: messagesIn(heard.private).house.done(line) });
}

/** Whose rule somebody changes: their server's, its channel's, or, for operators, everybody's. @throws Refusal 'not-yours' */
export function ruled({ flow, heard, call }: Doing): Ruled {
  const { where, speaker } = heard.asker;
  if (call.options.scope === 'channel') return { scope: 'channel', owner: where.place };
  if (call.options.scope !== 'all') return { scope: 'server', owner: where.group };
  if (!flow.operators.includes(speaker.user)) throw new Refusal('not-yours', {});
  return { scope: 'system', owner: everywhere };
}
