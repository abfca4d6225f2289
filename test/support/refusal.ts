import { Refusal, type RefusalData, refusalData } from '../../src/errors.ts';

/** What `step` refuses. Anything else it throws passes through; not throwing is an error. */
export function refusalOf(step: () => unknown): RefusalData {
  try {
    step();
  } catch (error) {
    if (error instanceof Refusal) return refusalData(error);
    throw error;
  }
  throw new Error('nothing was refused');
}
