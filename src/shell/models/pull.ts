import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { partState, rememberPart } from './pull-part.ts';
import { type Download, GiveUp, Later, requestFile } from './pull-request.ts';
import { shortBytes } from './tables.ts';

/** What has been received in this process. */
interface Held {
  hash: Hash;
  /** Bytes it has seen, from the beginning of the file. */
  hashed: number;
}

/** A file to be fetched. */
export interface Pull {
  readonly url: string;
  /** Where it will be; its folder is made. */
  readonly path: string;
  /** What it must turn out to be, 64 hex digits. */
  readonly sha256?: string | undefined;
}

export interface PullIo {
  /** Bytes of the whole file are told as far as they are known. */
  report(done: number, total: number | null): void;
  /** Throws for a file that is whole, and not what it should be. */
  check(path: string): Promise<void>;
  /** ms before each further try; as many tries as it is long, and one. */
  readonly retryAfterMs?: readonly number[];
  /** ms without a byte after which a connection counts as broken. */
  readonly stallMs?: number;
}

const patience = [1000, 3000, 10_000, 30_000] as const;

/**
 * Fetches a file beside its place, `….part`, and puts it there when it is whole, checked and on the disk; whatever breaks meanwhile, another
 * call goes on where this one ended. Nothing is ever overwritten.
 *
 * @throws Error with a sentence for whoever is at the shell
 */
export async function pull(file: Pull, io: PullIo): Promise<void> {
  const { path } = file;
  await refuseExisting(path);
  await mkdir(dirname(path), { recursive: true });
  const waits = io.retryAfterMs ?? patience;
  const held: Held = { hash: createHash('sha256'), hashed: 0 };
  for (let attempt = 0; ; attempt++) {
    try {
      await attemptPull(file, held, io);
      break;
    } catch (error) {
      const wait = waits[attempt];
      if (isFinal(error) || wait === undefined) throw inWords(error, path);
      await pause(error instanceof Later ? Math.min(60_000, error.waitMs ?? wait) : wait);
    }
  }
  await finish(file, held.hash, io);
}

const isFinal = (error: unknown) => error instanceof GiveUp || (error as NodeJS.ErrnoException).code === 'ENOSPC';

function inWords(error: unknown, path: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return full(path, error);
  if (error instanceof GiveUp) return new Error(message);
  const why = message === 'fetch failed' ? String((error as Error).cause ?? message) : message;
  return new Error(`the connection broke too often: ${why}. Run it again to go on where it stopped.`, { cause: error });
}

const full = (path: string, cause: unknown) =>
  new Error(`the disk is full. Make room in ${dirname(path)} and run it again; it goes on where it stopped.`, {
    cause,
  });

async function refuseExisting(path: string): Promise<void> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new Error(`${path} is there already. Nothing was changed; delete or rename it to fetch it anew.`);
}

/** One request, from where the part ends to the end of the file. */
async function attemptPull(file: Pull, held: Held, io: PullIo): Promise<void> {
  const part = await partState(file);
  const download = await requestFile(file.url, part, io.stallMs ?? 60_000);
  if (download.isComplete) {
    await catchUp(file.path, held, part.bytes);
    return;
  }
  const start = download.start;
  if (download.total !== null) await refuseTooBig(file.path, download.total - start);
  await rememberPart(file.path, file.url, download.version);
  const handle = await open(`${file.path}.part`, start === 0 ? 'w' : 'r+');
  try {
    await catchUp(file.path, held, start);
    await receive(download, { handle, held, io });
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Has the hash seen exactly the first `bytes` of the part. */
async function catchUp(path: string, held: Held, bytes: number): Promise<void> {
  if (held.hashed === bytes) return;
  held.hash = createHash('sha256');
  held.hashed = 0;
  if (bytes === 0) return;
  for await (const chunk of createReadStream(`${path}.part`, { end: bytes - 1, highWaterMark: 1 << 20 })) {
    held.hash.update(chunk as Buffer);
  }
  held.hashed = bytes;
}

interface Receiving {
  readonly handle: Awaited<ReturnType<typeof open>>;
  readonly held: Held;
  readonly io: PullIo;
}

async function receive({ body, start, total }: Download, { handle, held, io }: Receiving): Promise<void> {
  let at = start;
  for await (const chunk of body) {
    if (total !== null && at + chunk.byteLength > total) {
      throw new GiveUp(`the server announced ${total} bytes and sends more. This is not the file it says it is.`);
    }
    await handle.write(chunk, 0, chunk.byteLength, at);
    held.hash.update(chunk);
    at += chunk.byteLength;
    held.hashed = at;
    io.report(at, total);
  }
  if (total !== null && at < total) throw new Error(`the connection ended after ${at} of ${total} bytes`);
}

async function refuseTooBig(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const free = bavail * bsize;
  if (bytes <= free) return;
  const [more, room] = [shortBytes(bytes), shortBytes(free)];
  throw new GiveUp(`${more} are still to come and only ${room} are free in ${dirname(path)}.`);
}

/** Checks what came and puts it in its place, unless something is there by now. */
async function finish({ path, sha256 }: Pull, hash: Hash, io: PullIo): Promise<void> {
  const part = `${path}.part`;
  const found = hash.digest('hex');
  try {
    if (sha256 !== undefined && found !== sha256) {
      throw new Error(`its SHA-256 is ${found}, expected ${sha256}: it was damaged on the way, or it is another file.`);
    }
    await io.check(part);
  } catch (error) {
    await discard(path);
    throw new Error(`${basename(path)} was thrown away: ${(error as Error).message}`, { cause: error });
  }
  await place(part, path);
  await rm(`${path}.part.json`, { force: true });
}

/** Throws away what has been fetched. */
async function discard(path: string): Promise<void> {
  await rm(`${path}.part`, { force: true });
  await rm(`${path}.part.json`, { force: true });
}

/** A link fails where a name is taken, a rename does not; file systems without links have to do with a look before. */
async function place(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
    await rm(part);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EEXIST') throw error;
    await refuseExisting(path);
    await rename(part, path);
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync().catch(() => {}); // Windows cannot
  } finally {
    await folder.close();
  }
}
