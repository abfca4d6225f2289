import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';

/** One file of an archive. */
export interface ZipEntry {
  /** With `/` between folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** False for what is compressed already. */
  readonly deflated: boolean;
}

const deflate = promisify(deflateRaw);
/** Around one file: its header, its line in the directory, twice its name. */
const overhead = (name: Buffer) => 30 + 46 + 2 * name.length;
const DIRECTORY_END = 22;
/** Names are UTF-8. */
const UTF8 = 0x0800;
/** 1 January 1980, midnight: archives of the same things are the same bytes. */
const DOS_DATE = 0x0021;

/** Fields both headers of a file share, little endian. */
function common(
  header: Buffer,
  at: number,
  file: { method: number; crc: number; packed: number; size: number; name: number },
) {
  header.writeUInt16LE(20, at);
  header.writeUInt16LE(UTF8, at + 2);
  header.writeUInt16LE(file.method, at + 4);
  header.writeUInt16LE(DOS_DATE, at + 8);
  header.writeUInt32LE(file.crc, at + 10);
  header.writeUInt32LE(file.packed, at + 14);
  header.writeUInt32LE(file.size, at + 18);
  header.writeUInt16LE(file.name, at + 22);
}

class Archive {
  readonly #parts: Buffer[] = [];
  readonly #directory: Buffer[] = [];
  #bytes = 0;
  /** Bytes when it is closed now. */
  size = DIRECTORY_END;

  async add({ name, bytes, deflated }: ZipEntry): Promise<void> {
    const named = Buffer.from(name);
    const packed = deflated ? await deflate(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const method = deflated ? 8 : 0;
    const file = { method, crc: crc32(bytes), packed: packed.length, size: bytes.length, name: named.length };
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    common(local, 4, file);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(20, 4);
    common(central, 6, file);
    central.writeUInt32LE(this.#bytes, 42);
    this.#parts.push(local, named, packed);
    this.#directory.push(central, named);
    this.#bytes += 30 + named.length + packed.length;
    this.size += overhead(named) + packed.length;
  }

  get isEmpty(): boolean {
    return this.#directory.length === 0;
  }

  close(): Uint8Array {
    const directory = Buffer.concat(this.#directory);
    const end = Buffer.alloc(DIRECTORY_END);
    const count = this.#directory.length / 2;
    end.writeUInt32LE(0x06054b50);
    end.writeUInt16LE(count, 8);
    end.writeUInt16LE(count, 10);
    end.writeUInt32LE(directory.length, 12);
    end.writeUInt32LE(this.#bytes, 16);
    return Buffer.concat([...this.#parts, directory, end]);
  }
}

/**
 * Packs files, one at a time as they come, into archives of at most `limit` bytes each; a file that is larger alone has an archive to
 * itself. Holds one archive in memory, never all of them.
 * Source: PKWARE APPNOTE.TXT 6.3.3
 */
export async function* zipped(entries: AsyncIterable<ZipEntry>, limit: number): AsyncGenerator<Uint8Array> {
  let archive = new Archive();
  for await (const entry of entries) {
    const most = overhead(Buffer.from(entry.name)) + entry.bytes.length;
    if (!archive.isEmpty && archive.size + most > limit) {
      yield archive.close();
      archive = new Archive();
    }
    await archive.add(entry);
  }
  if (!archive.isEmpty) yield archive.close();
}
