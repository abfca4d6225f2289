import { type FileHandle, open } from 'node:fs/promises';
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

/** Refuses a file, naming it without its folder: the words reach people. */
export function brokenWeights(path: string, why: string): Refusal<'weights-broken'> {
  return new Refusal('weights-broken', { file: basename(path), why });
}

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

/** Reads many tensors, each file opened once. */
export interface TensorReader extends AsyncDisposable {
  /** @throws Refusal 'weights-broken' as `readBytes` */
  read(entry: TensorEntry): Promise<Tensor>;
}

export function tensorReader(): TensorReader {
  const handles = new Map<string, Promise<FileHandle>>();
  return {
    read: async (entry) => {
      const { dtype, file, shape } = entry;
      if (entry.bytes) return tensor(toFloat32(dtype, entry.bytes), shape);
      const handle = handles.get(file) ?? open(file);
      handles.set(file, handle);
      return tensor(toFloat32(dtype, await bytesAt(await handle, entry)), shape);
    },
    [Symbol.asyncDispose]: async () => {
      for (const handle of handles.values()) await (await handle.catch(() => undefined))?.close();
    },
  };
}

/** One tensor's values, whatever its dtype. @throws Refusal 'weights-broken' as `readBytes` */
export async function readTensor(entry: TensorEntry): Promise<Tensor> {
  return tensor(toFloat32(entry.dtype, await readBytes(entry)), entry.shape);
}
