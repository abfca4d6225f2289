import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of a small copy at most. */
const viewLimit = 1024 * 1024;

/** Small copies of what people sent, made by their browsers: to be looked at in the conversation, never edited. */
export interface Views {
  /** @returns the name to get it by; null when it is no picture, or too big for a copy */
  put(bytes: Uint8Array): Promise<string | null>;
  /** Undefined when there is none of that name. */
  get(name: string): Promise<Uint8Array | undefined>;
}

const nameForm = /^[0-9a-f]{64}$/;

const asciiAt = (bytes: Uint8Array, start: number, end: number) =>
  String.fromCharCode(...bytes.subarray(start, Math.min(end, bytes.length)));

/** What kind of picture these bytes begin like; undefined for anything a browser should not show as one. */
export function pictureType(bytes: Uint8Array): string | undefined {
  if (asciiAt(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  if (asciiAt(bytes, 0, 3) === '\xff\xd8\xff') return 'image/jpeg';
  if (asciiAt(bytes, 0, 4) === 'RIFF' && asciiAt(bytes, 8, 12) === 'WEBP') return 'image/webp';
  if (asciiAt(bytes, 4, 12) === 'ftypavif') return 'image/avif';
  return /^GIF8[79]a$/.test(asciiAt(bytes, 0, 6)) ? 'image/gif' : undefined;
}

/** What kind of file these bytes begin like, of those that are handed out: a picture, or the archive of an export. */
export function fileType(bytes: Uint8Array): string | undefined {
  return asciiAt(bytes, 0, 4) === 'PK\x03\x04' ? 'application/zip' : pictureType(bytes);
}

/** Copies in a folder, named by what they are. */
export async function openViews(folder: string): Promise<Views> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    async put(bytes) {
      if (bytes.length > viewLimit || !pictureType(bytes)) return null;
      const name = createHash('sha256').update(bytes).digest('hex');
      const path = join(folder, name);
      const draft = `${path}.${randomBytes(6).toString('hex')}`; // the same picture may come twice at once
      await writeFile(draft, bytes, { mode: 0o600 });
      await rename(draft, path);
      return name;
    },
    async get(name) {
      if (!nameForm.test(name)) return undefined;
      return readFile(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
  };
}
