import { readFile, stat, writeFile } from 'node:fs/promises';

/** What an earlier try left behind. */
export interface PartState {
  readonly bytes: number;
  /** The version of the file it is a part of: its ETag, or when it was changed; null when the server tells neither. */
  readonly version: string | null;
}

const nothing: PartState = { bytes: 0, version: null };

/** Gone on with is only what came from the same address, and can be told from a later version of the file in the end. */
export async function partState(file: {
  readonly path: string;
  readonly url: string;
  readonly sha256?: string | undefined;
}): Promise<PartState> {
  try {
    const { size } = await stat(`${file.path}.part`);
    const note = JSON.parse(await readFile(`${file.path}.part.json`, 'utf8')) as { url?: unknown; version?: unknown };
    const version = typeof note.version === 'string' ? note.version : null;
    const isSafe = note.url === file.url && (version !== null || file.sha256 !== undefined);
    return isSafe ? { bytes: size, version } : nothing;
  } catch {
    return nothing;
  }
}

/** Remembers whose part it is, before its first byte is written. */
export async function rememberPart(path: string, url: string, version: string | null): Promise<void> {
  await writeFile(`${path}.part.json`, JSON.stringify({ url, version }));
}
