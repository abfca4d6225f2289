import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Refusal } from '../../errors.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import { type DType, toFloat32 } from './dtypes.ts';

/** Where one tensor lies; nothing of it has been read. The same for every container. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Path of the file the bytes are in. */
  readonly file: string;
  /** First byte, from the start of the file; at no particular alignment. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** The row-major elements themselves, when the file does not hold them in one piece. */
  readonly bytes?: Uint8Array;
  /** A single number that every element is to be multiplied by. */
  readonly scale?: TensorEntry;
}

/** The table of contents of a weights file. */
export interface WeightsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Free text of whoever wrote the file: hints, never facts. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Refuses a file, naming it without its folder: the words reach people, and what they cite of the file may be long and wild. */
export function brokenWeights(path: string, why: string): Refusal<'weights-broken'> {
  const plain = why.replace(/\p{Cc}+/gu, ' ');
  return new Refusal('weights-broken', {
    file: basename(path),
    why: plain.length > longestWhy ? `${plain.slice(0, longestWhy)}…` : plain,
  });
}

const longestWhy = 300;

/** Characters of a tensor's name; real ones have less than 200. */
export const longestName = 1000;

/** Whether an error is the file system's: it says nothing about what is in a file, and may be gone the next time. */
export function isFault(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && /^E[A-Z0-9]+$/.test(`${error.code}`);
}

/** A file without permission, or one that is just being deleted, is refused like a broken one. @throws whatever is no fault */
export function asRefusal(path: string, error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!isFault(error)) throw error;
  return new Refusal('weights-broken', { file: basename(path), why: error.message.split(',')[0]! }, { cause: error });
}

/**
 * The file behind a path, links followed: the runtime reads no tensors through them.
 * @throws Refusal 'weights-broken' for what is no file: reading a pipe or a device may never end
 */
export async function realFile(path: string): Promise<string> {
  const real = await realpath(path);
  if (!(await stat(real)).isFile()) throw brokenWeights(path, noFile);
  return real;
}

/** What is said of folders, pipes and devices that are called like files. */
export const noFile = 'it is no ordinary file';

/** @throws Refusal 'weights-broken' when the file has become shorter than its index said. */
export async function readBytes(entry: TensorEntry): Promise<Uint8Array> {
  if (entry.bytes) return entry.bytes;
  const handle = await open(entry.file);
  try {
    return await bytesAt(handle, entry);
  } finally {
    await handle.close();
  }
}

async function bytesAt(handle: FileHandle, { name, file, offset, length }: TensorEntry): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  if (bytesRead !== length) throw brokenWeights(file, `${name} ends after ${bytesRead} bytes`);
  return bytes;
}

/** Reads many tensors one after the other, each file opened once; on the calling thread, which waits for them anyway. */
export interface TensorReader extends Disposable {
  /**
   * A tensor's values times a factor, in an array of its own.
   * @throws Refusal 'weights-broken' as `readBytes`
   */
  read(entry: TensorEntry, factor?: number): Tensor;
}

export function tensorReader(): TensorReader {
  const files = new Map<string, number>();
  let scratch = new Uint8Array(0);
  const bytesOf = ({ name, file, offset, length }: TensorEntry): Uint8Array => {
    const opened = files.get(file) ?? openSync(file, 'r');
    files.set(file, opened);
    if (scratch.length < length) scratch = new Uint8Array(length);
    const count = readSync(opened, scratch, 0, length, offset);
    if (count !== length) throw brokenWeights(file, `${name} ends after ${count} bytes`);
    return scratch.subarray(0, length);
  };
  return {
    read: (entry, factor = 1) => tensor(toFloat32(entry.dtype, entry.bytes ?? bytesOf(entry), factor), entry.shape),
    [Symbol.dispose]: () => {
      for (const opened of files.values()) closeSync(opened);
    },
  };
}

/** One tensor's values, whatever its dtype. @throws Refusal 'weights-broken' as `readBytes` */
export async function readTensor(entry: TensorEntry): Promise<Tensor> {
  return tensor(toFloat32(entry.dtype, await readBytes(entry)), entry.shape);
}
