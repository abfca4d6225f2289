import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A JSON object from a file of our own; what is damaged or of another make is left out: it can always be worked out again. */
export async function readRecord<T>(file: string, isSound: (value: unknown) => value is T): Promise<Record<string, T>> {
  try {
    const values = Object.entries(JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>);
    return Object.fromEntries(values.filter((pair): pair is [string, T] => isSound(pair[1])));
  } catch {
    return {}; // none yet, or damaged
  }
}

/** Whoever reads the file finds the old text or the new one, whatever is killed meanwhile. Its folder is made. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
