import { type NodeId, newId } from '../../../edit/lineage.ts';
import type { Desk } from '../desk.ts';
import type { Asker } from '../order.ts';

const HALF_HOUR_MS = 30 * 60_000;

/** What waits for somebody's yes or no; kinds are told apart by whoever made them. */
export const questionKinds = ['review', 'forget', 'remind', 'preset', 'offer'] as const;
export type QuestionKind = (typeof questionKinds)[number];

/** Keeps what a question is about until it is answered. @returns its id, for buttons */
export async function ask(
  desk: Pick<Desk, 'storage' | 'random' | 'clock'>,
  asker: Pick<Asker, 'speaker' | 'where'>,
  kind: QuestionKind,
  { content, minutes = 30 }: { readonly content: unknown; readonly minutes?: number },
): Promise<NodeId> {
  const id = newId<NodeId>(desk.random);
  const expiresAt = new Date(desk.clock.now() + (minutes * HALF_HOUR_MS) / 30);
  await desk.storage.drafts.put({
    ...{ id, kind, content, expiresAt },
    place: asker.where.place,
    author: asker.speaker.user,
  });
  return id;
}
