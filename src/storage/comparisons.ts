import { z } from 'zod';
import { type BlobRef, blobRefSchema } from '../edit/blob.ts';
import { comparisonKey, type PlaceId } from '../edit/lineage.ts';
import type { Db } from './db.ts';

/** A message that shows two pictures in one, which is a file of its own. */
export interface StoredComparison {
  readonly id: string;
  readonly place: PlaceId;
  /** Once it is posted. */
  readonly message: string | null;
  readonly image: BlobRef;
}

const shown = z.object({ id: z.string() });
const cardSchema = z.object({ comparison: z.object({ a: shown, b: shown, image: blobRefSchema }) });

/** Comparisons that show one of these pictures: where it goes, they go. */
export async function comparisonsWith(db: Db, ids: ReadonlySet<string>): Promise<readonly StoredComparison[]> {
  const select = { id: true, place: true, message: true, card: true } as const;
  const rows = await db.outbox.findMany({ where: { key: { startsWith: comparisonKey('') } }, select });
  return rows.flatMap(({ id, place, message, card }) => {
    const { success, data } = cardSchema.safeParse(card);
    if (!success || ![data.comparison.a, data.comparison.b].some((one) => ids.has(one.id))) return [];
    return [{ id, place: place as PlaceId, message, image: data.comparison.image }];
  });
}

/** Where they stand in the chat. */
export const postedOf = (comparisons: readonly StoredComparison[]) =>
  comparisons.flatMap(({ place, message }) => (message === null ? [] : [{ place, message }]));

/** Forgets that they were posted. */
export async function forgetComparisons(db: Db, comparisons: readonly StoredComparison[]): Promise<void> {
  for (const { id, place, message } of comparisons) {
    await db.outbox.deleteMany({ where: { id } });
    if (message !== null) await db.messageLink.deleteMany({ where: { place, message } });
  }
}
