import type { FileHandle } from 'node:fs/promises';
import { RandomAccessReader } from 'yauzl';

/** Reads a zip file for yauzl: whatever position a damaged one names, there is an answer, never a throw nobody can catch. */
export class ZipReader extends RandomAccessReader {
  readonly #handle: FileHandle;
  readonly #size: number;

  /** @param size  of the file, bytes */
  constructor(handle: FileHandle, size: number) {
    super();
    this.#handle = handle;
    this.#size = size;
  }

  override read(...[buffer, offset, length, position, callback]: Parameters<RandomAccessReader['read']>): void {
    const read = async () => {
      if (position < 0 || position + length > this.#size) throw new Error('it points past its end');
      const { bytesRead } = await this.#handle.read(buffer, offset, length, position);
      if (bytesRead < length) throw new Error('it ends too early');
    };
    // A throw in what yauzl does next comes back to yauzl as a failed read.
    read()
      .then(() => callback(null))
      .catch(callback);
  }
}
