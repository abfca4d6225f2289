import type { Params } from '../../edit/fields.ts';

/** Seeds of the pictures of one batch. */
export interface BatchSeeds {
  readonly seeds: readonly number[];
  readonly subseeds: readonly number[];
}

/**
 * The seeds of all batches of a job: they count up from picture to picture, but pictures of a variation share the seed and only
 * count up the subseed. Neither wraps around. Source: A1111 modules/processing.py `process_images_inner`
 */
export function jobSeeds({
  seed,
  subseed,
  subseedStrength,
  batchSize,
  batchCount,
}: Pick<Params, 'seed' | 'subseed' | 'subseedStrength' | 'batchSize' | 'batchCount'>): BatchSeeds[] {
  const seedStep = subseedStrength === 0 ? 1 : 0;
  return Array.from({ length: batchCount }, (_, n) => {
    const places = Array.from({ length: batchSize }, (_, i) => n * batchSize + i);
    return { seeds: places.map((i) => seed + i * seedStep), subseeds: places.map((i) => subseed + i) };
  });
}
