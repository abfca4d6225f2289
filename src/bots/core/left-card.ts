import type { JobRow } from '../../storage/index.ts';
import type { Desk } from './desk.ts';

/** Takes away the card that showed the progress of a job, which has had its day. That it cannot be done now is logged. */
export async function removeCard(
  { storage, platformOf, log }: Pick<Desk, 'storage' | 'platformOf' | 'log'>,
  { id, place, cardMessage }: JobRow,
): Promise<void> {
  const platform = platformOf(place);
  if (!platform || cardMessage === null) return;
  try {
    await platform.remove(place, cardMessage);
    await storage.jobs.setCard(id, null);
  } catch (error) {
    log.warn({ error, place, job: id }, 'a progress card could not be removed');
  }
}
