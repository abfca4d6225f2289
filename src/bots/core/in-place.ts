import type { PlaceId } from '../../edit/lineage.ts';
import type { JobRow, OutboxRow } from '../../storage/index.ts';
import { isResult } from './notice.ts';
import { type Card, DeliveryError, type Platform } from './platform.ts';

/** A result that is there so soon takes the place of its progress card, ms. */
const SOON_MS = 60_000;

/** The progress card a result may take the place of: nobody has waited long, and looks elsewhere by now. */
export function cardToReplace({ capabilities }: Platform, row: OutboxRow, job: JobRow | undefined, now: number) {
  if (!capabilities.resultsInPlace || !job || !isResult(row) || job.place !== row.place) return null;
  return now - job.acceptedAt.getTime() <= SOON_MS ? job.cardMessage : null;
}

/** Makes a message the card. False when it cannot be, whyever: then that is posted. @throws DeliveryError 'too-big' */
export async function isReplaced(platform: Platform, place: PlaceId, message: string, card: Card): Promise<boolean> {
  try {
    await platform.edit(place, message, card);
    return true;
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.reason === 'too-big') throw error;
    return false;
  }
}
