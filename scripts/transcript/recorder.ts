import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A picture in a message. */
export interface ShownPicture {
  /** How the text calls it, in brackets. */
  readonly label: string;
  /** A file name; its ending is kept. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A message as people see it at one moment. */
export interface Shown {
  readonly id: string;
  readonly text: string;
  readonly pictures: readonly ShownPicture[];
}

/** Tells what happens in a room, as text with pictures beside it. */
export interface Recorder {
  /** Does something, and tells every message that appears, changes or goes until the room is calm again. */
  step<T>(title: string, act: () => T | Promise<T>): Promise<T>;
}

/** How often the room is looked at, and how long nothing may happen before it counts as calm, ms. */
const LOOK_MS = 25;
const CALM_MS = 500;

/** A message without how far exactly its edit is: of a progress bar a quarter is news, a cell is not. */
const gist = (text: string) =>
  text.replace(/^.*[▰▱].*$/gmu, (line) => `quarter ${Math.floor((line.match(/▰/gu)?.length ?? 0) / 3)}`);

/** The blocks of a view: a message begins where a line is not indented. */
export function blocksOf(view: string): readonly string[] {
  return view === '' ? [] : view.split(/\n(?=\S)/);
}

export async function openRecorder(folder: string, look: () => readonly Shown[]): Promise<Recorder> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = new Map<string, string>();
  let before = new Map<string, string>();

  const fileOf = async ({ name, bytes }: ShownPicture): Promise<string> => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    const known = files.get(digest);
    if (known) return known;
    const file = `${String(files.size + 1).padStart(2, '0')}-${name}`;
    files.set(digest, file);
    await writeFile(join(folder, file), bytes);
    return file;
  };

  const told = async ({ text, pictures }: Shown): Promise<string> => {
    let rest = text;
    let done = '';
    for (const picture of pictures) {
      const at = rest.indexOf(`[${picture.label}]`);
      if (at < 0) continue;
      done += `${rest.slice(0, at)}[${picture.label} → ${await fileOf(picture)}]`;
      rest = rest.slice(at + picture.label.length + 2);
    }
    return done + rest;
  };

  /** @returns whether anything was different */
  const watch = async (): Promise<boolean> => {
    const now = new Map(look().map((shown) => [shown.id, shown]));
    const news = [...now.values()].filter(({ id, text }) => gist(before.get(id) ?? '') !== gist(text));
    const gone = [...before].filter(([id]) => !now.has(id));
    before = new Map([...now].map(([id, { text }]) => [id, text]));
    for (const shown of news) console.log(`${await told(shown)}\n`);
    for (const [, text] of gone) console.log(`(gone: ${text.split('\n')[1]?.trim() || text.split('\n')[0]})\n`);
    return news.length + gone.length > 0;
  };

  return {
    async step(title, act) {
      console.log(`── ${title}\n`);
      let calmSince = Number.POSITIVE_INFINITY;
      const acted = Promise.resolve(act()).finally(() => {
        calmSince = Date.now();
      });
      for (; Date.now() - calmSince < CALM_MS; await delay(LOOK_MS))
        if (await watch()) calmSince = Math.max(calmSince, Date.now());
      return await acted;
    },
  };
}
