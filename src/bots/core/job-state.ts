import { finalStates, type JobState } from '../../edit/lineage.ts';

/** Whether a job has no outcome yet, by its row. */
export function isOpen(state: JobState): boolean {
  return state !== 'delivering' && !finalStates.some((final) => final === state);
}
