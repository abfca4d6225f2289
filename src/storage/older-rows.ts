import { presentPreset, presentTask, type Told } from '../edit/stored.ts';
import type { Log } from '../log.ts';
import type { Database } from './db.ts';

/**
 * The same database, whose rows say what they say in the words of this version: a row written before a parameter came, or after one
 * went, can still be read. What is left out is logged, each thing once.
 */
export function readingOlderRows(db: Database, log: Log): Database {
  const logged = new Set<string>();
  const tellAbout =
    (table: string): Told =>
    (what) => {
      if (logged.has(`${table} ${what}`)) return;
      logged.add(`${table} ${what}`);
      log.warn({ table, what: what.slice(0, 100) }, 'a row of another version holds what this one does not know');
    };
  const extended = db.$extends({
    result: {
      node: { task: { needs: { task: true }, compute: ({ task }) => presentTask(task, tellAbout('Node')) } },
      job: { task: { needs: { task: true }, compute: ({ task }) => presentTask(task, tellAbout('Job')) } },
      preset: {
        content: { needs: { content: true }, compute: ({ content }) => presentPreset(content, tellAbout('Preset')) },
      },
    },
  });
  return extended as unknown as Database; // of the same shape: the values are parsed by whoever reads them
}
