import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises';
import type { Log } from '../../log.ts';
import type { Message } from './message.ts';

/** One thing that happened to a conversation, as its file holds it. */
export type Entry = { readonly posted: Message } | { readonly changed: Message } | { readonly removed: string };

/** A file that grows by one line for each thing that happened. */
export interface Journal extends AsyncDisposable {
  /** The messages that stood when it was opened, oldest first. */
  readonly messages: readonly Message[];
  /** Resolves when the line is written; lines keep the order of the calls. */
  append(entry: Entry): Promise<void>;
}

function entryIn(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry; // our own file
  } catch {
    return undefined; // the last line of a run that was killed while it wrote
  }
}

/** What is left of a conversation after all its entries. */
function foldEntries(entries: readonly Entry[]): Map<string, Message> {
  const messages = new Map<string, Message>();
  for (const entry of entries) {
    if ('posted' in entry) messages.set(entry.posted.id, entry.posted);
    else if ('changed' in entry) messages.set(entry.changed.id, entry.changed);
    else messages.delete(entry.removed);
  }
  return messages;
}

class JournalFile implements Journal {
  readonly messages: readonly Message[];
  readonly #file: FileHandle;
  #last: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, messages: readonly Message[]) {
    this.#file = file;
    this.messages = messages;
  }

  append(entry: Entry): Promise<void> {
    const line = `${JSON.stringify(entry)}\n`;
    const write = async () => void (await this.#file.appendFile(line));
    const written = this.#last.then(write, write);
    this.#last = written;
    return written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last.catch(() => {}); // told to whoever appended
    await this.#file.close();
  }
}

/** Opens the file at `path`, or begins it; lines that mean nothing any more are left out from now on. */
export async function openJournal(path: string, log: Log): Promise<Journal> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  const entries = lines.map(entryIn).filter((entry) => entry !== undefined);
  if (entries.length < lines.length)
    log.warn({ path, lines: lines.length - entries.length }, 'unreadable lines left out');
  const messages = [...foldEntries(entries).values()];
  if (messages.length < lines.length) {
    const compact = messages.map((message) => `${JSON.stringify({ posted: message } satisfies Entry)}\n`).join('');
    await writeFile(`${path}.new`, compact, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
  return new JournalFile(await open(path, 'a', 0o600), messages);
}
